"""A process that is killed in the midst of a call: run with the settings of the call as JSON."""

import json
import os
import signal
import sys
import time
from pathlib import Path

from audio.by_hand import HandCall, archive_with, silence, tone, until

from otel_realtime import events

STARTED_AGO_MS = 12_000
SPEECH_MS = 1000
ANSWER_MS = 600
UNFINISHED_AT_MS = 2 * (SPEECH_MS + ANSWER_MS)
"""When the last utterance begins: the two turns before it have no gap."""
CUT_SPEECH_MS = 400
GENERATED_MS = 10_000
"""Of the last response; the call is killed before it could be heard."""
PITCHES = (300, 600, 400, 800, 500, 1000)
"""Of the two turns, and of what was not over."""


def main(spool: Path, **settings: object) -> None:
    start = time.time_ns() - STARTED_AGO_MS * 1_000_000
    with archive_with(audio_spool=spool, **settings) as archive:
        call = HandCall(start=start, session_id="killed", audio_spool=spool, **settings)
        for turn in (0, 1):
            call.say(f"u{turn}", tone(PITCHES[2 * turn], SPEECH_MS))
            call.answer(f"r{turn}", tone(PITCHES[2 * turn + 1], ANSWER_MS), ANSWER_MS)
        call.session.feed(events.SpeechStarted(call.clock(), "u2", round(call.sent_ms)))
        call.send(tone(PITCHES[4], CUT_SPEECH_MS))
        call.generate("r2", tone(PITCHES[5], GENERATED_MS))
        call.send(silence(200))
        archive.flush(10)
        until(lambda: _part_is_written(spool))
        os.kill(os.getpid(), signal.SIGKILL)


def _part_is_written(spool: Path) -> bool:
    whole = tone(PITCHES[5], GENERATED_MS)
    return any(path.read_bytes() == whole for path in spool.rglob("part-*.pcm"))


if __name__ == "__main__":
    main(Path(sys.argv[1]), **json.loads(sys.argv[2]))
