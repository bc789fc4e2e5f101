import pytest

from otel_realtime.simulator._wire import ClientMistake, Ids, check, error_object, optional, require


def test_ids_are_readable_and_unique_per_connection():
    one, other = Ids(), Ids()
    assert one.next("item") == f"item_{one.tag}_1"
    assert one.next("item") == f"item_{one.tag}_2"
    assert one.next("resp") == f"resp_{one.tag}_1"
    assert one.only("sess") != other.only("sess")


def test_a_missing_field_is_named():
    with pytest.raises(ClientMistake) as caught:
        require({}, "audio", str)
    assert caught.value.code == "missing_required_parameter"
    assert caught.value.param == "audio"


@pytest.mark.parametrize(
    ("value", "kind"), [(1, str), ("1", int), (True, int), (1, bool), (None, dict), (True, float)]
)
def test_a_value_of_another_type_is_refused(value, kind):
    with pytest.raises(ClientMistake, match="expected"):
        check(value, "field", kind)


def test_values_of_the_right_type_pass():
    assert check(1, "field", float) == 1
    assert check(False, "field", bool) is False  # noqa: FBT003 - the value under test
    assert optional({"a": None}, "a", str) is None
    assert optional({"a": "b"}, "a", str) == "b"


def test_an_error_names_the_event_it_answers():
    mistake = ClientMistake("some_code", "Something is wrong.", "field")
    assert error_object(mistake, "event_7") == {
        "type": "invalid_request_error",
        "code": "some_code",
        "message": "Something is wrong.",
        "param": "field",
        "event_id": "event_7",
    }
