"""Make the demo's speech: `python tools/make_demo_speech.py`.

Needs the programs espeak-ng and sox, which is why the results are committed and this runs by hand
only. Writes one WAV file (PCM16, mono, 24 kHz) per line of the call and `speech.yaml`, the list of
them, into `src/otel_realtime/demo/speech/`. The same versions of the programs give the same bytes.
"""

import subprocess
import sys
import tempfile
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import yaml

SPEECH = Path(__file__).parents[1] / "src" / "otel_realtime" / "demo" / "speech"
RATE = 24_000  # Hz, what the Realtime API speaks
MOST_BYTES = 1_600_000  # all files together: they travel in the wheel
LOUDNESS = -22.0  # dBFS, root mean square: the level of a close microphone
CEILING = -1.5  # dBFS, highest peak: room for a resampler's overshoot


class Voice(NamedTuple):
    """How one speaker sounds, in espeak-ng's terms."""

    name: str
    words_per_minute: int
    pitch: int


class Line(NamedTuple):
    """One line of the call: file name without suffix, speaker, words."""

    name: str
    speaker: str
    text: str


VOICES = {
    "caller": Voice("en-us+m3", 178, 44),
    "concierge": Voice("en-gb+f2", 194, 55),
    "billing": Voice("en-gb-scotland+m7", 194, 38),
}

SPA = (
    "With pleasure. Our spa is on the lower floor. It has a heated pool, two saunas and a steam "
    "room, and it is open from nine in the morning until ten at night."
)

LINES = (
    Line("caller_1", "caller", "Hi! When is breakfast?"),
    Line(
        "concierge_1",
        "concierge",
        "Good morning! Breakfast is from seven to ten, on the garden terrace.",
    ),
    Line("caller_2", "caller", "What's the weather in London?"),
    Line("concierge_2", "concierge", "London is foggy this morning, about twelve degrees."),
    Line("caller_3", "caller", "Book a table for two, and a taxi."),
    Line(
        "concierge_3",
        "concierge",
        "Done. Your table is at eight, and the taxi comes at half past seven.",
    ),
    Line("caller_4", "caller", "Tell me about the spa."),
    Line("concierge_4", "concierge", SPA),
    Line("caller_5", "caller", "Stop, just the price, please."),
    Line("concierge_5", "concierge", "It is forty euros."),
    Line("caller_6", "caller", "I have a question about my bill."),
    Line(
        "billing_1",
        "billing",
        "Hello, this is billing. Your total is two hundred and ten euros.",
    ),
    Line("caller_7", "caller", "Great, thank you. Goodbye."),
    Line("billing_2", "billing", "Goodbye!"),
)


def speak(line: Line, folder: Path) -> Path:
    """Let espeak-ng say `line`, and sox trim its silence and bring it to 24 kHz."""
    spoken, trimmed = folder / f"{line.name}.raw.wav", folder / f"{line.name}.wav"
    voice = VOICES[line.speaker]
    manner = ["-v", voice.name, "-s", str(voice.words_per_minute), "-p", str(voice.pitch)]
    subprocess.run(["espeak-ng", *manner, "-w", spoken, line.text], check=True)
    # Once for the start, once, turned round, for the end; the short fades keep the cuts silent.
    trim = ["silence", "1", "0.005", "0.4%", "fade", "t", "0.008", "reverse"]
    # -D: no dither, whose noise would differ from run to run. Gain first: resampling overshoots.
    target = ["-b", "16", "-c", "1", "-e", "signed-integer"]
    shape = ["gain", "-6", "rate", "-v", str(RATE), *trim, *trim]
    subprocess.run(["sox", "-D", spoken, *target, trimmed, *shape], check=True)
    return trimmed


def samples(path: Path) -> np.ndarray:
    """The samples of a WAV file, from -1 to 1."""
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768


def decibels(ratio: float) -> float:
    """An amplitude (1 is full scale) in dBFS."""
    return 20 * float(np.log10(ratio))


def level(sound: np.ndarray) -> np.ndarray:
    """Bring `sound` to LOUDNESS, or less where its peak would pass CEILING."""
    loudness = decibels(float(np.sqrt(np.mean(sound**2))))
    peak = decibels(float(np.max(np.abs(sound))))
    return sound * 10 ** (min(LOUDNESS - loudness, CEILING - peak) / 20)


def write(path: Path, sound: np.ndarray) -> None:
    """Write `sound` as PCM16."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.round(sound * 32767).astype("<i2").tobytes())


def make() -> Iterator[dict[str, str | int]]:
    """Make every file; what each holds, for the list."""
    with tempfile.TemporaryDirectory() as folder:
        for line in LINES:
            sound = level(samples(speak(line, Path(folder))))
            write(SPEECH / f"{line.name}.wav", sound)
            milliseconds = round(1000 * len(sound) / RATE)
            rms = decibels(float(np.sqrt(np.mean(sound**2))))
            peak = decibels(float(np.max(np.abs(sound))))
            print(f"{line.name:12} {milliseconds:5} ms  rms {rms:6.1f}  peak {peak:6.1f} dBFS")
            yield {**line._asdict(), "duration_ms": milliseconds}


def main() -> None:
    """Make the files and their list."""
    SPEECH.mkdir(parents=True, exist_ok=True)
    manifest = yaml.safe_dump(list(make()), sort_keys=False, allow_unicode=True, width=96)
    head = "# The lines of the demo's call. Written by tools/make_demo_speech.py.\n"
    (SPEECH / "speech.yaml").write_text(head + manifest, encoding="utf-8")
    size = sum(path.stat().st_size for path in SPEECH.glob("*.wav"))
    print(f"{size:,} bytes in all")
    if size > MOST_BYTES:
        sys.exit(f"too much: at most {MOST_BYTES:,} bytes")


if __name__ == "__main__":
    main()
