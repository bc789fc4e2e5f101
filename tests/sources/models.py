"""Models as third parties write them: each keeps its listeners in a way of its own."""

from dataclasses import dataclass, field
from types import MappingProxyType

from agents.realtime import RealtimeModel
from agents.realtime.model_inputs import RealtimeModelSendToolOutput, RealtimeModelSendUserInput
from sources.switchboard import turn


class Own(RealtimeModel):
    """A model written by somebody: answers each text with a tool call and its output with words."""

    def __init__(self) -> None:
        self._listeners = []
        self.sent = []

    async def connect(self, options) -> None:
        """Nothing to connect to."""

    def add_listener(self, listener) -> None:
        self._listeners.append(listener)

    def remove_listener(self, listener) -> None:
        self._listeners.remove(listener)

    @property
    def kept(self) -> list:
        return list(self._listeners)

    async def emit(self, *told) -> None:
        for event in told:
            for listener in self.kept:
                await listener.on_event(event)

    async def send_event(self, event) -> None:
        self.sent.append(event)
        if isinstance(event, RealtimeModelSendUserInput):
            await self.emit(*turn("call_1"))
        elif isinstance(event, RealtimeModelSendToolOutput):
            await self.emit(*turn(number=2))

    async def close(self) -> None:
        """Nothing to close."""


class Slotted(Own):
    """Keeps what it has in slots."""

    __slots__ = ("_hidden", "sent")

    def __init__(self) -> None:
        self._hidden = []
        self.sent = []

    @property
    def kept(self) -> list:
        return list(self._hidden)

    def add_listener(self, listener) -> None:
        self._hidden.append(listener)

    def remove_listener(self, listener) -> None:
        self._hidden.remove(listener)


class InADict(Own):
    """Keeps its listeners by number."""

    def __init__(self) -> None:
        self.__by_number = {}
        self.sent = []

    @property
    def kept(self) -> list:
        return list(self.__by_number.values())

    def add_listener(self, listener) -> None:
        self.__by_number[len(self.__by_number)] = listener

    def remove_listener(self, listener) -> None:
        found = next(n for n, each in self.__by_number.items() if each is listener)
        del self.__by_number[found]


@dataclass
class Settings:
    """Equal by value, so it has no hash."""

    voice: str = "alto"


@dataclass
class Unhashable(Own):
    """Equal by value, so it has no hash; and so are the things it holds."""

    settings: Settings = field(default_factory=Settings)
    held: list = field(default_factory=list)
    sent: list = field(default_factory=list)

    @property
    def kept(self) -> list:
        return list(self.held)

    def add_listener(self, listener) -> None:
        self.held.append(listener)

    def remove_listener(self, listener) -> None:
        self.held.remove(listener)


class Alike(Own):
    """All of them are equal, and have the same hash."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Alike)

    def __hash__(self) -> int:
        return 1


class Sealed(Own):
    """Takes no attributes once it is made, and says so in a way of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.sealed = True

    def __setattr__(self, name, value) -> None:
        if "sealed" in vars(self):
            raise ValueError("sealed")
        super().__setattr__(name, value)


class InASet(Own):
    """Keeps its listeners in a set, behind a read-only view of what else it has."""

    def __init__(self) -> None:
        self.own = MappingProxyType({"voice": "alto"})
        self.audience = set()
        self.sent = []

    @property
    def kept(self) -> list:
        return list(self.audience)

    def add_listener(self, listener) -> None:
        self.audience.add(listener)

    def remove_listener(self, listener) -> None:
        self.audience.discard(listener)


MODELS = [Own, Slotted, InADict, Unhashable, Alike, Sealed, InASet]
