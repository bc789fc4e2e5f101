"""A call that is fed by hand, at full speed on a clock of its own, and what is measured of it."""

import time
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import numpy as np
from numpy.typing import NDArray

from otel_realtime import events, semconv
from otel_realtime.audio.archive import Archive
from otel_realtime.audio.archives import archive_of
from otel_realtime.scenario import Recorder
from otel_realtime.session import SessionTelemetry
from otel_realtime.settings import Settings
from otel_realtime.telemetry.outlets import Telemetry
from otel_realtime.testing import FakeClock
from otel_realtime.values import AudioFormat, SessionConfig

RATE = 24_000
PCM = AudioFormat("audio/pcm", RATE)
MULAW = AudioFormat("audio/pcmu", 8000)
PIECE_MS = 100
"""How much a microphone that is fed by hand sends at a time."""
PATIENCE = 10.0  # seconds; on a busy machine everything here takes a tenth of that

Samples = NDArray[np.int16]


def tone(hertz: float, ms: float, rate: int = RATE) -> bytes:
    """A tone, PCM16."""
    time_s = np.arange(round(rate * ms / 1000)) / rate
    return (np.sin(2 * np.pi * hertz * time_s) * 8000).astype("<i2").tobytes()


def silence(ms: float, rate: int = RATE) -> bytes:
    return bytes(2 * round(rate * ms / 1000))


def pitch(samples: Samples, rate: int = RATE) -> float:
    """What is loudest in it, in hertz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * rate / len(samples)


class Heard(NamedTuple):
    """A WAV file: one row for each sample, one column for each channel."""

    rate: int
    samples: Samples

    @classmethod
    def of(cls, file: Path | bytes) -> "Heard":
        with wave.open(BytesIO(file) if isinstance(file, bytes) else str(file), "rb") as told:
            assert told.getsampwidth() == 2
            data = told.readframes(told.getnframes())
            # A header that was never completed would be found here.
            assert len(data) == told.getnframes() * told.getnchannels() * 2
            samples = np.frombuffer(data, "<i2").reshape(-1, told.getnchannels())
            return cls(told.getframerate(), samples)

    @property
    def ms(self) -> float:
        return len(self.samples) * 1000 / self.rate

    @property
    def channels(self) -> int:
        return self.samples.shape[1]

    def at(self, from_ms: float, to_ms: float, channel: int = 0) -> Samples:
        first, last = (round(each * self.rate / 1000) for each in (from_ms, to_ms))
        return self.samples[first:last, channel]

    def pitch(self, from_ms: float, to_ms: float, channel: int = 0) -> float:
        return pitch(self.at(from_ms, to_ms, channel), self.rate)

    def is_silent(self, from_ms: float, to_ms: float, channel: int = 0) -> bool:
        heard = self.at(from_ms, to_ms, channel)
        return len(heard) > 0 and not heard.any()


def until(met: Callable[[], Any], timeout: float = PATIENCE) -> Any:
    """Look until it is so, and give what was found."""
    deadline = time.monotonic() + timeout
    while not (found := met()):
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.005)
    return found


@contextmanager
def archive_with(**given: Any) -> Iterator[Archive]:
    """The archive that such settings make, closed afterwards."""
    archive = archive_of(Settings.read(given, environ={}))
    assert archive is not None
    try:
        yield archive
    finally:
        archive.close(PATIENCE)


def files(folder: Path) -> list[Path]:
    """All files below it, but for the locks of spools."""
    found = [path for path in folder.rglob("*") if path.is_file() and path.name != "lock"]
    return sorted(found, key=lambda path: path.name)


def kind_of(name: str | Path) -> str:
    """The last word of a recording's key."""
    return Path(name).stem.rpartition("_")[2]


class HandCall:
    """One session; what it says and hears is told by the methods, and takes no time.

    Args:
        settings: As a user gives them.
        recorder: Where its telemetry goes.
        start: When its clock begins, in ns since the epoch.
    """

    def __init__(
        self,
        recorder: Recorder | None = None,
        *,
        start: int | None = None,
        session_id: str = "call-1",
        user: AudioFormat = PCM,
        agent: AudioFormat = PCM,
        **settings: Any,
    ) -> None:
        self.recorder = recorder or Recorder()
        self.clock = FakeClock() if start is None else FakeClock(start)
        self.session = SessionTelemetry(
            Telemetry.of(**self.recorder.providers),
            Settings.read(settings, environ={}),
            session_id=session_id,
            clock=self.clock,
        )
        self.sent_ms = 0.0
        config = SessionConfig(
            input_format=user,
            output_format=agent,
            transcription=False,
            turn_detection="server_vad",
        )
        self.session.feed(events.SessionStarted(self.clock(), config))

    def pass_time(self, ms: float) -> None:
        self.clock.advance(ms=ms)
        self.session.wake()

    def send(self, audio: bytes, bytes_per_ms: float = RATE * 2 / 1000) -> None:
        """Send audio as a microphone does."""
        size = round(PIECE_MS * bytes_per_ms)
        for start in range(0, len(audio), size):
            piece = audio[start : start + size]
            self.session.take_sent_audio(len(piece), piece)
            self.sent_ms += len(piece) / bytes_per_ms
            self.pass_time(len(piece) / bytes_per_ms)

    def say(self, item_id: str, audio: bytes, bytes_per_ms: float = RATE * 2 / 1000) -> None:
        """Say it, and have it committed."""
        started = round(self.sent_ms)
        self.session.feed(events.SpeechStarted(self.clock(), item_id, started))
        self.send(audio, bytes_per_ms)
        self.session.feed(events.SpeechStopped(self.clock(), item_id, round(self.sent_ms)))
        self.session.feed(events.InputCommitted(self.clock(), item_id))

    def generate(self, response_id: str, *pieces: bytes, item_id: str | None = None) -> None:
        """Begin a response, or go on with it: all its audio comes at once."""
        item_id = item_id or f"{response_id}-item"
        if item_id not in self.session.audio_parts:
            now = self.clock()
            self.session.feed(events.ResponseStarted(now, response_id))
            size = len(pieces[0])
            self.session.feed(events.AudioStarted(now, response_id, item_id, 0, size))
        else:
            self.session.audio_parts[item_id].byte_count += len(pieces[0])
        for number, piece in enumerate(pieces):
            if number:
                self.session.audio_parts[item_id].byte_count += len(piece)
            if self.session.audio is not None:
                self.session.audio.take_output(item_id, 0, piece)

    def answer(self, response_id: str, audio: bytes, ms: float) -> None:
        """A whole response that is heard to its end, which takes `ms`."""
        self.generate(response_id, audio)
        self.session.feed(events.ResponseDone(self.clock(), response_id, "completed"))
        self.pass_time(ms)

    def end(self) -> None:
        self.session.end("closed")

    def link(self, span: str, name: str = semconv.OUTPUT_AUDIO_URL) -> str:
        """The URL on the first span whose name begins so."""
        spans = [each for each in self.recorder.traced().spans if each.name.startswith(span)]
        return str(spans[0].attributes[name])


def path_of(url: str) -> Path:
    """The file that a URL of a folder names."""
    return Path(unquote(urlsplit(url).path))


class Told:
    """A report that remembers what it was told."""

    def __init__(self) -> None:
        self.uploads: list[int] = []
        self.failures: list[tuple[tuple[int, int], str, bool]] = []
        self.losses: list[tuple[int, str]] = []
        self.problems: list[tuple[str, Exception]] = []

    def uploaded(self, seconds: float, size: int) -> None:
        assert seconds >= 0
        self.uploads.append(size)

    def upload_failed(
        self,
        span: tuple[int, int],
        seconds: float,
        error: Exception,
        *,
        is_first: bool,
    ) -> None:
        assert seconds >= 0
        self.failures.append((span, type(error).__name__, is_first))

    def dropped(self, size: int, reason: str) -> None:
        self.losses.append((size, reason))

    def caught(self, where: str, error: Exception) -> None:
        self.problems.append((where, error))


def dropped(call: HandCall) -> dict[str, float]:
    """The bytes that were given up, by why."""
    points = call.recorder.traced().metrics
    return {
        str(point.attributes[semconv.AUDIO_DROPPED]): point.value
        for point in points
        if point.name == semconv.METRIC_AUDIO_DROPPED
    }


def kinds_in(folder: Path) -> list[str]:
    """What the recordings in a folder are of."""
    return sorted(kind_of(path) for path in files(folder))
