"""Who was heard when: user speech and heard agent audio on one time line, swept once.

What lies before the frontier is final: nothing that is still open can reach back behind it. The
sweep moves up to there, adds up who was heard, alone or together, and says what it meets on its
way. What it has passed is forgotten, so that an hour takes no more memory than a minute.

At any moment user + agent - overlap + silence is the time that has been swept.
"""

from dataclasses import dataclass, field

from otel_realtime.facts import InputFacts, ResponseFacts, Tally
from otel_realtime.records import AgentInterruptionNoted, DeadAirNoted, MissedBargeInNoted

DEAD_AIR_NS = 2_000_000_000
"""A silence that is longer than this is dead air."""
MISSED_NS = 1_000_000_000
"""Who speaks over the agent for longer than this wanted to interrupt it."""
_MOST_PENDING = 256
_ANSWERS = frozenset({"speech", "text", "tool"})
"""What triggers responses that somebody waits for."""

Happening = tuple[int, DeadAirNoted | MissedBargeInNoted | AgentInterruptionNoted]
"""What the sweep met, and when."""


@dataclass(eq=False, slots=True)
class Stretch:
    """A stretch of one speaker; an instant if it ends where it starts, such as a typed text."""

    start: int
    end: int
    facts: InputFacts | ResponseFacts
    is_first: bool = True
    """Whether it is the first one of what it belongs to."""

    @property
    def by_user(self) -> bool:
        """Whether it is the user's."""
        return isinstance(self.facts, InputFacts)


@dataclass(slots=True)
class Overlap:
    """How long the user has spoken over a response so far."""

    facts: ResponseFacts
    ns: int = 0


@dataclass(slots=True)
class Talk:
    """The time line of one session."""

    tally: Tally
    at: int | None = None
    """The sweep has come this far; None before the session begins."""
    pending: list[Stretch] = field(default_factory=list)
    silent_since: int = 0
    """When the silence began that lasts now, if there is one."""
    is_silent: bool = True
    last: Stretch | None = None
    """The one that was over last."""
    agent_since: int | None = None
    """When the response that was heard last became audible."""
    agent_until: int | None = None
    """When the agent fell silent last."""
    user_until: int | None = None
    """When the user did."""
    overlaps: dict[tuple[str, str], Overlap] = field(default_factory=dict)
    """By both ids."""
    met: list[Happening] = field(default_factory=list)
    """What the sweep has met and not handed out yet."""

    def begin(self, at: int) -> None:
        """The session begins."""
        self.at = self.silent_since = at

    def ready(self, at: int) -> None:
        """The provider is ready: what was silent before was no dead air."""
        if self.last is None and self.is_silent:
            self.silent_since = max(self.silent_since, at)

    def add(self, stretch: Stretch) -> None:
        """Add a stretch, in any order; what reaches behind the frontier is cut off there."""
        at = self.at
        if at is None or stretch.end < stretch.start:
            return
        if stretch.start < at:
            if stretch.end <= at:
                return
            stretch.start, stretch.is_first = at, False
        self.pending.append(stretch)

    def retract(self, facts: InputFacts | ResponseFacts) -> None:
        """Take back what was added of somebody, as far as it has not been swept."""
        at = self.at or 0
        mine = [each for each in self.pending if each.facts is facts]
        for each in mine:
            if each.start < at:
                each.end = min(each.end, at)
            else:
                self.pending.remove(each)

    def advance(self, frontier: int) -> list[Happening]:
        """Sweep up to the frontier, and say what was met."""
        if len(self.pending) > _MOST_PENDING:  # something has been open for very long
            frontier = max(frontier, sorted(each.end for each in self.pending)[_MOST_PENDING // 2])
        while self.at is not None:
            at = self.at
            following = None
            for each in self.pending:
                edge = each.start if each.start > at else each.end
                if edge > at and (following is None or edge < following):
                    following = edge
            if following is None or following > frontier:
                break  # it stops where something begins or is over
            self._go_on(at, following)
        met, self.met = self.met, []
        return met

    def finish(self, at: int) -> list[Happening]:
        """The session is over: sweep to its end."""
        at = max(at, self.at or at)
        self.pending = [each for each in self.pending if each.start <= at]
        for each in self.pending:
            each.end = min(each.end, at)
        met = self.advance(at)
        if self.at is not None and self.at < at:
            self._go_on(self.at, at)
        self._meet(at)
        if self.is_silent and self.last is not None:
            self._dead_air(at, None)
        self.pending.clear()
        return met + self.met

    def _go_on(self, at: int, following: int) -> None:
        """Sweep a stretch of time in which nothing begins, and nothing is over."""
        self._meet(at)
        self._count([each for each in self.pending if each.start <= at < each.end], following - at)
        self.at = following

    def _meet(self, at: int) -> None:
        """Say what begins and what is over at a moment, and forget what is over."""
        for each in [each for each in self.pending if each.end <= at and each.end != each.start]:
            self.pending.remove(each)
            self._over(each, at)
        beginning = [each for each in self.pending if each.start == at]
        beginning.sort(key=_end)
        for each in beginning:
            if self.is_silent:
                self._dead_air(at, each)
            if each.end <= at:  # an instant
                self.pending.remove(each)
                self.last, self.silent_since = each, at
                self.user_until = at if each.by_user else self.user_until
            else:
                self.is_silent = False
                self._begun(each, at)

    def _begun(self, stretch: Stretch, at: int) -> None:
        """The agent has become audible: over somebody who is speaking?"""
        facts = stretch.facts
        if isinstance(facts, InputFacts) or not stretch.is_first:
            return
        self.agent_since = at
        if self._is_heard(at):
            return
        for each in self.pending:
            if isinstance(each.facts, InputFacts) and each.start < at < each.end:
                self.tally.agent_interruptions += 1
                self.met.append((at, AgentInterruptionNoted(facts, each.facts)))

    def _is_heard(self, at: int) -> bool:
        """Whether the agent was heard until now, so that it does not become audible."""
        return self.agent_until == at or any(
            each.start < at < each.end and not each.by_user for each in self.pending
        )

    def _over(self, stretch: Stretch, at: int) -> None:
        self.last = stretch
        if not any(each.start <= at < each.end for each in self.pending):
            self.is_silent, self.silent_since = True, at
        facts = stretch.facts
        if not isinstance(facts, InputFacts):
            self.agent_until = at
            return
        self.user_until = at
        for key in [key for key in self.overlaps if key[0] == facts.item_id]:
            overlap = self.overlaps.pop(key)
            if overlap.ns > MISSED_NS and not _is_cut(overlap.facts, facts):
                self.tally.missed_barge_ins += 1
                self.met.append((at, MissedBargeInNoted(overlap.facts, facts, overlap.ns)))

    def _count(self, active: list[Stretch], ns: int) -> None:
        tally = self.tally
        if not active:
            tally.silence_ns += ns
            return
        users = [each for each in active if each.by_user]
        tally.user_ns += ns if users else 0
        if len(users) == len(active):
            return
        tally.agent_ns += ns
        tally.overlap_ns += ns if users else 0
        for user in users:
            for agent in active:
                self._overlap(user, agent, ns)

    def _overlap(self, user: Stretch, agent: Stretch, ns: int) -> None:
        """The user speaks over the agent; whoever spoke first was spoken over."""
        given, facts = user.facts, agent.facts
        if isinstance(given, ResponseFacts) or isinstance(facts, InputFacts):
            return
        if facts.playback_at is not None and user.start >= facts.playback_at:
            key = (given.item_id, facts.response_id)
            self.overlaps.setdefault(key, Overlap(facts)).ns += ns

    def _awaited(self, following: Stretch | None) -> str:
        """Who should have spoken in a silence: by who spoke before it, and who breaks it.

        What the user says over a response is not answered by that.
        """
        last, after = self.last, following.facts if following is not None else None
        is_timeout = isinstance(after, ResponseFacts) and after.trigger == "idle_timeout"
        if last is None:
            return "user" if isinstance(after, InputFacts) or is_timeout else "agent"
        before, until, since = last.facts, self.user_until, self.agent_since
        is_answer = isinstance(after, ResponseFacts) and after.trigger in _ANSWERS
        if isinstance(before, InputFacts) or before.finish_reason == "tool_call" or is_answer:
            return "agent"
        return "agent" if until is not None and since is not None and until > since else "user"

    def _dead_air(self, at: int, following: Stretch | None) -> None:
        """A silence ends, broken by `following` or by the end of the session."""
        ns = at - self.silent_since
        if ns <= DEAD_AIR_NS or _may_be_speech(following):
            return
        awaited = self._awaited(following)
        self.tally.dead_airs += 1
        if awaited == "agent":
            self.tally.dead_air_agent_ns += ns
        else:
            self.tally.dead_air_user_ns += ns
        self.met.append((at, DeadAirNoted(ns, awaited)))


def _end(stretch: Stretch) -> int:
    return stretch.end


def _may_be_speech(following: Stretch | None) -> bool:
    """Whether what seems to be silence may be speech, of which only the end is known."""
    facts = following.facts if following is not None else None
    return isinstance(facts, InputFacts) and not facts.onset_known


def _is_cut(facts: ResponseFacts, given: InputFacts) -> bool:
    """Whether a response was cut off; not by this utterance if another one is known to have."""
    return facts.interrupted and facts.interrupted_by in {None, given.item_id}
