"""Where a connection is in its scenario: what happened chooses the next step."""

from collections import deque
from dataclasses import dataclass, field

from ._scenario import Agent, Happening, Idle, Say, Scenario, User

NOT_IN_SCENARIO = "(not in the scenario)"


@dataclass(slots=True)
class Turn:
    """One turn: what begins it (None at the start of the call) and what the server does then."""

    begins: User | Idle | None
    acts: deque[Agent | Happening] = field(default_factory=deque)


def turns_of(scenario: Scenario) -> deque[Turn]:
    """Group the steps: a turn goes from one `user` or `idle` step to the next."""
    turns = deque([Turn(None)])
    for step in scenario.conversation:
        if isinstance(step, User | Idle):
            turns.append(Turn(step))
        else:
            turns[-1].acts.append(step)
    return turns


class Script:
    """Plays one scenario from its start, for one connection."""

    def __init__(self, scenario: Scenario) -> None:
        """Stand at the start of the call, before anyone has spoken."""
        self.scenario = scenario
        self._ahead = turns_of(scenario)
        self._turn = self._ahead.popleft()
        self._out_of_band = deque(scenario.out_of_band)
        self.while_waiting: str | None = None

    def user_speaks(self) -> User:
        """Go on to the next turn of the user; `idle` steps that did not happen are skipped."""
        while self._ahead:
            self._turn = self._ahead.popleft()
            if isinstance(self._turn.begins, User):
                return self._turn.begins
        self._turn = Turn(User(NOT_IN_SCENARIO), deque([self._otherwise()]))
        return User(NOT_IN_SCENARIO)

    def user_stays_silent(self) -> None:
        """Go on to the `idle` step if that is what comes next."""
        if self.next_idle() is not None:
            self._turn = self._ahead.popleft()

    def next_user(self) -> User | None:
        """Look ahead to the next turn of the user."""
        return next((turn.begins for turn in self._ahead if isinstance(turn.begins, User)), None)

    def next_idle(self) -> Idle | None:
        """Look ahead: the `idle` step that comes next, once this turn is played."""
        begins = self._ahead[0].begins if self._ahead else None
        return begins if isinstance(begins, Idle) and not self.has_answer() else None

    def has_answer(self) -> bool:
        """Whether this turn still has something for the model to say or do."""
        return any(isinstance(act, Agent) for act in self._turn.acts)

    def next_response(self) -> Agent:
        """Take the next `agent` step of this turn, or what is said where there is none."""
        while self._turn.acts:
            act = self._turn.acts.popleft()
            if isinstance(act, Agent):
                self.while_waiting = act.while_waiting
                return act
        return self._otherwise()

    def next_out_of_band(self) -> Agent:
        """Take the next answer for a response outside the conversation."""
        return self._out_of_band.popleft() if self._out_of_band else self._otherwise()

    def take_happenings(self) -> list[Happening]:
        """Take what happens here before the next `agent` step."""
        taken = []
        while self._turn.acts and isinstance(self._turn.acts[0], Happening):
            taken.append(self._turn.acts.popleft())
        return [happening for happening in taken if isinstance(happening, Happening)]

    def _otherwise(self) -> Agent:
        return Agent((Say(self.scenario.otherwise),))
