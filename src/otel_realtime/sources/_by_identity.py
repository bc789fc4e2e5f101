"""Values kept for objects of an SDK: by identity, and only as long as those exist."""

from collections.abc import Iterator
from typing import Any, Generic, TypeVar
from weakref import ref

T = TypeVar("T")


class ByIdentity(Generic[T]):
    """A mapping from objects that need no hash; those that are equal are still two.

    An object that cannot be referred to weakly raises TypeError as it is set.
    """

    def __init__(self) -> None:
        """Nothing is held."""
        self._held: dict[int, tuple[ref[Any], T]] = {}

    def __setitem__(self, owner: Any, value: T) -> None:
        key, held = id(owner), self._held

        def forget(_: object) -> None:
            held.pop(key, None)

        held[key] = (ref(owner, forget), value)

    def get(self, owner: Any) -> T | None:
        """What is kept for it; None if nothing is."""
        owned, value = self._held.get(id(owner), (None, None))
        return value if owned is not None and owned() is owner else None

    def pop(self, owner: Any) -> T | None:
        """What is kept for it, and no longer."""
        value = self.get(owner)
        if value is not None:
            self._held.pop(id(owner), None)
        return value

    def items(self) -> Iterator[tuple[Any, T]]:
        """Those that exist now, and what is kept for them."""
        for owned, value in list(self._held.values()):
            owner = owned()
            if owner is not None:
                yield owner, value
