"""Cases of docs/failure-modes.md that have no better home."""

from pathlib import Path

import pytest

from otel_realtime import semconv
from otel_realtime.scenario import Scenario

PLAIN = Path(__file__).parent / "scenarios" / "plain_answer.yaml"
MOST_BYTES = 8192  # of one span or log; a collector takes 4 MiB in one message


@pytest.mark.parametrize("capture", ["true", "SPAN_AND_EVENT"])
def test_a_minute_of_audio_makes_no_signal_larger(capture, tmp_path) -> None:
    text = PLAIN.read_text(encoding="utf-8")
    path = tmp_path / "long_answer.yaml"
    long = text.replace("audio_ms: 400", "audio_ms: 33000")
    path.write_text(long.replace("capture_content: true", f"capture_content: {capture}"))
    traced = Scenario.load(path).run()
    (chat,) = (span for span in traced.spans if span.name.startswith("chat"))
    assert chat.attributes[semconv.GENERATED_MS] == 2 * 33000
    signals = [*traced.spans, *traced.logs, *traced.metrics]
    assert max(len(repr(each)) for each in signals) < MOST_BYTES
