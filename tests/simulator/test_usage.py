from otel_realtime.simulator._config import SessionConfig
from otel_realtime.simulator._items import Items
from otel_realtime.simulator._scenario import Derived, Usage
from otel_realtime.simulator._usage import Meter, usage_object


def test_the_whole_breakdown_is_there_and_adds_up():
    given = Usage(1, 20, 300, 1, 10, 200, 4000, 50_000)
    assert usage_object(given) == {
        "total_tokens": 54_321,
        "input_tokens": 321,
        "output_tokens": 54_000,
        "input_token_details": {
            "text_tokens": 1,
            "audio_tokens": 20,
            "image_tokens": 300,
            "cached_tokens": 211,
            "cached_tokens_details": {"text_tokens": 1, "audio_tokens": 10, "image_tokens": 200},
        },
        "output_token_details": {"text_tokens": 4000, "audio_tokens": 50_000},
    }


def message(item_id, role, text):
    return {"id": item_id, "role": role, "content": [{"transcript": text}]}


def test_usage_follows_from_the_lengths():
    config, items = SessionConfig("sess_1", "gpt-realtime"), Items()
    config.update({"instructions": "x" * 400})
    meter = Meter(config, items)
    items.add(message("a", "user", None), audio_ms=2000)
    meter.read_input()
    usage = meter.usage(Derived.FROM_LENGTHS, "y" * 40, 1000)
    assert usage["input_token_details"]["text_tokens"] == 100
    assert usage["input_token_details"]["audio_tokens"] == 20
    assert usage["input_token_details"]["cached_tokens"] == 0
    assert usage["output_token_details"] == {"text_tokens": 10, "audio_tokens": 20}
    items.add(message("b", "assistant", "y" * 40), audio_ms=1000)
    meter.read_input()
    usage = meter.usage(Derived.FROM_LENGTHS, "", 0)
    assert usage["input_token_details"]["text_tokens"] == 110
    assert usage["input_token_details"]["audio_tokens"] == 40
    assert usage["input_token_details"]["cached_tokens_details"]["text_tokens"] == 64
    assert usage["output_tokens"] == 0
    assert meter.spent == 120 + 30 + 150


def test_there_may_be_no_usage_at_all():
    meter = Meter(SessionConfig("sess_1", "gpt-realtime"), Items())
    assert meter.usage(Derived.NONE, "said", 100) is None
    assert meter.spent == 0
