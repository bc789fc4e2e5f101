"""Look at a page in a real browser: prints what can be read there, and takes a picture of it.

Run by the Python of .venv-phoenix, which has Playwright, with the system's Chromium:
look.py BROWSER URL PICTURE TEXT..., where the texts are waited for.
"""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

APPEARS_WITHIN = 30_000  # ms; two seconds on a quiet machine
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")


def look(browser: str, url: str, picture: Path, texts: list[str]) -> str:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=browser, args=QUIET)
        page = running.new_page(viewport={"width": 1400, "height": 900})
        page.goto(url)
        for text in texts:
            page.get_by_text(text).first.wait_for(timeout=APPEARS_WITHIN)
        picture.write_bytes(page.screenshot())
        return page.inner_text("body")


if __name__ == "__main__":
    print(look(sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4:]))  # noqa: T201 - its output
