"""`otelcol validate` on every deployment of collector/, with its variables."""

import os
import subprocess
from pathlib import Path

import pytest
from collector_schema import DEPLOYMENTS, VARIABLES, Deployment
from otelcol import CONFIGURATIONS, OTELCOL, STOPS_WITHIN, needs_otelcol

pytestmark = needs_otelcol


def validate(
    deployment: Deployment, folder: Path, **given: str
) -> subprocess.CompletedProcess[str]:
    paths = [str(CONFIGURATIONS / f"{name}.yaml") for name in deployment.files]
    variables = {**VARIABLES, "OTEL_REALTIME_QUEUE": str(folder), **deployment.variables, **given}
    return subprocess.run(
        [OTELCOL, "validate", *(word for path in paths for word in ("--config", path))],
        capture_output=True,
        text=True,
        timeout=STOPS_WITHIN,
        env={**os.environ, **variables},
        check=False,
    )


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_every_deployment_is_valid(name: str, tmp_path: Path) -> None:
    ended = validate(DEPLOYMENTS[name], tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("name", ["files", "gateway"])
def test_they_say_that_the_endpoint_is_missing(name: str, tmp_path: Path) -> None:
    ended = validate(DEPLOYMENTS[name], tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT="")
    assert ended.returncode != 0
    assert "endpoint must be specified" in ended.stderr


def test_a_broker_alone_is_not_the_way_through_kafka(tmp_path: Path) -> None:
    deployment = Deployment(("agent",), {"OTEL_REALTIME_SEND_BY": "kafka"})
    ended = validate(deployment, tmp_path)
    assert ended.returncode != 0
    assert 'references exporter "kafka' in ended.stderr  # one of the two that are missing
