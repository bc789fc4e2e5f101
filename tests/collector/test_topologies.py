"""Agents, gateways and Kafka of collector/, run for real on loopback addresses, and killed.

Each gateway has a sink of its own: what came where shows which gateway a span went through.
"""

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest
from collector_calls import Application, scenario
from kafka_broker import KafkaBroker, needs_kafka
from otelcol import Collector, can_have_own_hosts, gateway, needs_otelcol
from otlp_sink import OtlpSink
from rotel_collector import free_ports

from otel_realtime.otlp_json import TraceSpan

pytestmark = needs_otelcol
needs_own_hosts = pytest.mark.skipif(
    not can_have_own_hosts(),
    reason="needs `unshare --user --mount`, to give an agent names of its own",
)

ARRIVES_WITHIN = 60  # s; a few on a quiet machine, and some ten after a gateway was killed
CALL = scenario("tool")
FIRST, SECOND = "127.0.0.2", "127.0.0.3"
Spans = frozenset[tuple[str, str]]


def ids(spans: tuple[TraceSpan, ...]) -> Spans:
    """Their trace's and their own."""
    return frozenset((span.trace_id, span.span_id) for span in spans)


def traces(spans: Spans) -> frozenset[str]:
    return frozenset(trace for trace, _ in spans)


def came(*sinks: OtlpSink) -> Spans:
    return frozenset().union(*(ids(sink.telemetry.spans) for sink in sinks))


def wait_for(wanted: Spans, *sinks: OtlpSink) -> None:
    """Wait until the sinks together have all of them."""
    deadline = time.monotonic() + ARRIVES_WITHIN
    while missing := wanted - came(*sinks):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(missing)} of {len(wanted)} spans did not come")
        with contextlib.suppress(TimeoutError):
            sinks[0].wait_for(lambda held: missing <= ids(held.spans), timeout=0.2)


class Load:
    """Holds calls, one after the other, until it is closed."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._held: list[tuple[float, frozenset[str]]] = []
        self._changed = threading.Condition()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._hold)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._thread.join()

    def _hold(self) -> None:
        while not self._closed.is_set():
            begun = time.monotonic()
            trace = self._application.hold(CALL)
            with self._changed:
                self._held.append((begun, trace))
                self._changed.notify_all()

    def wait_for_more(self, count: int) -> None:
        """Wait until so many more calls have been held."""
        with self._changed:
            wanted = len(self._held) + count
            assert self._changed.wait_for(lambda: len(self._held) >= wanted, ARRIVES_WITHIN)

    def begun_after(self, instant: float) -> frozenset[str]:
        return frozenset().union(*(trace for begun, trace in self._held if begun > instant))


@pytest.fixture
def sinks() -> Iterator[tuple[OtlpSink, OtlpSink]]:
    with OtlpSink() as one, OtlpSink() as other:
        yield one, other


def assert_killing_lost_no_more_than_it_held(
    application: Application, load: Load, killed: float, before: Spans, *sinks: OtlpSink
) -> None:
    """What was begun after a gateway was killed came whole; what is missing was with it."""
    acknowledged, later = ids(application.acknowledged), load.begun_after(killed)
    assert later
    wait_for(frozenset(span for span in acknowledged if span[0] in later), *sinks)
    missing = acknowledged - came(*sinks)
    assert not traces(missing) & later
    assert not missing & before


@needs_own_hosts
def test_calls_stay_whole_and_a_gateway_takes_over_from_one_that_is_killed(
    sinks: tuple[OtlpSink, OtlpSink], tmp_path: Path
) -> None:
    hosts, port = tmp_path / "hosts", free_ports(1)[0]
    hosts.write_text(f"{FIRST} gateways\n{SECOND} gateways\n")
    one, other = (
        gateway(tmp_path / host, sink.http_endpoint, host, OTEL_REALTIME_SHARE="100").at(port)
        for host, sink in zip((FIRST, SECOND), sinks, strict=True)
    )
    agent = balancing_agent(tmp_path / "agent", hosts, port)
    with (
        one.running(),
        other.running() as doomed,
        agent.running(),
        Application(agent.endpoint) as application,
    ):
        for _ in range(20):
            application.hold(CALL)
        wait_for(ids(application.acknowledged), *sinks)
        at_one, at_other = (traces(came(sink)) for sink in sinks)
        assert at_one
        assert at_other
        assert not at_one & at_other
        with Load(application) as load:
            load.wait_for_more(10)
            before, killed = came(*sinks), time.monotonic()
            doomed.kill()
            load.wait_for_more(5)
            hosts.write_text(f"{FIRST} gateways\n")
            load.wait_for_more(20)
        assert_killing_lost_no_more_than_it_held(application, load, killed, before, *sinks)


@needs_own_hosts
def test_what_an_agent_took_outlives_it(sinks: tuple[OtlpSink, OtlpSink], tmp_path: Path) -> None:
    hosts, sink = tmp_path / "hosts", sinks[0]
    hosts.write_text(f"{FIRST} gateways\n")
    node = gateway(tmp_path / "gateway", sink.http_endpoint, FIRST, OTEL_REALTIME_SHARE="100")
    agent = balancing_agent(tmp_path / "agent", hosts, node.port)
    with agent.running() as doomed, Application(agent.endpoint) as application:
        for _ in range(5):
            application.hold(CALL)
        held = ids(application.acknowledged)
        doomed.kill()
        doomed.wait()
    assert len(traces(held)) == 5
    with node.running(), agent.running():
        wait_for(held, sink)


def test_what_a_gateway_decided_outlives_it_while_the_backend_is_away(
    sinks: tuple[OtlpSink, OtlpSink], tmp_path: Path
) -> None:
    away = f"http://127.0.0.1:{free_ports(1)[0]}"
    share = {"OTEL_REALTIME_SHARE": "100"}
    node = gateway(tmp_path, away, **share)
    with node.running(), Application(node.endpoint) as application:
        application.hold(CALL)
        held = ids(application.acknowledged)
    with gateway(tmp_path, sinks[0].http_endpoint, **share).running():
        wait_for(held, sinks[0])


def balancing_agent(folder: Path, hosts: Path, port: int) -> Collector:
    given = {"OTEL_REALTIME_GATEWAYS": "gateways", "OTEL_REALTIME_GATEWAY_PORT": str(port)}
    return Collector(("agent.yaml",), given, folder, free_ports(1)[0], hosts=hosts)


def agent_to(broker: KafkaBroker, folder: Path) -> Collector:
    given = {"OTEL_REALTIME_SEND_BY": "kafka", "OTEL_REALTIME_KAFKA": broker.address}
    return Collector(("agent.yaml", "kafka.yaml"), given, folder, free_ports(1)[0])


def gateway_from(broker: KafkaBroker, folder: Path, sink: OtlpSink) -> Collector:
    return gateway(
        folder,
        sink.http_endpoint,
        OTEL_REALTIME_SHARE="100",
        OTEL_REALTIME_TAKE_FROM="kafka",
        OTEL_REALTIME_KAFKA=broker.address,
    ).also("kafka.yaml")


@needs_kafka
def test_through_kafka_calls_stay_whole_and_the_others_take_over(
    sinks: tuple[OtlpSink, OtlpSink], tmp_path: Path
) -> None:
    broker = KafkaBroker.made(tmp_path / "broker")
    agents = [agent_to(broker, tmp_path / name) for name in ("agent-1", "agent-2")]
    one, other = (
        gateway_from(broker, tmp_path / name, sink)
        for name, sink in zip(("gateway-1", "gateway-2"), sinks, strict=True)
    )
    with contextlib.ExitStack() as stack:
        stack.enter_context(broker.running())
        stack.enter_context(one.running())
        doomed = stack.enter_context(other.running())
        for each in agents:
            stack.enter_context(each.running())
        first, second = (
            stack.enter_context(Application(each.endpoint, seed))
            for seed, each in enumerate(agents)
        )
        until_both_have_partitions(first, *sinks)
        settled = traces(ids(first.acknowledged))
        for application in (first, second) * 10:
            application.hold(CALL)
        wait_for(ids(first.acknowledged) | ids(second.acknowledged), *sinks)
        at_one, at_other = (traces(came(sink)) - settled for sink in sinks)
        assert at_one
        assert at_other
        assert not at_one & at_other
        with Load(second) as load:
            load.wait_for_more(5)
            before, killed = came(*sinks), time.monotonic()
            doomed.kill()
            load.wait_for_more(20)
        assert_killing_lost_no_more_than_it_held(second, load, killed, before, *sinks)


def until_both_have_partitions(application: Application, *sinks: OtlpSink) -> None:
    """Hold calls until something came through each of the gateways."""
    deadline = time.monotonic() + ARRIVES_WITHIN
    while not all(sink.telemetry.spans for sink in sinks):
        assert time.monotonic() < deadline, "one of the gateways gets nothing"
        application.hold(CALL)
        with contextlib.suppress(TimeoutError):
            wait_for_any(sinks[-1])
    wait_for(ids(application.acknowledged), *sinks)


def wait_for_any(sink: OtlpSink) -> None:
    sink.wait_for(lambda held: bool(held.spans), timeout=0.5)


@needs_kafka
def test_what_is_sent_while_kafka_is_down_arrives_when_it_is_back(
    sinks: tuple[OtlpSink, OtlpSink], tmp_path: Path
) -> None:
    broker = KafkaBroker.made(tmp_path / "broker")
    agent = agent_to(broker, tmp_path / "agent")
    with (
        gateway_from(broker, tmp_path / "gateway", sinks[0]).running(),
        agent.running(),
        Application(agent.endpoint) as application,
    ):
        for _ in range(3):
            application.hold(CALL)
        with broker.running():
            wait_for(ids(application.acknowledged), sinks[0])
        application.hold(CALL)
        with broker.running():
            wait_for(ids(application.acknowledged), sinks[0])
    assert len(traces(came(sinks[0]))) == 4
