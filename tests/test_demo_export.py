"""Where the demo sends its telemetry beside its files, and in whose words."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from otlp_sink import OtlpSink

from otel_realtime.otlp_json import read_files

pytest.importorskip(
    "opentelemetry.exporter.otlp.json.file", reason="pip install 'otel-realtime[demo]'"
)

PROGRAM = """
import logging, sys
from pathlib import Path
from opentelemetry import metrics, trace
from otel_realtime.demo._telemetry import telemetry_to
with telemetry_to(Path(sys.argv[1])):
    trace.get_tracer("otel_realtime").start_span("user_input").end()
    logging.getLogger("hotel").info("said")
    metrics.get_meter("hotel").create_counter("calls").add(1)
"""


def run(folder: Path, **settings: str) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, folder],
        capture_output=True,
        text=True,
        timeout=60,
        env={**kept, **settings},
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_a_backend_that_takes_spans_alone_gets_them_in_its_dialect(tmp_path, protocol) -> None:
    with OtlpSink() as sink:
        endpoint = f"{sink.http_endpoint}/v1/traces" if protocol == "http" else sink.grpc_endpoint
        run(
            tmp_path,
            OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=endpoint,
            OTEL_REALTIME_DIALECT="openinference",
        )
        came = sink.telemetry
    assert [span.attributes["openinference.span.kind"] for span in came.spans] == ["USER"]
    assert (came.logs, came.metrics) == ((), ())
    (written,) = read_files(tmp_path / "traces.jsonl").spans
    assert (written.name, dict(written.attributes)) == ("user_input", {})  # in no dialect


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_everything_goes_to_an_endpoint_for_everything(tmp_path, protocol) -> None:
    with OtlpSink() as sink:
        endpoint = sink.http_endpoint if protocol == "http" else sink.grpc_endpoint
        settings = {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"} if protocol == "http" else {}
        run(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=endpoint, **settings)
        came = sink.telemetry
    assert [span.name for span in came.spans] == ["user_input"]
    assert [log.body for log in came.logs] == ["said"]
    assert [point.name for point in came.metrics] == ["calls"]
