"""What is on its way to Azure when a Collector stops: a gateway keeps it on disk."""

import pytest
from azure_by_collector import ARRIVES_WITHIN, Sent, all_came, spans_in, to_azure
from azure_ingestion import AzureIngestion
from azure_monitor.captured import CALLS
from otelcol import needs_otelcol
from otlp_sink import OtlpSink

pytestmark = needs_otelcol
pytest.importorskip("azure.monitor.opentelemetry", reason="needs otel-realtime[azure]")


def sent_to(endpoint: str, *names: str) -> Sent:
    """Calls, held and sent."""
    from azure_monitor.azure_program import calls

    sent = Sent(endpoint)
    calls(*names, recorder=sent)
    sent.shutdown()
    return sent


def test_a_gateway_that_is_stopped_keeps_for_azure_what_it_held(tmp_path) -> None:
    with AzureIngestion() as azure, OtlpSink() as sink:
        nodes = to_azure(azure, sink, tmp_path, OTEL_REALTIME_AFTER_CALL="1h")
        with nodes.azure.running():
            with nodes.gateway.running():
                sent = sent_to(nodes.gateway.endpoint, *CALLS)
                assert not spans_in(azure.items)  # it holds them still
            with nodes.gateway.running():
                azure.wait_for(lambda items: all_came(items, sent), ARRIVES_WITHIN)


def test_what_comes_while_the_collector_for_azure_is_away_is_sent_when_it_is_back(tmp_path) -> None:
    with AzureIngestion() as azure, OtlpSink() as sink:
        nodes = to_azure(azure, sink, tmp_path)
        with nodes.gateway.running():
            sent = sent_to(nodes.gateway.endpoint, "greeting_then_first_turn")
            sink.wait_for(lambda came: bool(came.spans and came.logs), ARRIVES_WITHIN)
            with nodes.azure.running():
                azure.wait_for(lambda items: all_came(items, sent), ARRIVES_WITHIN)
