"""A real Kafka broker of one node, as a process for tests.

`make test-collector` fetches it and names its folder in OTEL_REALTIME_KAFKA_JARS.
"""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from rotel_collector import accepts, free_ports

JARS = os.environ.get("OTEL_REALTIME_KAFKA_JARS", "")
STARTS_WITHIN = 60.0  # s; three on a quiet machine
STOPS_WITHIN = 30.0  # s
PARTITIONS = 4
PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=BROKER://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=BROKER://127.0.0.1:{port}
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=BROKER
controller.listener.names=CONTROLLER
log.dirs={data}
num.partitions={partitions}
message.max.bytes=16000000
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
share.coordinator.state.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
"""

needs_kafka = pytest.mark.skipif(
    not JARS or shutil.which("java") is None,
    reason="needs Java and a Kafka broker that was fetched for it: make test-collector",
)


@dataclass(frozen=True, slots=True)
class KafkaBroker:
    """A broker that can be run again and again on the same data."""

    folder: Path
    port: int
    controller: int

    @classmethod
    def made(cls, folder: Path) -> "KafkaBroker":
        """Write its properties and format its folder of data."""
        folder.mkdir(parents=True)
        broker = cls(folder, *free_ports(2))
        broker._properties.write_text(
            PROPERTIES.format(
                port=broker.port,
                controller=broker.controller,
                data=folder / "data",
                partitions=PARTITIONS,
            )
        )
        subprocess.run(
            [
                *broker._java("kafka.tools.StorageTool", "format"),
                *("--cluster-id", "AAAAAAAAAAAAAAAAAAAAAQ", "--config", str(broker._properties)),
            ],
            check=True,
            capture_output=True,
            timeout=STARTS_WITHIN,
        )
        return broker

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def _properties(self) -> Path:
        return self.folder / "server.properties"

    def _java(self, main: str, *arguments: str) -> list[str]:
        memory = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
        return ["java", *memory, "-cp", f"{JARS}/*", main, *arguments]

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Run it until the end of the block."""
        with (self.folder / "output").open("ab") as log:
            running = subprocess.Popen(
                self._java("kafka.Kafka", str(self._properties)), stdout=log, stderr=log
            )
        try:
            deadline = time.monotonic() + STARTS_WITHIN
            while not accepts(self.port):
                if running.poll() is not None or time.monotonic() > deadline:
                    output = (self.folder / "output").read_text(errors="replace")
                    raise TimeoutError(f"the broker did not start: {output}")
                with contextlib.suppress(subprocess.TimeoutExpired):
                    running.wait(timeout=0.05)
            yield
        finally:
            running.terminate()
            try:
                running.wait(STOPS_WITHIN)
            finally:
                running.kill()
