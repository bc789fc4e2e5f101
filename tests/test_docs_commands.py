"""Whoever runs the commands of the documents has what they need."""

import re

import pytest
from conftest import REPO

DOCUMENTS = [REPO / "README.md", *(REPO / "docs").glob("*.md"), *REPO.glob("*/README.md")]
COMMAND = re.compile(r"^    .*\bopentelemetry-instrument python", re.MULTILINE)
DISTRO = re.compile(r"opentelemetry-distro|OTEL_PYTHON_DISTRO=|agent of the README")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(REPO)))
def test_a_document_that_runs_opentelemetry_instrument_names_a_distro(path) -> None:
    """Without one `opentelemetry-instrument` exports nothing, and does not say so."""
    text = path.read_text(encoding="utf-8")
    assert not COMMAND.search(text) or DISTRO.search(text)


def test_there_are_such_documents() -> None:
    texts = [path.read_text(encoding="utf-8") for path in DOCUMENTS]
    assert len(list(filter(COMMAND.search, texts))) >= 6
