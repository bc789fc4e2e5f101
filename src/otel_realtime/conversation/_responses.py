"""What the model says: responses, their output, and the end of each.

A response opens with its creation and ends with `response.done`. Its span is held open until it is
known how much of its audio was heard, for what cuts it off may still come while it plays.
"""

from otel_realtime.conversation import _items, _order, _tools, _turns
from otel_realtime.conversation._content import add_texts, settle_content
from otel_realtime.conversation._heard import advance
from otel_realtime.conversation._playback import (
    falls_silent,
    finish_playback,
    is_told,
    take_cancellation,
)
from otel_realtime.conversation._state import (
    FORGOTTEN,
    MOST_OPEN,
    Part,
    Response,
    ResponsePhase,
    State,
)
from otel_realtime.conversation._usage import without_contradictions
from otel_realtime.conversation._words import count_words
from otel_realtime.events import (
    AudioStarted,
    OutputAdded,
    OutputFinished,
    ResponseDone,
    ResponseStarted,
    TextFinished,
    TextStarted,
    ToolRequested,
)
from otel_realtime.facts import ResponseFacts
from otel_realtime.records import SESSION, Closed, Opened
from otel_realtime.values import Item, ItemType

_SETTLING_NS = 1_000_000_000
"""How long a truncation may follow the end of a response that was cut off."""

_FINISH_REASONS = {"completed": "stop", "failed": "error"}
_INCOMPLETE_REASONS = {"max_output_tokens": "length"}  # the others are named as they are


def on_response_started(state: State, event: ResponseStarted) -> None:
    """Open a response: mark R."""
    if event.conversation_id is not None:
        state.session.conversation_id = event.conversation_id
    response = _response(state, event.response_id, event.at, id_known=event.id_known)
    if response is None:
        return
    response.facts.created_at = event.at
    if event.out_of_band:
        response.facts.trigger, response.facts.conversation_id = "out_of_band", None
    _turns.answered(state, response.facts)
    if event.output_modalities is not None:
        response.facts.output_modalities = event.output_modalities


def on_output_added(state: State, event: OutputAdded) -> None:
    """Learn which items a response is made of."""
    response = _response(state, event.response_id, event.at)
    if response is not None:
        _add_item(state, response, event.item)
    _tools.announce(state, event.item, event.response_id, event.at)


def on_tool_requested(state: State, event: ToolRequested) -> None:
    """Take in a call; the response that asks for it opens if it was not seen to begin."""
    if event.response_id is not None:
        _response(state, event.response_id, event.at)
    _tools.on_tool_requested(state, event)


def on_output_finished(state: State, event: OutputFinished) -> None:
    """Take in a finished item: its text, or a tool call that is now complete."""
    if event.response_id is not None:
        response = _response(state, event.response_id, event.at)
        if response is not None:
            _add_item(state, response, event.item)
            add_texts(state, response, event.item)
    _tools.take_call(state, event.item, event.response_id, event.at)


def on_audio_started(state: State, event: AudioStarted) -> None:
    """Begin a part's audio: mark A, and mark P unless the provider tells when it plays."""
    response = _response(state, event.response_id, event.at)
    if response is None:
        return
    part = _part(state, response, event.item_id, event.content_index)
    part.byte_count += event.byte_count
    state.audio_parts[event.item_id] = part
    output_format = state.session.config.output_format
    part.bytes_per_ms = output_format.bytes_per_ms if output_format else None
    facts = response.facts
    _first_chunk(response, event.at)
    if facts.first_audio_at is None:
        _turns.answered(state, facts)
        facts.first_audio_at = event.at
        if facts.playback_at is None:
            facts.playback_at = _audible_from(state, response, event.at)
            facts.playback_source = "first_audio"


def on_text_started(state: State, event: TextStarted) -> None:
    """Begin a part's text."""
    response = _response(state, event.response_id, event.at)
    if response is None:
        return
    part = _part(state, response, event.item_id, event.content_index)
    state.text_parts[event.item_id] = part
    if state.keep_text:
        part.fragments = part.fragments or []
        part.fragments.append(event.text)
    _first_chunk(response, event.at)


def on_text_finished(state: State, event: TextFinished) -> None:
    """Keep the whole text of a part."""
    response = _response(state, event.response_id, event.at)
    if response is None:
        return
    response.words[event.item_id, event.content_index] = count_words(event.text)
    if state.keep_text:
        response.texts.setdefault(event.item_id, {})[event.content_index] = event.text


def on_response_done(state: State, event: ResponseDone) -> None:
    """Mark D: take in what the response came to, and close it once its playback is known."""
    response = _response(state, event.response_id, event.at)
    if response is None or response.phase is not ResponsePhase.GENERATING:
        return
    facts = response.facts
    facts.done_at = event.at
    facts.status, facts.fault = event.status, event.fault
    _take_usage(state, facts, event)
    facts.conversation_id = event.conversation_id or facts.conversation_id
    for item in event.items:
        _add_item(state, response, item)
        add_texts(state, response, item)
        _tools.take_call(state, item, event.response_id, event.at)
    facts.finish_reason = _finish_reason(event, response)
    if event.status == "cancelled":
        take_cancellation(state, response, event)
    response.phase = ResponsePhase.PLAYING
    place(state, response)
    settle(state, response, event.at)


def settle(state: State, response: Response, at: int) -> None:
    """Close a response that is done, or say until when its playback is awaited."""
    is_open = response.facts.response_id in state.responses
    if not is_open or response.phase is not ResponsePhase.PLAYING:
        return
    limit = (response.facts.done_at or at) + state.playback_wait
    end = response.playback_end
    if end is None:
        end = limit if response.plays_at_provider else at
    silent = falls_silent(response)
    if at >= end or (is_told(response) if silent is None else at >= silent):
        close(state, response, at)
    elif response.cut is None:
        response.due = min(end, limit)
    else:
        response.due = at + _SETTLING_NS if silent is None else min(silent, end)


def close(state: State, response: Response, at: int, end_reason: str | None = None) -> None:
    """Close a response, done or not, with what is known of it."""
    facts = response.facts
    facts.end_reason = end_reason
    if end_reason is not None and facts.done_at is None:
        facts.fault_type = state.session.fault_type
    facts.generated_ms = response.generated_ms
    place(state, response)
    finish_playback(state, response, at)
    settle_content(state, response)
    _turns.close_response(state, response, at)
    state.responses.pop(facts.response_id, None)
    state.closed_responses.remember(facts.response_id, response)
    for part in response.parts:
        state.parts.pop((part.item_id, part.content_index), None)
        state.audio_parts.pop(part.item_id, None)
        state.text_parts.pop(part.item_id, None)
        part.fragments = None
    response.texts.clear()
    _order.check_response(state, facts, at)
    end = facts.done_at if facts.done_at is not None else at
    state.records.append(Closed(response.key, end, facts))
    _add_up(state, facts)
    advance(state, at)
    _turns.end_turns(state, at)


def let_go(state: State, at: int) -> None:
    """Close the oldest responses where there are too many."""
    while len(state.responses) > MOST_OPEN:
        close(state, next(iter(state.responses.values())), at, FORGOTTEN)


def place(state: State, response: Response) -> None:
    """Find out what a response answers, by the chain of items before its first one."""
    facts = response.facts
    if facts.trigger is None and response.items:
        facts.trigger, facts.inputs, facts.answers = _items.look_back(state, response.items[0])
        _turns.place_response(state, facts)


def _response(state: State, response_id: str, at: int, *, id_known: bool = True) -> Response | None:
    """Give an open response; one met without its beginning opens here, a closed one is None."""
    response = state.responses.get(response_id)
    if response is None:
        if response_id in state.closed_responses:
            return None
        facts = ResponseFacts(
            response_id,
            id_known=id_known,
            agent=state.session.floor,
            endpoint=state.session.endpoint,
            model=state.session.config.model,
            conversation_id=state.session.conversation_id,
            output_modalities=state.session.config.output_modalities,
        )
        response = state.responses[response_id] = Response(facts, at)
        _turns.begin_response(state, facts)
        state.records.append(Opened(response.key, at, facts, SESSION))
    return response


def _part(state: State, response: Response, item_id: str, content_index: int) -> Part:
    part = state.parts.get((item_id, content_index))
    if part is None:
        part = Part(item_id, content_index, response)
        response.parts.append(part)
        state.parts[item_id, content_index] = part
        if item_id not in response.items:
            _add_item(state, response, Item(item_id, ItemType.MESSAGE, role="assistant"))
    return part


def _audible_from(state: State, response: Response, at: int) -> int:
    """When audio that arrives at `at` begins to play: after what is still to be heard."""
    others = (each for each in state.responses.values() if each is not response and not each.cut)
    return max([at, *(each.playback_end or at for each in others)])


def _first_chunk(response: Response, at: int) -> None:
    if response.facts.first_chunk_at is None:
        response.facts.first_chunk_at = at


def _add_item(state: State, response: Response, item: Item) -> None:
    if item.id not in response.items:
        response.items.append(item.id)
        _items.enter_output(state, item, response.facts.response_id)


def _take_usage(state: State, facts: ResponseFacts, event: ResponseDone) -> None:
    if event.usage is None:
        return
    facts.usage, problems = without_contradictions(event.usage)
    facts.is_usage_sound = not problems
    for problem in problems:
        state.leave_out("usage", problem, event.at)


def _add_up(state: State, facts: ResponseFacts) -> None:
    """Add a closed response to what the session comes to."""
    tally = state.session.tally
    tally.responses += 1
    tally.errors += facts.status == "failed"
    tally.generated_ms += facts.generated_ms or 0.0
    tally.heard_ms += facts.heard_ms or 0.0
    tally.discarded_ms += facts.discarded_ms or 0.0


def _finish_reason(event: ResponseDone, response: Response) -> str | None:
    if event.status == "completed" and response.calls:
        return "tool_call"
    if event.status in {"cancelled", "incomplete"}:
        reason = event.reason or ""
        return _INCOMPLETE_REASONS.get(reason, reason) or None
    return _FINISH_REASONS.get(event.status or "")


def expire(state: State, at: int) -> None:
    """Close the responses whose playback has been waited for long enough."""
    for response in list(state.responses.values()):
        if response.due is not None and at >= response.due:
            close(state, response, response.due)
