import pytest

from otel_realtime.simulator._items import Items, text_tokens
from otel_realtime.simulator._wire import ClientMistake


def test_items_keep_their_order():
    items = Items()
    assert items.last_id is None
    items.add({"id": "a"})
    items.add({"id": "c"})
    items.add({"id": "b"}, after="a")
    assert items.last_id == "c"
    items.add({"id": "d"}, after="c")
    assert items.last_id == "d"
    items.delete("d")
    assert items.last_id == "c"
    assert items.find("d") is None
    assert items.get("b", "code").item == {"id": "b"}


def test_mistakes_have_their_code():
    items = Items()
    items.add({"id": "a"})
    for mistake, code in [
        (lambda: items.add({"id": "a"}), "item_create_duplicate_item_id"),
        (lambda: items.add({"id": "b"}, after="x"), "item_create_invalid_previous_item_id"),
        (lambda: items.delete("x"), "item_delete_invalid_item_id"),
        (lambda: items.get("x", "some_code"), "some_code"),
    ]:
        with pytest.raises(ClientMistake) as caught:
            mistake()
        assert caught.value.code == code


def test_tool_calls_are_known_by_their_call_id():
    items = Items()
    items.add({"id": "a", "type": "function_call", "call_id": "call_1"})
    items.add({"id": "b", "type": "function_call_output", "call_id": "call_2"})
    assert items.knows_call("call_1")
    assert not items.knows_call("call_2")


def test_tokens_are_counted_by_modality():
    items = Items()
    items.add({"id": "a", "role": "user", "content": [{"transcript": "not counted"}]}, 1000)
    items.add({"id": "b", "role": "assistant", "content": [{"transcript": "x" * 20}]}, 1000)
    items.add({"id": "c", "type": "function_call", "arguments": "y" * 8})
    items.add({"id": "d", "role": "user", "content": [{"text": "z" * 4}, 5]})
    assert items.tokens() == (5 + 2 + 1, 10 + 20)
    assert text_tokens("") == 0
    assert text_tokens("a") == 1
