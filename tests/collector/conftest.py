"""One run of the calls through a Collector to Azure, for all tests of what arrives there."""

import pytest
from azure_by_collector import Came, sent_through_a_collector


@pytest.fixture(scope="session")
def by_the_collector(tmp_path_factory) -> Came:
    pytest.importorskip("azure.monitor.opentelemetry", reason="needs otel-realtime[azure]")
    return sent_through_a_collector(tmp_path_factory.mktemp("collector"))
