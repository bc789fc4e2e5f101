"""What is in collector/, read without a Collector: components, settings, names and versions."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from collector_schema import (
    DEPLOYMENTS,
    KINDS,
    VARIABLE,
    component_type,
    problems,
    read,
    redactions,
    schema,
    used,
)

from otel_realtime import semconv
from otel_realtime.settings import Dialect

REPO = Path(__file__).resolve().parents[2]
FOLDER = REPO / "collector"
NO_CONFIGURATIONS = {"builder", "compose"}
GOLDENS = REPO / "tests" / "golden" / "dialects"
DIALECTS = sorted({path.stem.partition(".")[2] for path in GOLDENS.glob("tool_without*.txt")})
CONTENT = (
    semconv.INPUT_MESSAGES,
    semconv.OUTPUT_MESSAGES,
    semconv.SYSTEM_INSTRUCTIONS,
    semconv.TOOL_DEFINITIONS,
    semconv.TOOL_ARGUMENTS,
    semconv.TOOL_RESULT,
    semconv.EXCEPTION_MESSAGE,
    semconv.EXCEPTION_STACKTRACE,
    semconv.ERROR_MESSAGE,
    semconv.SERVER_EVENT_PAYLOAD,
    f"{semconv.SERVER_EVENT_PAYLOAD}.part2",
    semconv.DTMF_DIGIT,
)


def text(name: str) -> str:
    return (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")


def configuration(name: str) -> dict[str, Any]:
    deployment = DEPLOYMENTS[name]
    return read([text(file) for file in deployment.files], deployment.variables)


def golden(name: str) -> dict[str, list[str]]:
    """The attributes of all spans of a call in a dialect, by name."""
    told: dict[str, list[str]] = {}
    for line in (GOLDENS / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("  "):
            key, _, value = line.strip().partition(" = ")
            told.setdefault(key, []).append(value)
    return told


def said_in(name: str) -> list[str]:
    """What was said in the call of a golden file."""
    if name.startswith("audio"):
        return ["When is breakfast?", "From seven."]
    scenario = name.removesuffix("_without_content").removesuffix("_server_events")
    text = (REPO / "tests" / "scenarios" / f"{scenario}.yaml").read_text(encoding="utf-8")
    assert SAID.search(text)
    return SAID.findall(text)


SAID = re.compile(r"(?:transcript|text): ['\"]?([^,}'\"]{4,})")


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_every_deployment_has_known_components_and_settings(name: str) -> None:
    deployment = DEPLOYMENTS[name]
    assert problems([text(file) for file in deployment.files], deployment.variables) == []


def test_every_file_and_every_component_is_used_by_a_deployment() -> None:
    files = {path.stem for path in FOLDER.glob("*.yaml")} - NO_CONFIGURATIONS
    assert files == {file for each in DEPLOYMENTS.values() for file in each.files}
    for section in KINDS:
        declared = {name for each in DEPLOYMENTS for name in configuration(each).get(section, {})}
        assert declared == {
            name for each in DEPLOYMENTS for name in used(configuration(each))[section]
        }


@pytest.mark.parametrize(
    ("file", "found", "instead", "problem"),
    [
        ("agent", "limit_percentage: 80", "limit_percent: 80", "unknown setting 'limit_percent'"),
        ("agent", "limit_percentage: 80", "limit_percentage: a", "'a' is no whole"),
        ("agent", "check_interval: 1s", "check_interval: 1", "1 is no duration"),
        ("agent", "  health_check:", "  healthy:", "unknown component 'healthy'"),
        ("agent", "[memory_limiter]", "[memory]", "'memory' is not declared"),
        ("agent", "[memory_limiter]", "[]", "'memory_limiter' is not used"),
        (
            "agent",
            "extensions: [health_check, file_storage]",
            "extensions: [health_check]",
            "stored in it",
        ),
        ("agent", "receivers: [otlp]", "receivers: []", "pipelines.traces: no receivers"),
        (
            "gateway",
            "    metrics:\n      receivers",
            "    numbers:\n      receivers",
            "no such signal",
        ),
        ("gateway", "key: otel_realtime.interrupted", "key: otel_realtime.cut", "is no attribute"),
        ("gateway", '"gen_ai.input.messages"', '"gen_ai.messages"', "is no statement"),
        ("gateway", "name: error.type", "name: error.kind", "is no attribute"),
        ("gateway", "service:", "server: {}\nservice:", "unknown section 'server'"),
    ],
)
def test_what_is_wrong_is_found(file: str, found: str, instead: str, problem: str) -> None:
    assert found in text(file)
    assert any(problem in each for each in problems([text(file).replace(found, instead)]))


@pytest.mark.parametrize("file", ["agent", "azure", "files", "gateway", "kafka", "to-azure"])
def test_a_file_names_its_variables_and_their_defaults_at_its_top(file: str) -> None:
    lines = text(file).splitlines()
    top = "\n".join(line for line in lines if line.startswith("#"))
    taken = {found["name"]: found["default"] for found in VARIABLE.finditer(text(file))}
    told = set(re.findall(r"^#   (\w+)  ", top, re.MULTILINE))
    assert taken.keys() == told
    for name, default in taken.items():
        if default is not None:
            assert default in top.partition(name)[2]


def test_content_is_removed_from_spans_their_events_and_logs() -> None:
    removed = redactions()
    assert removed.keys() == {"span", "spanevent", "log"}
    for removal in removed.values():
        assert [name for name in CONTENT if not removal.takes(name)] == []


def test_every_dialect_with_names_of_its_own_for_content_is_read() -> None:
    assert {each.partition("_")[0] for each in DIALECTS} == set(Dialect) - OF_CONVENTIONS


OF_CONVENTIONS = {Dialect.GENAI, Dialect.AZURE}
"""Those that say content under the names of `CONTENT`."""


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", ["audio", "tool"])
def test_what_a_dialect_has_only_with_content_is_removed_and_nothing_else(
    name: str, dialect: str
) -> None:
    whole, without = (golden(f"{each}.{dialect}") for each in (name, f"{name}_without_content"))
    gone = {key for key in whole if redactions()["span"].takes(key)}
    assert gone == whole.keys() - without.keys()


@pytest.mark.parametrize("path", sorted(GOLDENS.glob("*.txt")), ids=lambda path: path.stem)
def test_nothing_that_was_said_is_in_what_is_left_of_a_dialect(path: Path) -> None:
    left = {
        key: values
        for key, values in golden(path.stem).items()
        if not redactions()["span"].takes(key)
    }
    assert [each for each in said_in(path.name.partition(".")[0]) if each in str(left)] == []


def test_spans_are_measured_in_the_buckets_of_our_metrics() -> None:
    histogram = configuration("gateway")["connectors"]["span_metrics"]["histogram"]
    in_ms = [int(bucket.removesuffix("ms")) for bucket in histogram["explicit"]["buckets"]]
    assert in_ms == [round(1000 * bound) for bound in semconv.DURATION_BUCKETS]


def test_the_build_has_exactly_the_components_that_run() -> None:
    manifest = yaml.safe_load(text("builder"))
    for section in KINDS:
        built = {each["gomod"].partition(" ")[0] for each in manifest.get(section, [])}
        types = {
            component_type(name)
            for each in DEPLOYMENTS
            for name in used(configuration(each))[section]
        }
        known = schema()[section]
        assert built == {known[each]["module"] for each in types if "module" in known[each]}


def test_all_versions_are_of_one_release() -> None:
    manifest = yaml.safe_load(text("builder"))
    version = manifest["dist"]["version"]
    modules = [each["gomod"] for section in KINDS for each in manifest[section]]
    others = [each for each in modules if not each.endswith(f" v{version}")]
    assert [each.rpartition("/")[2] for each in others] == ["azuremonitorexporter v0.156.0"]
    images = {each["image"] for each in yaml.safe_load(text("compose"))["services"].values()}
    kafka = re.search(r"<version>(4[\d.]+)</version>", KAFKA.read_text(encoding="utf-8"))
    assert kafka is not None
    assert images == {
        f"otel/opentelemetry-collector-contrib:{version}",
        f"apache/kafka:{kafka[1]}",
    }


KAFKA = REPO / "tests" / "collector" / "kafka" / "pom.xml"


def test_compose_gives_collectors_files_and_variables_that_they_know() -> None:
    services = yaml.safe_load(text("compose"))["services"]
    for service in (services["agent"], services["gateway"]):
        files = [word.removeprefix("--config=/etc/otelcol/") for word in service["command"]]
        known = {
            found["name"]
            for file in files
            for found in VARIABLE.finditer((FOLDER / file).read_text())
        }
        assert service["environment"].keys() <= known
        assert {f"./{file}:/etc/otelcol/{file}:ro" for file in files} <= set(service["volumes"])
