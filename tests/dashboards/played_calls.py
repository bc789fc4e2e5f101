"""The metrics of real calls in a Prometheus: all scenarios, played again and again."""

import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import time_ns
from typing import Any

from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource
from prometheus_server import Prometheus

from otel_realtime.scenario import Recorder, Scenario

SCENARIOS = Path(__file__).resolve().parents[1] / "scenarios"
PRICES = str(SCENARIOS / "cost_on.prices.json")
ROUNDS = 9
EVERY_S = 15  # between two rounds, as between two exports


def play_into(server: Prometheus) -> float:
    """Play every scenario in each round, and send the metrics as of a time of its own.

    Returns:
        The time of the last round, in seconds since the epoch: what to ask for.
    """
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], Resource({"service.name": "voice"}), shutdown_on_exit=False)
    scenarios = [Scenario.load(path) for path in sorted(SCENARIOS.glob("*.yaml"))]
    now = time_ns() // 10**9
    for round_ in range(1, ROUNDS + 1):
        for each in scenarios:
            recorder = Recorder()
            recorder.meter_provider = provider
            replace(each, settings={**each.settings, "cost": True, "prices": PRICES}).run(
                recorder=recorder
            )
        send(server, reader.get_metrics_data(), now - (ROUNDS - round_) * EVERY_S)
    provider.shutdown()
    return now


def send(server: Prometheus, data: Any, at_s: int) -> None:
    request = encode_metrics(data)
    for point in points(request):
        point.time_unix_nano = at_s * 10**9
    asked = urllib.request.Request(  # noqa: S310 - loopback
        server.otlp_endpoint,
        request.SerializeToString(),
        {"Content-Type": "application/x-protobuf"},
    )
    with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310 - the same
        assert answer.status == 200


def points(request: Any) -> Iterator[Any]:
    for resource in request.resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                yield from getattr(metric, metric.WhichOneof("data")).data_points
