"""OTLP JSON lines become plain values; what is no OTLP JSON is named by file and line."""

import json
import math
from pathlib import Path

import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs import export as logs_export
from opentelemetry.sdk.metrics import Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext

from otel_realtime.otlp_json import (
    MetricPoint,
    OtlpJsonError,
    SpanEvent,
    Telemetry,
    TraceLog,
    TraceSpan,
    decode,
    from_log_records,
    from_metrics_data,
    from_readable_spans,
    read_files,
    read_lines,
    scan_files,
)

TRACE, SPAN, PARENT = "5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174", "eee19b7ec3c1b173"
RESOURCE = {"attributes": [{"key": "service.name", "value": {"stringValue": "hotel"}}]}
SPANS = {
    "resourceSpans": [
        {
            "resource": RESOURCE,
            "scopeSpans": [
                {
                    "scope": {"name": "app", "version": "1"},
                    "spans": [
                        {
                            "traceId": TRACE.upper(),
                            "spanId": SPAN,
                            "parentSpanId": PARENT,
                            "name": "lookup",
                            "kind": 3,
                            "startTimeUnixNano": "1544712660000000001",
                            "endTimeUnixNano": "1544712661000000001",
                            "attributes": [{"key": "n", "value": {"intValue": "7"}}],
                            "status": {"code": 2, "message": "too late"},
                            "events": [
                                {
                                    "name": "mark",
                                    "timeUnixNano": "1544712660500000000",
                                    "attributes": [{"key": "ok", "value": {"boolValue": True}}],
                                }
                            ],
                        }
                    ],
                }
            ],
        }
    ]
}
READ_SPAN = TraceSpan(
    trace_id=TRACE,
    span_id=SPAN,
    parent_span_id=PARENT,
    name="lookup",
    kind="client",
    start=1544712660000000001,
    end=1544712661000000001,
    attributes={"n": 7},
    status="error",
    status_message="too late",
    events=(SpanEvent("mark", 1544712660500000000, {"ok": True}),),
    scope="app",
    resource={"service.name": "hotel"},
)
LOGS = {
    "resourceLogs": [
        {
            "resource": RESOURCE,
            "scopeLogs": [
                {
                    "scope": {"name": "app"},
                    "logRecords": [
                        {
                            "timeUnixNano": "5",
                            "severityNumber": 9,
                            "severityText": "Info",
                            "body": {"stringValue": "hello"},
                            "eventName": "greeting",
                            "traceId": TRACE,
                            "spanId": SPAN,
                        }
                    ],
                }
            ],
        }
    ]
}
READ_LOG = TraceLog(
    TRACE, SPAN, 5, "greeting", "Info", "hello", {}, "app", {"service.name": "hotel"}
)
METRICS = {
    "resourceMetrics": [
        {
            "resource": RESOURCE,
            "scopeMetrics": [
                {
                    "scope": {"name": "app"},
                    "metrics": [
                        {
                            "name": "calls",
                            "unit": "1",
                            "sum": {
                                "aggregationTemporality": 2,
                                "isMonotonic": True,
                                "dataPoints": [
                                    {
                                        "asInt": "3",
                                        "startTimeUnixNano": "1",
                                        "timeUnixNano": "2",
                                    }
                                ],
                            },
                        }
                    ],
                }
            ],
        }
    ]
}
READ_POINT = MetricPoint(
    name="calls",
    unit="1",
    kind="sum",
    value=3,
    start=1,
    time=2,
    cumulative=True,
    scope="app",
    resource={"service.name": "hotel"},
)


def a_span(**fields: object) -> dict:
    """A request with one span of the fields that no span goes without, and of `fields`."""
    needed = {"traceId": TRACE, "spanId": SPAN, "startTimeUnixNano": "1"}
    return {"resourceSpans": [{"scopeSpans": [{"spans": [{**needed, **fields}]}]}]}


def a_log(**fields: object) -> dict:
    return {"resourceLogs": [{"scopeLogs": [{"logRecords": [fields]}]}]}


def a_metric(**fields: object) -> dict:
    metric = {"name": "m", **fields}
    return {"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]}


def test_a_file_may_mix_signals(tmp_path: Path) -> None:
    file = tmp_path / "telemetry.jsonl"
    lines = [json.dumps(SPANS), "", json.dumps(LOGS), json.dumps(METRICS), "{}", ""]
    file.write_text("\n".join(lines))
    assert read_files(file) == Telemetry((READ_SPAN,), (READ_LOG,), (READ_POINT,))


def test_lines_may_be_text_or_bytes() -> None:
    line = json.dumps(a_span(name="Zürich"), ensure_ascii=False)
    read = read_lines([line, line.encode(), line.encode("utf-8-sig"), "\n", b"  "])
    assert [span.name for span in read.spans] == ["Zürich"] * 3


def test_files_are_read_in_order(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("b", "a")]
    for file in files:
        file.write_text(json.dumps(a_span(name=file.name)))
    assert [span.name for span in read_files(*files).spans] == ["b", "a"]


@pytest.mark.parametrize(
    ("kind", "read"),
    [
        (0, "unspecified"),
        (1, "internal"),
        ("2", "server"),
        ("SPAN_KIND_CLIENT", "client"),
        (5, "consumer"),
        (77, "unspecified"),
    ],
)
def test_kinds_are_numbers_or_names(kind: object, read: str) -> None:
    assert decode(a_span(kind=kind)).spans[0].kind == read


@pytest.mark.parametrize(
    ("status", "read"),
    [({}, "unset"), ({"code": 1}, "ok"), ({"code": "STATUS_CODE_ERROR"}, "error"), (None, "unset")],
)
def test_a_status_is_a_number_or_a_name(status: object, read: str) -> None:
    assert decode(a_span(status=status)).spans[0].status == read


@pytest.mark.parametrize("parent", ["", "0000000000000000", None])
def test_a_root_has_no_parent(parent: object) -> None:
    assert decode(a_span(parentSpanId=parent)).spans[0].parent_span_id is None


def test_a_span_without_an_end_ends_where_it_starts() -> None:
    span = decode(a_span()).spans[0]
    assert (span.start, span.end) == (1, 1)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ({"stringValue": ""}, ""),
        ({"boolValue": False}, False),
        ({"intValue": "-9223372036854775808"}, -(2**63)),
        ({"intValue": 7}, 7),
        ({"doubleValue": 0.5}, 0.5),
        ({"doubleValue": "Infinity"}, math.inf),
        ({"bytesValue": "AP8="}, b"\x00\xff"),
        ({"arrayValue": {"values": [{"intValue": "1"}, {}]}}, (1, None)),
        ({"arrayValue": {}}, ()),
        ({"kvlistValue": {"values": [{"key": "a", "value": {"stringValue": "b"}}]}}, {"a": "b"}),
        ({}, None),
        (None, None),
    ],
)
def test_values_of_every_type(value: object, read: object) -> None:
    span = decode(a_span(attributes=[{"key": "key", "value": value}])).spans[0]
    assert span.attributes == {"key": read}
    assert decode(a_log(body=value)).logs[0].body == read


@pytest.mark.parametrize(
    ("fields", "read"),
    [
        ({"severityNumber": 9}, "INFO"),
        ({"severityNumber": 14}, "WARN2"),
        ({"severityNumber": "SEVERITY_NUMBER_ERROR"}, "ERROR"),
        ({"severityNumber": 17, "severityText": "critical"}, "critical"),
        ({"severityNumber": 99}, ""),
        ({}, ""),
    ],
)
def test_severities(fields: dict, read: str) -> None:
    assert decode(a_log(**fields)).logs[0].severity == read


def test_a_log_without_a_time_has_the_time_it_was_seen() -> None:
    read = decode(a_log(timeUnixNano="0", observedTimeUnixNano="9", traceId="", spanId="")).logs[0]
    assert (read.time, read.trace_id, read.span_id) == (9, None, None)


def test_metrics_of_other_kinds() -> None:
    gauge = decode(a_metric(gauge={"dataPoints": [{"asDouble": 1.5}]})).metrics[0]
    assert (gauge.kind, gauge.value, gauge.cumulative) == ("gauge", 1.5, False)
    empty = decode(a_metric(sum={"dataPoints": [{"flags": 1}]})).metrics[0]
    assert (empty.kind, empty.value) == ("sum", None)
    summary = decode(a_metric(summary={"dataPoints": [{"count": "2", "sum": 3.0}]})).metrics[0]
    assert (summary.kind, summary.count, summary.sum) == ("summary", 2, 3.0)


def test_histograms_are_read_as_the_sdk_holds_them() -> None:
    """The SDK's metrics, encoded by the published encoder, and the same taken straight."""
    exponential = View(
        instrument_type=Histogram,
        instrument_name="exponential",
        aggregation=ExponentialBucketHistogramAggregation(),
    )
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], views=[exponential], shutdown_on_exit=False)
    meter = provider.get_meter("app")
    for name in ("explicit", "exponential"):
        histogram = meter.create_histogram(name, unit="s")
        for value in (0, 0.5, 3, 700, 20_000):
            histogram.record(value, {"name": name})
    data = reader.get_metrics_data()
    provider.shutdown()

    taken = from_metrics_data(data)
    assert decode(MessageToDict(encode_metrics(data))).metrics == taken
    spread, plain = sorted(taken, key=lambda point: point.kind)
    assert (spread.kind, plain.kind) == ("exponential_histogram", "histogram")
    for point in taken:
        assert (point.count, point.sum, point.min, point.max) == (5, 20_703.5, 0, 20_000)
        assert len(point.buckets) == len(point.bounds) + 1
    first, *held = spread.buckets
    assert (first, sum(held)) == (1, 4)  # zero lies below all bounds
    filled = [place for place, count in enumerate(spread.buckets) if place and count]
    for value, place in zip((0.5, 3, 700, 20_000), filled, strict=True):
        assert spread.bounds[place - 1] < value <= spread.bounds[place]


def test_a_number_is_read_as_the_sdk_holds_it() -> None:
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], shutdown_on_exit=False)
    provider.get_meter("app").create_counter("calls", unit="{call}").add(3, {"tool": "f"})
    (point,) = from_metrics_data(reader.get_metrics_data())
    provider.shutdown()
    assert (point.name, point.unit, point.kind, point.value) == ("calls", "{call}", "sum", 3)
    assert (point.attributes, point.scope, point.cumulative) == ({"tool": "f"}, "app", True)
    assert from_metrics_data(None) == ()


def test_a_span_is_read_as_the_sdk_holds_it() -> None:
    parent = SpanContext(0xA, 0xB, is_remote=False)
    context = SpanContext(0xA, 0xC, is_remote=False)
    bare = ReadableSpan("bare", context=context)
    below = ReadableSpan(
        "below",
        context=context,
        parent=parent,
        start_time=5,
        end_time=6,
        attributes={"list": ["a", "b"]},
        instrumentation_scope=InstrumentationScope("app"),
    )
    read_bare, read_below = from_readable_spans([bare, below])
    assert (read_bare.start, read_bare.end, read_bare.parent_span_id) == (0, 0, None)
    assert (read_bare.scope, read_bare.attributes) == ("", {})
    assert (read_below.start, read_below.end, read_below.scope) == (5, 6, "app")
    assert (read_below.trace_id, read_below.span_id) == (f"{0xA:032x}", f"{0xC:016x}")
    assert read_below.parent_span_id == f"{0xB:016x}"
    assert read_below.attributes == {"list": ("a", "b")}
    unfinished = ReadableSpan("unfinished", context=context, start_time=5)
    assert [span.end for span in from_readable_spans([unfinished])] == [5]


# The SDK before 1.39 warns of a call that it makes itself, and names its exporter otherwise.
@pytest.mark.filterwarnings("ignore:LogRecord init with")
def test_a_log_is_read_as_the_sdk_holds_it() -> None:
    held = getattr(logs_export, "InMemoryLogRecordExporter", None) or (
        logs_export.InMemoryLogExporter
    )
    logs = held()
    provider = LoggerProvider(Resource({"service.name": "hotel"}), shutdown_on_exit=False)
    provider.add_log_record_processor(logs_export.SimpleLogRecordProcessor(logs))
    body = {"a": [1, {"b": None}]}
    provider.get_logger("app").emit(
        LogRecord(observed_timestamp=9, severity_number=SeverityNumber.WARN, body=body)
    )
    provider.get_logger("app").emit(LogRecord(timestamp=5, severity_text="loud", event_name="e"))
    resource = {"service.name": "hotel"}
    read = from_log_records(logs.get_finished_logs())
    nested = {"a": (1, {"b": None})}
    assert read == (
        TraceLog(None, None, 9, None, "WARN", nested, {}, "app", resource),
        TraceLog(None, None, 5, "e", "loud", None, {}, "app", resource),
    )


BAD_LINES = [
    ("nonsense", "no JSON: Expecting value at column 1"),
    ('{"resourceSpans": [', "no JSON: Expecting value at column 20"),
    ("[]", "no OTLP: 'list' object has no attribute 'get'"),
    ("7", "no OTLP: argument of type 'int' is not"),
    ('{"type": "session.created"}', "no OTLP: expected one of resourceSpans, resourceLogs, "),
    ('{"resourceSpans": 5}', "no OTLP: 'int' object is not iterable"),
    ('{"resourceSpans": [{"scopeSpans": [{"spans": [{}]}]}]}', "'startTimeUnixNano' is missing"),
    (json.dumps(a_span(traceId="xyz")), "no OTLP: invalid literal for int() with base 16: 'xyz'"),
    (json.dumps(a_span(spanId="")), "no OTLP: '' is no id"),
    (json.dumps(a_span(startTimeUnixNano="soon")), "no OTLP: invalid literal for int()"),
    (json.dumps(a_span(startTimeUnixNano=-1)), "no OTLP: -1 is no time in nanoseconds"),
    (json.dumps(a_span(endTimeUnixNano="9" * 30)), "is no time in nanoseconds"),
    (json.dumps(a_log(body={"intValue": "x"})), "no OTLP: invalid literal for int()"),
    (json.dumps(a_metric(histogram={"dataPoints": [{"sum": "x"}]})), "could not convert string"),
    (
        json.dumps(a_metric(exponentialHistogram={"dataPoints": [{"scale": -2000}]})),
        "no OTLP: ",
    ),
    ("[" * 100_000, "no OTLP: maximum recursion depth exceeded"),
    (b"\xff\xfe\xfa", "no OTLP: 'utf-8' codec can't decode byte 0xff"),
]


@pytest.mark.parametrize(("line", "problem"), BAD_LINES, ids=range(len(BAD_LINES)))
def test_a_bad_line_is_named(tmp_path: Path, line: str | bytes, problem: str) -> None:
    file = tmp_path / "telemetry.jsonl"
    bad = line if isinstance(line, bytes) else line.encode()
    file.write_bytes(json.dumps(SPANS).encode() + b"\n" + bad + b"\n")
    with pytest.raises(OtlpJsonError) as caught:
        read_files(file)
    assert str(caught.value).startswith(f"{file}, line 2: ")
    assert problem in str(caught.value)
    assert (caught.value.file, caught.value.line) == (str(file), 2)


def test_files_are_scanned_a_line_at_a_time(tmp_path: Path) -> None:
    file = tmp_path / "telemetry.jsonl"
    line = json.dumps(SPANS)
    file.write_text(f"{line}\n\n{line}\n{{broken\n", encoding="utf-8")
    scanned = scan_files(file)
    assert [len(next(scanned).spans), len(next(scanned).spans)] == [1, 1]
    with pytest.raises(OtlpJsonError, match="line 4: no JSON"):
        next(scanned)


@pytest.mark.parametrize("part", [b'{"resourceSpans": [', '{"resourceSpans": "ä'.encode()[:-1]])
def test_a_last_line_in_part_is_passed_over(tmp_path: Path, caplog, part: bytes) -> None:
    file = tmp_path / "telemetry.jsonl"
    file.write_bytes(json.dumps(SPANS).encode() + b"\n" + part)
    assert read_files(file) == read_lines([json.dumps(SPANS)])
    assert caplog.messages == [f"{file}, line 2: it is written only in part and passed over"]


def test_a_last_line_needs_no_end(tmp_path: Path, caplog) -> None:
    file = tmp_path / "telemetry.jsonl"
    file.write_text(json.dumps(SPANS), encoding="utf-8")
    assert read_files(file) == read_lines([json.dumps(SPANS)])
    assert caplog.messages == []


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    file = tmp_path / "absent.jsonl"
    with pytest.raises(OtlpJsonError) as caught:
        read_files(file)
    assert str(caught.value) == f"{file}: cannot be read: No such file or directory"
    assert caught.value.line is None


KEYS = [
    *("resourceSpans", "resourceLogs", "resourceMetrics", "resource", "scope", "attributes"),
    *("scopeSpans", "spans", "scopeLogs", "logRecords", "scopeMetrics", "metrics", "name", "kind"),
    *("traceId", "spanId", "startTimeUnixNano", "status", "body", "severityNumber", "events"),
    *("sum", "histogram", "exponentialHistogram", "dataPoints", "asInt", "scale", "bucketCounts"),
    *("key", "value", "stringValue", "intValue", "arrayValue", "kvlistValue", "values"),
]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", "1", TRACE, "ä"]),
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(KEYS), below, max_size=6)
    ),
    max_leaves=25,
)
PLACES = [
    lambda garbage: garbage,
    lambda garbage: {"resourceSpans": garbage, "resourceLogs": garbage},
    lambda garbage: a_span(attributes=garbage, events=garbage, status=garbage),
    lambda garbage: a_span(**garbage) if isinstance(garbage, dict) else a_span(kind=garbage),
    lambda garbage: a_log(body=garbage, severityNumber=garbage, timeUnixNano=garbage),
    lambda garbage: a_metric(sum=garbage),
    lambda garbage: a_metric(exponentialHistogram={"dataPoints": [garbage]}),
]


@given(place=st.sampled_from(PLACES), garbage=JSON)
def test_garbage_is_read_or_named(place, garbage) -> None:
    line = json.dumps(place(garbage))
    try:
        read = read_lines([line], "file")
    except OtlpJsonError as error:
        assert str(error).startswith("file, line 1: ")  # noqa: PT017 - either end is right
    else:
        assert isinstance(read, Telemetry)
