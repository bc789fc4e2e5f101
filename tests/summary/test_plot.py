"""Pictures that open, and a page that loads nothing and trusts nobody's names."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from PIL import Image
from summary_calls import a_session, a_turn, many_calls

from otel_realtime.summary import calls_of, plot, report

HOSTILE = """</td><script>alert(1)</script>&"'$\\frac{\x1b[31m"""
XHTML = "{http://www.w3.org/1999/xhtml}"
SVG = "{http://www.w3.org/2000/svg}"
WAITS = {"endpointing": 0.5, "model": 0.3}


def reported(*spans, worst=5):
    return report(calls_of(spans), worst=worst)


def a_page(path: Path, told) -> ET.Element:
    plot(told, path)
    return ET.fromstring(path.read_text("utf-8"))  # noqa: S314 - a page of our own


def pixels(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.load()
        return image.convert("RGB")


def text_of(element: ET.Element) -> str:
    return "".join(element.itertext())


def test_a_png_opens_and_is_not_blank(tmp_path):
    path = tmp_path / "calls.png"
    plot(reported(*many_calls(30)), path)
    image = pixels(path)
    assert image.size == (1430, 1040)
    colors = {color: count for count, color in image.getcolors(1 << 24)}
    for part in ((0x56, 0xB4, 0xE9), (0x00, 0x72, 0xB2), (0xE6, 0x9F, 0x00), (0x00, 0x9E, 0x73)):
        assert colors.get(part, 0) > 500  # endpointing, model, tool, playback


def test_an_svg_is_xml_with_a_size(tmp_path):
    path = tmp_path / "calls.SVG"
    plot(reported(*many_calls(5)), path)
    root = ET.fromstring(path.read_text("utf-8"))  # noqa: S314 - a picture of our own
    assert root.tag == f"{SVG}svg"
    assert root.get("viewBox") == "0 0 792 576"


def test_the_same_report_gives_the_same_file(tmp_path):
    one, other = tmp_path / "one.html", tmp_path / "other.html"
    for path in (one, other):
        plot(reported(*many_calls(5)), path)
    assert one.read_bytes() == other.read_bytes()


def test_a_page_holds_the_picture_the_worst_calls_and_the_figures(tmp_path):
    page = a_page(tmp_path / "calls.html", reported(*many_calls(30), worst=3))
    assert page.find(f".//{SVG}svg//{SVG}path") is not None
    rows = page.findall(f".//{XHTML}tbody/{XHTML}tr")
    assert len(rows) == 3
    assert "ms in turn" in text_of(rows[0])
    assert "session-" in text_of(rows[0])
    assert "Voice-to-voice latency in ms" in text_of(page.find(f".//{XHTML}pre"))


def test_a_page_without_worst_calls_has_no_table(tmp_path):
    page = a_page(tmp_path / "calls.html", reported(*many_calls(3), worst=0))
    assert page.find(f".//{XHTML}table") is None


def test_hostile_names_are_text_on_a_page(tmp_path):
    session = a_session(0, 40, AGENT_NAME=HOSTILE, END_REASON=HOSTILE, OUTPUT_AUDIO_URL=HOSTILE)
    session = replace(session, attributes={**session.attributes, "session.id": HOSTILE})
    path = tmp_path / "calls.html"
    page = a_page(path, reported(a_turn(3, 0.8), session))
    assert page.findall(f".//{XHTML}script") == []
    row = text_of(page.find(f".//{XHTML}tbody"))
    assert row.count("<script>alert(1)</script>") == 4
    assert "\x1b" not in path.read_text("utf-8")


@pytest.mark.parametrize(
    ("url", "is_link"),
    [
        ("https://cdn/a.wav?a=1&b=2", True),
        ("s3://calls/a.wav", False),
        ("javascript:alert(1)", False),
        ("JavaScript:alert(1)", False),
        ("data:text/html,x", False),
        ("http://[broken", False),
    ],
)
def test_only_links_that_are_harmless_are_links(url, is_link, tmp_path):
    session = a_session(0, 40, OUTPUT_AUDIO_URL=url)
    page = a_page(tmp_path / "calls.html", reported(a_turn(3, 0.8), session))
    links = [link.get("href") for link in page.iter(f"{XHTML}a")]
    assert links == ([url] if is_link else [])
    assert url in text_of(page.find(f".//{XHTML}tbody"))


def test_a_page_loads_nothing(tmp_path):
    page = a_page(tmp_path / "calls.html", reported(*many_calls(3)))
    policy = page.find(f".//{XHTML}meta[@http-equiv]").get("content")
    assert policy.startswith("default-src 'none'")
    for element in page.iter():
        name = element.tag.rpartition("}")[2]
        assert name not in {"script", "link", "img", "iframe", "object", "embed"}
        for key, value in element.attrib.items():
            if key.rpartition("}")[2] in {"href", "src"}:
                assert value.startswith("#"), f"{name} {key}"


def test_thousands_of_calls_are_a_small_file(tmp_path):
    path = tmp_path / "calls.svg"
    plot(reported(*many_calls(2_500, turns=2)), path)
    assert path.stat().st_size < 1_000_000


@pytest.mark.parametrize(
    "spans",
    [
        pytest.param([a_turn(3, 0.0)], id="no wait at all"),
        pytest.param([a_turn(3, 0.8, tool=None)], id="no word of tools or parts"),
        pytest.param([a_turn(3, 0.8, tool=None, waits=WAITS)], id="no word of tools"),
        pytest.param([a_turn(3, 0.8, waits=WAITS, tool=True)], id="tools alone"),
        pytest.param(
            [a_session(0, 40, SESSION_LATENCY_MAX=2.0, SESSION_LATENCY_COUNT=3)],
            id="the summary alone",
        ),
        pytest.param([replace(a_turn(3, 0.8), start=0, end=0)], id="no clock"),
        pytest.param([replace(a_turn(3, 0.8), start=10**21, end=10**21)], id="no such date"),
        pytest.param(
            [a_turn(at, 0.5, index=at + 1) for at in range(40)] + [a_turn(99, 600.0, index=99)],
            id="one wait of ten minutes",
        ),
    ],
)
def test_whatever_is_known_there_is_a_picture(spans, tmp_path):
    path = tmp_path / "calls.png"
    plot(reported(*spans), path)
    assert pixels(path).size == (1430, 1040)


def test_without_latencies_there_is_nothing_to_draw(tmp_path):
    path = tmp_path / "calls.png"
    with pytest.raises(ValueError, match="no voice-to-voice latency"):
        plot(reported(a_session(0, 40)), path)
    assert not path.exists()


@pytest.mark.parametrize("name", ["calls.pdf", "calls", "png", ".html"])
def test_another_suffix_is_refused(name, tmp_path):
    with pytest.raises(ValueError, match=r"must end in one of \.html, \.png, \.svg"):
        plot(reported(a_turn(3, 0.8)), tmp_path / name)


def test_drawing_needs_no_display_and_leaves_no_setting_behind(tmp_path):
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent.parent)!r})\n"
        "from matplotlib import rcParams; rcParams['svg.hashsalt'] = 'theirs'\n"
        "from summary_calls import many_calls\n"
        "from otel_realtime.summary import calls_of, plot, report\n"
        f"plot(report(calls_of(many_calls(3))), {str(tmp_path / 'calls.png')!r})\n"
        "assert rcParams['svg.hashsalt'] == 'theirs'\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
