"""Every name in one place: no two alike, none from nowhere."""

import re
from pathlib import Path

from otel_realtime import semconv

PACKAGE = Path(semconv.__file__).parent
NAMES = {
    name: value for name, value in vars(semconv).items() if name.isupper() and type(value) is str
}
# A span and an event, or an attribute and a metric, may be called alike: they are told apart.
SIGNALS = ("METRIC_", "LOG_", "SPAN_", "EXCEPTION_EVENT")


def test_no_two_attributes_are_alike() -> None:
    attributes = [value for name, value in NAMES.items() if not name.startswith(SIGNALS)]
    assert len(attributes) == len(set(attributes))
    assert len(attributes) > 80


def test_our_own_names_have_our_prefix() -> None:
    general = ("error.type", "exception.", "http.", "server.", "session.id", "user.id")
    general += ("input.audio.", "output.audio.")  # OpenInference's
    odd = [
        value
        for name, value in NAMES.items()
        if "." in value and not name.startswith("SCHEMA")
        if not value.startswith(("otel_realtime.", "gen_ai.", *general))
    ]
    assert odd == []


def test_names_are_lower_case_words() -> None:
    odd = {
        name: value
        for name, value in NAMES.items()
        if name != "SCHEMA_URL" and not re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)*", value)
    }
    assert odd == {}


def test_buckets_rise() -> None:
    for buckets in (semconv.DURATION_BUCKETS, semconv.SESSION_BUCKETS, semconv.TOKEN_BUCKETS):
        assert list(buckets) == sorted(set(buckets))
    assert (semconv.DURATION_BUCKETS[0], semconv.DURATION_BUCKETS[-1]) == (0.01, 81.92)
    assert semconv.TOKEN_BUCKETS[:3] == (1, 4, 16)
    assert semconv.TOKEN_BUCKETS[-1] == 67_108_864


def test_no_other_file_writes_a_name_out() -> None:
    written = re.compile(r'"((?:gen_ai|otel_realtime)\.[a-z_.]+)"')
    modules = {f"otel_realtime.{path.stem}" for path in PACKAGE.rglob("*.py")}
    modules |= {f"otel_realtime.{path.parent.name}" for path in PACKAGE.rglob("*/__init__.py")}
    found = {
        f"{path.name}: {name}"
        for path in PACKAGE.rglob("*.py")
        if path.name != "semconv.py"
        for name in written.findall(path.read_text(encoding="utf-8"))
        if not name.startswith(tuple(modules))
    }
    assert found == set()
