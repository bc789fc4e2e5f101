"""The wrapped span processor under load, and where others are slow: bounded, and nothing lost."""

import asyncio
import os
import sys
import threading
import time
from pathlib import Path

import pytest

pytest.importorskip("obstore", reason="needs the extra otel-realtime[audio]")

from audio.by_hand import PATIENCE, HandCall, archive_with, files, tone
from audio.turns import INPUT, Behind, Host, uri
from bad_store import BadStore
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from otlp_sink import OtlpSink
from zero_code import run

from otel_realtime.scenario import Recorder

PROGRAM = Path(__file__).with_name("turns_program.py")


def settings_of(kept, spool, **more):
    return {"audio_store": kept.as_uri(), "audio_spool": spool, **more}


class Gate:
    """Asked what is to be silent, it does not answer before it is opened."""

    def __init__(self):
        self.asked, self.opened = threading.Event(), threading.Event()

    def __call__(self, _clip):
        self.asked.set()
        assert self.opened.wait(PATIENCE)


def workers():
    """The threads that hand spans on, of whatever processors."""
    return {each for each in threading.enumerate() if each.name == "otel-realtime spans"}


# A burst


async def test_a_burst_of_audio_never_holds_up_the_loop(kept, spool):
    told = settings_of(kept, spool)
    audio = uri(ms=1000)
    took, used = [], []
    with archive_with(**told):
        host = Host(**told)
        for number in range(200):
            span = host.tracer.start_span(f"turn {number}", attributes={INPUT: audio})
            began = time.perf_counter(), time.thread_time()
            span.end()
            took.append(time.perf_counter() - began[0])
            used.append(time.thread_time() - began[1])
            await asyncio.sleep(0)
        assert await asyncio.to_thread(host.provider.force_flush)
        host.provider.shutdown()
    assert max(used) < 0.02
    assert sorted(took)[189] < 0.05  # the other ten may have waited for other programs
    assert [span.name for span in host.spans] == [f"turn {number}" for number in range(200)]
    assert all(span.attributes[INPUT].startswith("file://") for span in host.spans)
    assert [path.stat().st_size for path in files(kept)] == [44 + 48_000] * 200


# Slow and broken stores


@pytest.mark.parametrize("mode", ["hang", "deny", "503", "cut"])
def test_a_store_that_misbehaves_holds_up_no_span(mode, spool):
    with BadStore(mode) as server:
        told = {"audio_store": server.store(), "audio_spool": spool, "audio_flush_timeout": 0.5}
        with archive_with(**told):
            exporter = InMemorySpanExporter()
            host = Host(BatchSpanProcessor(exporter), **told)
            for number in range(3):
                host.turn(f"turn {number}", input_audio_url=uri())
            server.wait_for_requests(1)
            began = time.monotonic()
            assert not host.provider.force_flush(400)
            assert [span.name for span in exporter.get_finished_spans()] == [
                f"turn {number}" for number in range(3)
            ]
            host.provider.shutdown()
            assert time.monotonic() - began < 5
            assert len(files(spool)) == 3
            for span in exporter.get_finished_spans():
                assert span.attributes[INPUT].startswith(f"{server.url}/")
            server.release()
    assert not host.counted()


# Slow applications


def test_what_there_is_no_time_for_is_handed_on_as_it_is_and_only_once(kept, spool):
    gate, behind, before = Gate(), Behind(), workers()
    told = settings_of(kept, spool, redact_audio=gate, audio_flush_timeout=0.2)
    with archive_with(**told):
        host = Host(behind, **told)
        for name in ("first", "second"):
            host.turn(name, input_audio_url=uri())
        host.turn("third")
        assert gate.asked.wait(PATIENCE)
        assert not host.processor.force_flush(50)
        assert behind.names == []
        began = time.monotonic()
        host.provider.shutdown()
        assert time.monotonic() - began < 5
        assert behind.names == ["first", "second", "third"]
        assert [span.attributes.get(INPUT) for span in behind.ended] == [uri(), uri(), None]
        assert behind.times_shut_down == 1
        assert host.counted() == {"inline_audio_not_kept": 2}
        gate.opened.set()
        (worker,) = workers() - before
        worker.join(PATIENCE)
        assert not worker.is_alive()
        assert len(behind.names) == 3


def test_what_too_much_waits_for_is_handed_on_at_once(kept, spool):
    gate, behind = Gate(), Behind()
    told = settings_of(kept, spool, redact_audio=gate)
    audio = uri(ms=60_000)  # 3.8 MB
    with archive_with(**told):
        host = Host(behind, **told)
        for number in range(20):
            host.turn(f"{number}", input_audio_url=audio)
        at_once = behind.names
        assert at_once == [f"{number}" for number in range(17, 20)]
        assert all(span.attributes[INPUT] is audio for span in behind.ended)
        assert host.counted() == {"inline_audio_not_kept": 3}
        gate.opened.set()
        assert host.provider.force_flush()
        assert behind.names == [*at_once, *(f"{number}" for number in range(17))]
        assert len(files(kept)) == 17
        host.provider.shutdown()


class Slow(Behind):
    """Exports for as long as it takes."""

    def __init__(self):
        super().__init__()
        self.began_to, self.may_end = threading.Event(), threading.Event()

    def on_end(self, span):
        self.began_to.set()
        assert self.may_end.wait(PATIENCE)
        super().on_end(span)


def test_a_slow_processor_behind_holds_up_no_recording(kept, spool):
    behind, before = Slow(), workers()
    told = settings_of(kept, spool, audio_flush_timeout=0.2)
    with archive_with(**told) as archive:
        host = Host(behind, **told)
        host.turn("first", input_audio_url=uri())
        assert behind.began_to.wait(PATIENCE)
        host.turn("second")
        call = HandCall(Recorder(), **told)
        call.answer("answer", tone(880, 100), 100)
        call.end()
        assert archive.flush(PATIENCE)
        assert len(files(kept)) == 3
        assert not host.processor.force_flush(50)
        began = time.monotonic()
        host.provider.shutdown()
        assert time.monotonic() - began < 5
        behind.may_end.set()
        (worker,) = workers() - before
        worker.join(PATIENCE)
        assert behind.names == ["first", "second"]


class Flushing(Behind):
    """Flushes the whole provider as each span ends, as those do that wait for the root span."""

    def on_end(self, span):
        super().on_end(span)
        self.flushed = self.provider.force_flush(60_000)


def test_the_processor_behind_may_flush_as_a_span_ends(kept, spool):
    behind = Flushing()
    told = settings_of(kept, spool)
    with archive_with(**told):
        host = Host(behind, **told)
        behind.provider = host.provider
        host.turn(input_audio_url=uri())
        began = time.monotonic()
        assert host.provider.force_flush(60_000)
        assert time.monotonic() - began < PATIENCE
    assert behind.names == ["turn"]
    assert len(files(kept)) == 1


# Processes


def run_program(tmp_path, sink, what, **environ):
    """A program of its own; gives what it wrote to its error output."""
    commands = Path(sys.executable).parent
    told = {"OTEL_EXPORTER_OTLP_ENDPOINT": sink.http_endpoint, **environ}
    ended = run(commands, "python", PROGRAM, what, tmp_path, folder=tmp_path, settings=told)
    assert ended.returncode == 0, ended.stderr
    return ended.stderr


def urls_of(spans):
    return sorted(str(span.attributes[INPUT]) for span in spans)


def test_a_program_that_just_ends_waits_for_its_audio(kept, tmp_path):
    with OtlpSink() as sink:
        assert run_program(tmp_path, sink, "exit") == ""
        spans = sink.wait_for_spans(1)
    assert urls_of(spans) == [file.as_uri() for file in files(kept)]


def test_its_exit_waits_for_a_slow_store(spool, tmp_path):
    with OtlpSink() as sink, BadStore("slow") as server:
        server.bytes_per_second = 10_000.0
        told = {"OTEL_REALTIME_AUDIO_STORE": server.url, **server.environ}
        assert run_program(tmp_path, sink, "exit", **told) == ""
        assert [len(kept.data) for kept in server.objects.values()] == [44 + 4800]
    assert files(spool) == []


def test_what_ends_while_the_interpreter_exits_is_exported_all_the_same(kept, tmp_path):
    began = time.monotonic()
    with OtlpSink() as sink:
        said = run_program(tmp_path, sink, "late")
        spans = sink.wait_for_spans(2)
    assert time.monotonic() - began < 30  # of 40: nobody waits for a thread that never began
    assert sorted(span.name for span in spans) == ["late", "turn"]
    audio = urls_of(spans)
    if said:  # no thread could be started any more, as since Python 3.12 it may be
        assert said.startswith("A span's inline audio stays in it (")
        assert audio.pop(0).startswith("data:audio/wav;base64,")
    assert audio == sorted(file.as_uri() for file in files(kept))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system forks no processes")
def test_a_forked_process_hands_on_its_own_spans_and_no_others(kept, spool, tmp_path):
    with OtlpSink() as sink:
        run_program(tmp_path, sink, "fork")  # which may say that its child cannot upload
        spans = sink.wait_for_spans(3)
    assert sorted(span.name for span in spans) == ["after", "before", "in child"]
    with archive_with(**settings_of(kept, spool)) as archive:
        archive.start()  # what the child left in its spool
        assert archive.flush(PATIENCE)
    assert urls_of(spans) == sorted(file.as_uri() for file in files(kept))
