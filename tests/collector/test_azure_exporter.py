"""The Collector's exporter to Azure Monitor, and Azure's own distribution: the same calls by both.

What differs is in `as_by_the_collector`, field by field, and in docs/azure.md.
"""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest
from azure_by_collector import (
    ARRIVES_WITHIN,
    OUR_METRICS,
    RESOURCE,
    SERVICE,
    Sent,
    all_came,
    to_azure,
)
from azure_ingestion import AzureIngestion
from azure_monitor.azure_queries import QUERIES, missing
from azure_monitor.captured import CALLS, Row, captured_items, of, row_of, rows_of
from azure_monitor.flat import Flat, flat_rows, points
from collector_schema import redactions
from otelcol import needs_otelcol
from otlp_sink import OtlpSink

from otel_realtime import semconv
from otel_realtime.scenario import EPOCH

pytestmark = needs_otelcol

OF_THE_RESOURCE = {
    f"dimension:{name}": value
    for name, value in RESOURCE.attributes.items()
    if name != "service.instance.id"
}
SAME = {
    semconv.ERROR_TYPE: semconv.SAME_ERROR_TYPE,
    semconv.HTTP_STATUS: semconv.SAME_HTTP_STATUS,
    semconv.SERVER_ADDRESS: semconv.SAME_SERVER_ADDRESS,
    semconv.SERVER_PORT: semconv.SAME_SERVER_PORT,
}
MAIN_AGENT = "dimension:microsoft.gen_ai.main_agent."
"""What Azure's distribution adds to spans."""
CONTEXTS = {"customEvents": "log", "exceptions": "spanevent"}
"""What a table is made of, if not of spans."""


@pytest.fixture(scope="module")
def by_the_distribution(tmp_path_factory) -> list[dict[str, Any]]:
    pytest.importorskip("azure.monitor.opentelemetry", reason="needs otel-realtime[azure]")
    told = {"OTEL_SERVICE_NAME": SERVICE}
    return [
        *captured_items(tmp_path_factory.mktemp("calls"), "--apart", str(EPOCH), *CALLS, **told),
        *captured_items(tmp_path_factory.mktemp("recorded"), "--recorded", **told),
    ]


def as_by_the_collector(row: Flat) -> Flat:
    """What the Collector's exporter sends for what the distribution sends."""
    removed = redactions()[CONTEXTS.get(row["table"], "span")]
    told = {
        name: value.lower() if value in ("True", "False") else value
        for name, value in row.items()
        if not name.startswith("measurement:")  # they stand in customDimensions all the same
        if not removed.takes(name.removeprefix("dimension:"))
    }
    move(told, "tag:ai.session.id", "dimension:session.id")
    return BY_TABLE[row["table"]](told)


def move(told: Flat, name: str, *others: str) -> None:
    """Have a field under other names."""
    if (value := told.pop(name, None)) is not None:
        told |= dict.fromkeys(others, value)


def _span(told: Flat) -> Flat:
    succeeded = told["success"]
    kept = {
        f"dimension:{name}": told[f"dimension:{same}"]
        for name, same in SAME.items()
        if f"dimension:{same}" in told
    }
    move(told, "tag:ai.user.authUserId", "tag:ai.user.id", "dimension:enduser.id")
    told.pop("target", None)
    told.pop("tag:ai.operation.name", None)
    return {
        **{name: value for name, value in told.items() if not name.startswith(MAIN_AGENT)},
        **kept,
        **_of("otel_realtime"),
        "dimension:messaging.system": told["type"],
        "resultCode": "0" if succeeded else "2",
        "dimension:otel.status_code": f"STATUS_CODE_{'UNSET' if succeeded else 'ERROR'}",
    }


def _request(told: Flat) -> Flat:
    return {**told, **_of("application"), "dimension:otel.status_code": "STATUS_CODE_UNSET"}


def _event(told: Flat) -> Flat:
    told.pop("tag:ai.user.authUserId")
    told.pop("tag:ai.cloud.role")
    told.pop("dimension:logger_name")
    move(told, "tag:ai.operation.id", "dimension:operation_Id")
    move(told, "tag:ai.operation.parentId", "dimension:operation_ParentId")
    return {
        **told,
        "dimension:microsoft.custom_event.name": told["name"],
        "dimension:service.name": SERVICE,
    }


def _exception(told: Flat) -> Flat:
    del told["message"], told["stack"]  # removed by the gateway
    raised = {"dimension:exception.type": told["typeName"], "severityLevel": 3}
    return {**told, **_of("otel_realtime"), **raised}


def _of(scope: str) -> Flat:
    """What the Collector's exporter makes of the resource and the scope."""
    return {**OF_THE_RESOURCE, "dimension:instrumentationlibrary.name": scope}


BY_TABLE: dict[str, Callable[[Flat], Flat]] = {
    "dependencies": _span,
    "requests": _request,
    "customEvents": _event,
    "exceptions": _exception,
}


def counted(rows: Iterable[Flat]) -> Counter[tuple[tuple[str, str], ...]]:
    """How often each row is there; numbers compare as numbers, however they are written."""
    return Counter(
        tuple(sorted((name, number_or_text(value)) for name, value in row.items())) for row in rows
    )


def number_or_text(value: object) -> str:
    with contextlib.suppress(ValueError):
        return str(float(str(value)))
    return str(value)


def test_every_item_comes_and_differs_only_as_told(by_the_collector, by_the_distribution) -> None:
    expected = counted(map(as_by_the_collector, flat_rows(by_the_distribution)))
    assert expected.total() > 130
    came = counted(flat_rows(by_the_collector.items))
    assert came - expected == expected - came == Counter()


def test_metrics_add_up_to_the_same(by_the_collector, by_the_distribution) -> None:
    others = {name.removeprefix("dimension:") for name in _of(semconv.SCOPE_NAME)}
    others |= {"instrumentationlibrary.version", "service.instance.id"}
    came = {
        (name, dimensions - {each for each in dimensions if each[0] in others}): added
        for (name, dimensions), added in points(by_the_collector.items).items()
    }
    assert len(ours(came)) > 100
    assert ours(came) == ours(points(by_the_distribution))


def ours(added: Mapping[Any, Any]) -> dict[Any, Any]:
    return {
        key: value
        for key, value in added.items()
        if key[0].startswith(OUR_METRICS) and key[0] not in EVERY_TIME
    }


EVERY_TIME = {semconv.METRIC_HANDLER_TIME, semconv.METRIC_SESSIONS_ACTIVE}
"""What is never the same, and what is told with every export."""


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_the_queries_find_what_they_name(by_the_collector, name) -> None:
    rows = [row_of(each) for each in by_the_collector.items]
    assert [each for each in missing(rows, QUERIES[name]) if each not in REMOVED] == []


REMOVED = {
    f"dependencies: {name}"
    for name in (
        semconv.INPUT_MESSAGES,
        semconv.OUTPUT_MESSAGES,
        semconv.TOOL_ARGUMENTS,
        semconv.TOOL_RESULT,
    )
}
"""What the gateway removes, and the conversation would show."""


def test_nothing_is_cut_where_content_is_removed(by_the_collector) -> None:
    assert "exceed" not in by_the_collector.said


WITH_CONTENT = """
service:
  pipelines:
    traces: {processors: [memory_limiter, tail_sampling, batch]}
"""


def test_where_content_is_let_through_long_texts_are_cut(tmp_path) -> None:
    pytest.importorskip("azure.monitor.opentelemetry", reason="needs otel-realtime[azure]")
    from azure_monitor.azure_program import long_texts

    own = tmp_path / "content.yaml"
    own.write_text(WITH_CONTENT)
    with AzureIngestion() as azure, OtlpSink() as sink:
        made = to_azure(azure, sink, tmp_path)
        nodes = made._replace(gateway=made.gateway.also(str(own)))
        with nodes.running():
            sent = Sent(nodes.gateway.endpoint)
            long_texts(**sent.providers)
            sent.shutdown()
            sink.wait_for_spans(2, ARRIVES_WITHIN)
            azure.wait_for(lambda _: named(azure, "response.done"), ARRIVES_WITHIN)
    (row,) = named(azure, "response.done")
    told, *parts = (row.dimensions[name] for name in row.dimensions if name.startswith(PAYLOAD))
    (span,) = (each for each in sink.telemetry.spans if each.name == "response.done")
    whole = span.attributes[PAYLOAD]
    assert isinstance(whole, str)
    assert whole.encode()[:8192].decode(errors="replace") == told
    assert len(whole) > len(told)
    assert parts == []
    assert "exceeding max of 8192" in nodes.azure.output


PAYLOAD = semconv.SERVER_EVENT_PAYLOAD


def named(azure: AzureIngestion, name: str) -> list[Row]:
    return list(of(rows_of(azure), "dependencies", name))


def least_and_most(items: list[dict[str, Any]]) -> set[tuple[float, float]]:
    """Of how long callers waited for the greeting."""
    return {
        (point["min"], point["max"])
        for each in items
        for point in each["data"]["baseData"].get("metrics", ())
        if point["name"] == semconv.METRIC_GREETING_LATENCY and point["count"]
    }


def test_running_totals_lose_their_least_and_their_most(
    by_the_collector, by_the_distribution
) -> None:
    assert least_and_most(by_the_collector.items) == {(0, 0)}
    assert least_and_most(by_the_distribution) == {(0.4, 1.5)}


def test_changes_keep_them_and_the_backend_beside_sees_nothing_of_what_azure_needs(
    tmp_path, monkeypatch
) -> None:
    pytest.importorskip("azure.monitor.opentelemetry", reason="needs otel-realtime[azure]")
    from azure_monitor.azure_program import calls

    monkeypatch.setenv("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta")
    with AzureIngestion() as azure, OtlpSink() as sink:
        nodes = to_azure(azure, sink, tmp_path)
        with nodes.running():
            sent = Sent(nodes.gateway.endpoint)
            calls("greeting_then_first_turn", recorder=sent)
            sent.shutdown()
            came = sink.wait_for(lambda came: bool(came.spans and came.logs), ARRIVES_WITHIN)
            azure.wait_for(lambda items: all_came(items, sent), ARRIVES_WITHIN)
    assert least_and_most(azure.items) == {(0.4, 0.4)}
    names = {name for each in (*came.spans, *came.logs) for name in each.attributes}
    assert not names & {"messaging.system", "enduser.id", "microsoft.custom_event.name"}
    assert not names & set(SAME.values())
