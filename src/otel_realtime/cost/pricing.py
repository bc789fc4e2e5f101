"""The cost of one session: put on the facts of what closes, and added up."""

from collections import deque
from collections.abc import Callable
from typing import Final

from otel_realtime.cost.book import Book, book_of, is_asked_for
from otel_realtime.facts import InputFacts, ResponseFacts, SessionFacts, TranscriptionFacts
from otel_realtime.records import Closed, Noted, Record
from otel_realtime.settings import Settings
from otel_realtime.values import Cost, SessionCost

_MOST_KEPT: Final = 256
"""How many transcriptions without a price are remembered: more than may be open at once."""


class SessionPricing:
    """Prices what a session used.

    Args:
        book: The prices.
        caught: Takes in what goes wrong.
    """

    def __init__(self, book: Book, caught: Callable[[str, Exception], None]) -> None:
        self._book = book
        self._caught = caught
        self._unpriced: deque[str] = deque(maxlen=_MOST_KEPT)

    def price(self, record: Record, session: SessionFacts, provider: str | None) -> None:
        """Put the cost on the facts of a record and on the session's, before anybody is told.

        Never raises.

        Args:
            record: What the conversation says.
            session: What is known of the session.
            provider: Its `gen_ai.provider.name`, if that is known.
        """
        if isinstance(record, Noted):
            return
        facts, at = record.facts, record.at
        try:
            if isinstance(record, Closed):
                if isinstance(facts, ResponseFacts):
                    self._response(facts, at, session, provider)
            elif isinstance(facts, TranscriptionFacts):
                self._transcription(facts.given, at, session, provider)
            elif isinstance(facts, InputFacts):
                self._transcription(facts, at, session, provider)
        except Exception as error:  # noqa: BLE001 - the guard
            self._caught("cost", error)

    def _response(
        self, facts: ResponseFacts, at: int, session: SessionFacts, provider: str | None
    ) -> None:
        tariff = self._book.tariff(provider, facts.model, at)
        if tariff is not None and facts.usage is not None and facts.is_usage_sound:
            facts.cost = _with_unheard(tariff.cost(facts.usage), facts)
        _add(session, facts.cost)

    def _transcription(
        self, given: InputFacts, at: int, session: SessionFacts, provider: str | None
    ) -> None:
        """Price it as its span opens, when all is known: it is written there."""
        if not self._is_new(given):
            return
        tariff = self._book.tariff(provider, given.transcription_model, at)
        if tariff is not None and given.transcription_usage is not None:
            given.transcription_cost = tariff.transcription(given.transcription_usage)
        if given.transcription_cost is None:
            self._unpriced.append(given.item_id)
        _add(session, given.transcription_cost, is_transcription=True)

    def _is_new(self, given: InputFacts) -> bool:
        """Whether there was a transcription, and it has not been counted yet.

        A transcript that comes in the same moment in which it is given up is told of twice.
        """
        if given.transcription_cost is not None or given.item_id in self._unpriced:
            return False
        # A transcript without a usage may be one that the client itself put into the history.
        was_spoken = given.transcription == "completed" and given.committed_at is not None
        return given.transcription_usage is not None or was_spoken


def pricing_of(
    settings: Settings, caught: Callable[[str, Exception], None]
) -> SessionPricing | None:
    """What prices a session, if that is asked for and there are prices. Never raises."""
    if not is_asked_for(settings):
        return None
    try:
        book = book_of(settings)
    except Exception as error:  # noqa: BLE001 - the guard
        caught("cost", error)
        return None
    return SessionPricing(book, caught) if book is not None else None


def _with_unheard(cost: Cost | None, facts: ResponseFacts) -> Cost | None:
    """Tell which part of it was for audio that nobody heard, if that can be known."""
    if cost is None or facts.discarded_ms is None or not facts.generated_ms:
        return cost
    said = [part.usd for part in cost.parts if part[:2] == ("output", "audio")]
    if not said:
        return cost
    share = min(facts.discarded_ms / facts.generated_ms, 1.0)
    return Cost(cost.parts, cost.prices, said[0] * share)


def _add(session: SessionFacts, cost: Cost | None, *, is_transcription: bool = False) -> None:
    so_far = session.cost = session.cost or SessionCost()
    if cost is None:
        so_far.unpriced += 1
        return
    so_far.priced += 1
    total = cost.total
    so_far.total += total
    so_far.unheard += cost.unheard or 0.0
    if is_transcription:
        so_far.transcription += total
    if so_far.prices == cost.prices:
        return
    told = so_far.prices.split(" + ") if so_far.prices else []
    if cost.prices not in told:
        so_far.prices = " + ".join((*told, cost.prices))
