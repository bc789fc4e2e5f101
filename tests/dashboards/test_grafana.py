"""dashboards/grafana/: its queries on a real Prometheus that has every metric of the catalogue."""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.metrics import Meter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricExportResult
from opentelemetry.sdk.resources import Resource
from prometheus_server import FOLDER, Prometheus, needs_prometheus, prometheus

from otel_realtime import semconv
from otel_realtime.metric import Instrument, Metric, make
from otel_realtime.telemetry.catalogue import CATALOGUE

REPO = Path(__file__).resolve().parents[2]
GRAFANA = REPO / "dashboards" / "grafana"
RULES = GRAFANA / "alerts.yaml"
DASHBOARD = json.loads((GRAFANA / "otel-realtime.json").read_text(encoding="utf-8"))
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
QUERIES = [
    pytest.param(target["expr"], id=f"{panel['title']} {target['refId']}")
    for panel in PANELS
    for target in panel["targets"]
    if "expr" in target
]
TRACEQL = [target["query"] for panel in PANELS for target in panel["targets"] if "query" in target]
VARIABLES = [each for each in DASHBOARD["templating"]["list"] if each["type"] == "query"]
ALERTS = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
# What Grafana puts in.
GIVEN = {"$__rate_interval": "2m", "$__range": "1h", "$job": ".*", "$model": ".*", "$agent": ".*"}
SELECTOR = re.compile(r"\b(?P<name>(?:otel_realtime|gen_ai)_\w+)(?P<labels>\{[^}]*\})?")
LABEL = re.compile(r"\b(?:otel_realtime|gen_ai|error)_\w+\b")
SAMPLES = {semconv.SERVER_PORT: 443}
SWITCHES = (semconv.CACHED, semconv.HAD_TOOL)


def with_variables(expression: str) -> str:
    for name, value in GIVEN.items():
        expression = expression.replace(name, value)
    return expression


def record_all(meter: Meter) -> None:
    """Measurements of each metric, with all of the labels that it may have."""
    for metric in CATALOGUE:
        labels = {name: SAMPLES.get(name, "sample") for name in metric.labels}
        for switch in (True, False):
            record(meter, metric, {**labels, **dict.fromkeys({*SWITCHES} & {*labels}, switch)})


def record(meter: Meter, metric: Metric, labels: Mapping[str, Any]) -> None:
    instrument = make(meter, metric)
    if metric.kind is Instrument.HISTOGRAM:
        instrument.record(1, labels)
    elif metric.kind is Instrument.GAUGE:
        instrument.set(1, labels)
    else:
        instrument.add(1, labels)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus that was sent all metrics three times."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], Resource({"service.name": "voice"}), shutdown_on_exit=False)
    meter = provider.get_meter("otel_realtime")
    with prometheus(tmp_path_factory.mktemp("prometheus"), RULES) as running:
        exporter = OTLPMetricExporter(endpoint=running.otlp_endpoint)
        for _ in range(3):
            record_all(meter)
            data = reader.get_metrics_data()
            assert data is not None
            assert exporter.export(data) is MetricExportResult.SUCCESS
        exporter.shutdown()
        provider.shutdown()
        yield running


@needs_prometheus
@pytest.mark.parametrize("expression", QUERIES)
def test_every_query_has_an_answer(server: Prometheus, expression: str) -> None:
    answer = server.ask("query", query=with_variables(expression))["result"]
    assert answer
    assert all(series["value"][1] != "NaN" for series in answer)


@needs_prometheus
@pytest.mark.parametrize("variable", VARIABLES, ids=lambda each: each["name"])
def test_every_variable_has_values(server: Prometheus, variable: dict[str, Any]) -> None:
    asked = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["definition"])
    assert asked is not None
    series = server.ask("series", **{"match[]": with_variables(asked[1])})
    assert {each.get(asked[2]) for each in series} - {None}


@needs_prometheus
@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_everything_that_an_alert_looks_at_is_there(
    server: Prometheus, rule: dict[str, Any]
) -> None:
    loaded = [
        each for group in server.ask("rules", type="alert")["groups"] for each in group["rules"]
    ]
    assert rule["alert"] in {each["name"] for each in loaded}
    assert not any(each.get("lastError") for each in loaded)
    found = list(SELECTOR.finditer(rule["expr"]))
    selectors = [each[0] for each in found if not is_label(each["name"])]
    assert selectors
    for selector in selectors:
        assert server.ask("query", query=selector)["result"], selector


def is_label(name: str) -> bool:
    return name in {label.replace(".", "_") for metric in CATALOGUE for label in metric.labels}


@needs_prometheus
@pytest.mark.parametrize("command", [["check", "rules", str(RULES)], ["test", "rules"]])
def test_promtool_finds_nothing_wrong_with_the_alerts(command: list[str]) -> None:
    cases = [str(Path(__file__).with_name("alerts_test.yaml"))] if command[0] == "test" else []
    ended = subprocess.run(
        [f"{FOLDER}/promtool", *command, *cases], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_what_calls_are_searched_by_are_our_attributes() -> None:
    names = {name for query in TRACEQL for name in re.findall(r"\bspan\.([\w.]+)", query)}
    assert names == {semconv.VOICE_TO_VOICE, semconv.INTERRUPTION_BY}
    assert any(f'"{semconv.SCOPE_NAME}"' in query for query in TRACEQL)


def test_labels_that_are_asked_for_are_in_the_catalogue() -> None:
    names = {metric.name.replace(".", "_") for metric in CATALOGUE}
    expressions = [param.values[0] for param in QUERIES] + [rule["expr"] for rule in ALERTS]
    words = {word for each in expressions for word in LABEL.findall(each)}
    unknown = {
        word
        for word in words
        if not is_label(word) and not any(word.startswith(name) for name in names)
    }
    assert words
    assert unknown == set()


def test_panels_do_not_overlap_and_have_ids_of_their_own() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) == 23
