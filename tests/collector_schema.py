"""Reads configurations of Collectors as a Collector does, and says what is wrong with them.

Checks them against `tests/collector/schema.yaml`, which has the components and settings that are
used, and nothing else: this needs no Collector.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, reduce
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from otel_realtime import semconv
from otel_realtime.dialects import azure

REPO = Path(__file__).resolve().parents[1]
SCHEMA = REPO / "tests" / "collector" / "schema.yaml"
KINDS = ("receivers", "processors", "connectors", "exporters", "extensions")
# What variables without a default are set to here.
VARIABLES = {
    "APPLICATIONINSIGHTS_CONNECTION_STRING": "InstrumentationKey=0",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318",
    "OTEL_REALTIME_FILES": "files",
    "OTEL_REALTIME_GATEWAYS": "gateways",
    "OTEL_REALTIME_KAFKA": "127.0.0.1:9092",
}
VARIABLE = re.compile(r"\$\{env:(?P<name>\w+)(?::-(?P<default>[^}]*))?\}")
ATTRIBUTE = re.compile(r'attributes(?:\[|, )"(?P<name>[^"^]+)"')
PATTERN = re.compile(r'delete_matching_keys\(attributes, "(?P<pattern>\^[^"]+)"\)')
NAMES = {
    value for name, value in vars(semconv).items() if name.isupper() and isinstance(value, str)
}
NAMES |= {azure.EVENT_NAME, azure.USER, "messaging.system", "operation_Id", "operation_ParentId"}
NAMES |= {"service.name"}
SIGNALS = {"traces", "logs", "metrics"}

Document = Mapping[str, Any]


class Deployment(NamedTuple):
    """Files that one Collector is given, and a variable that chooses."""

    files: tuple[str, ...]
    variables: dict[str, str]


DEPLOYMENTS = {
    "files": Deployment(("files",), {}),
    "agent": Deployment(("agent",), {}),
    "gateway": Deployment(("gateway",), {}),
    "agent to Kafka": Deployment(("agent", "kafka"), {"OTEL_REALTIME_SEND_BY": "kafka"}),
    "gateway from Kafka": Deployment(("gateway", "kafka"), {"OTEL_REALTIME_TAKE_FROM": "kafka"}),
    "gateway to Azure": Deployment(("gateway", "to-azure"), {}),
    "azure": Deployment(("azure",), {}),
}


def is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def matching(pattern: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def is_statement(value: object) -> bool:
    return is_text(value) and {found["name"] for found in ATTRIBUTE.finditer(str(value))} <= NAMES


IS_KIND: Mapping[str, Callable[[object], bool]] = {
    "text": is_text,
    "whole": is_whole,
    "number": lambda value: is_whole(value) or isinstance(value, float),
    "yes_or_no": lambda value: isinstance(value, bool),
    "duration": matching(r"\d+(ms|s|m|h)"),
    "endpoint": matching(r"[\w.-]+:\d+"),
    "url": matching(r"https?://\S+"),
    "attribute": lambda value: value in NAMES,
    "component": is_text,
    "statement": is_statement,
}


@cache
def schema() -> Document:
    return yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))


def merged(first: Any, second: Any) -> Any:
    """Two configurations as one, as a Collector puts them together: mappings only."""
    if not (isinstance(first, dict) and isinstance(second, dict)):
        return second
    both = {key: merged(first[key], second[key]) for key in first.keys() & second.keys()}
    return {**first, **second, **both}


def read(texts: list[str], variables: Mapping[str, str]) -> dict[str, Any]:
    """The configuration of a Collector that is given these files and variables."""
    expanded = (expand(yaml.safe_load(text), {**VARIABLES, **variables}) for text in texts)
    return reduce(merged, expanded, {})


def expand(value: Any, variables: Mapping[str, str]) -> Any:
    """The value with variables put in; one that is nothing else is read as YAML."""
    if isinstance(value, dict):
        return {key: expand(each, variables) for key, each in value.items()}
    if isinstance(value, list):
        return [expand(each, variables) for each in value]
    if not isinstance(value, str) or not VARIABLE.search(value):
        return value
    text = VARIABLE.sub(lambda found: variables.get(found["name"], found["default"] or ""), value)
    return yaml.safe_load(text) if VARIABLE.fullmatch(value) else text


def unknown(value: Any, expected: Any, where: str) -> Iterator[str]:
    """What in a value is not as the schema says."""
    if isinstance(expected, str):
        if not IS_KIND[expected](value):
            yield f"{where}: {value!r} is no {expected}"
    elif isinstance(expected, list):
        yield from _unknown_in_list(value, expected[0], where)
    else:
        yield from _unknown_in_mapping({} if value is None else value, expected, where)


def _unknown_in_list(value: Any, expected: Any, where: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{where}: no list"
        return
    for number, each in enumerate(value):
        yield from unknown(each, expected, f"{where}[{number}]")


def _unknown_in_mapping(value: Any, expected: Document, where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where}: no mapping"
        return
    for key, each in value.items():
        known = expected.get(key, expected.get("any"))
        if known is None:
            yield f"{where}: unknown setting {key!r}"
        else:
            yield from unknown(each, known, f"{where}.{key}")


def settings(configuration: Document) -> Iterator[str]:
    """Unknown sections, components and settings, and values of the wrong kind."""
    for section, content in configuration.items():
        if section == "service":
            yield from unknown(content, schema()["service"], section)
        elif section not in KINDS:
            yield f"unknown section {section!r}"
        else:
            for name, each in content.items():
                known = schema()[section].get(component_type(name))
                if known is None:
                    yield f"{section}: unknown component {name!r}"
                else:
                    yield from unknown(each, known["settings"], f"{section}.{name}")


def component_type(name: str) -> str:
    return name.partition("/")[0]


def used(configuration: Document) -> dict[str, set[str]]:
    """The names of components that run, by section."""
    pipelines = configuration["service"]["pipelines"]
    named = {
        role: {name for pipeline in pipelines.values() for name in pipeline.get(role, [])}
        for role in ("receivers", "processors", "exporters")
    }
    connectors = set(configuration.get("connectors", {}))
    return {
        "receivers": named["receivers"] - connectors,
        "processors": named["processors"],
        "exporters": named["exporters"] - connectors,
        "connectors": named["receivers"] & named["exporters"] & connectors,
        "extensions": set(configuration["service"].get("extensions", [])),
    }


def references(configuration: Document) -> Iterator[str]:
    """Components that are used and not declared."""
    running = used(configuration)
    for section, names in running.items():
        for name in sorted(names - configuration.get(section, {}).keys()):
            yield f"{section}: {name!r} is not declared"
    for storage in storages(configuration):
        if storage not in running["extensions"]:
            yield f"extensions: {storage!r} is not used, but something is stored in it"


def gaps(configuration: Document) -> Iterator[str]:
    """Pipelines that nothing can come through."""
    for name, pipeline in configuration["service"]["pipelines"].items():
        if component_type(name) not in SIGNALS:
            yield f"pipelines.{name}: no such signal"
        for role in ("receivers", "exporters"):
            if not pipeline.get(role):
                yield f"pipelines.{name}: no {role}"


class Removal(NamedTuple):
    """What a list of statements takes away from attributes: those names, and what matches."""

    names: frozenset[str]
    patterns: tuple[re.Pattern[str], ...]

    @classmethod
    def of(cls, statements: Iterable[str]) -> "Removal":
        names, patterns = set(), []
        for each in statements:
            if found := PATTERN.fullmatch(each):
                patterns.append(re.compile(found["pattern"]))
            elif each.startswith("delete_key(") and (found := ATTRIBUTE.search(each)):
                names.add(found["name"])
        return cls(frozenset(names), tuple(patterns))

    def takes(self, name: str) -> bool:
        """Whether an attribute of that name is gone."""
        return name in self.names or any(each.search(name) for each in self.patterns)


@cache
def redactions() -> dict[str, Removal]:
    """What `gateway.yaml` removes, by context: span, spanevent and log."""
    path = REPO / "collector" / "gateway.yaml"
    processors = yaml.safe_load(path.read_text(encoding="utf-8"))["processors"]
    told = processors["transform/redaction"]
    groups = [*told["trace_statements"], *told["log_statements"]]
    contexts = {each["context"] for each in groups}
    return {
        context: Removal.of(
            statement
            for each in groups
            if each["context"] == context
            for statement in each["statements"]
        )
        for context in contexts
    }


def storages(value: Any) -> Iterator[str]:
    """The extensions that queues are kept in."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from [each] if key == "storage" else storages(each)
    elif isinstance(value, list):
        for each in value:
            yield from storages(each)


def unused(configuration: Document) -> Iterator[str]:
    """Components that are declared and take no part."""
    running = used(configuration)
    for section in KINDS:
        for name in sorted(configuration.get(section, {}).keys() - running[section]):
            yield f"{section}: {name!r} is not used"


def problems(texts: list[str], variables: Mapping[str, str] | None = None) -> list[str]:
    """What is wrong with a Collector's files, in words; what one alone declares may be unused."""
    configuration = read(texts, variables or {})
    found = [*settings(configuration), *references(configuration), *gaps(configuration)]
    return found if len(texts) > 1 else [*found, *unused(configuration)]
