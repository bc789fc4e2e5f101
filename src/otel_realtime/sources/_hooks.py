"""Functions of an SDK that are wrapped as long as somebody has use of it, and then put back."""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from importlib import import_module
from threading import RLock
from typing import Any
from weakref import WeakSet

import wrapt

from otel_realtime.guard import Guard, SkippedEventError

Wrapper = Callable[[Callable[..., Any], Any, tuple[Any, ...], dict[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Hook:
    """One function: where it is, and what is put around it.

    Attributes:
        module: The module that holds it.
        path: Its name there, such as `RealtimeSession.close`.
        wrapper: Called as wrapt calls wrappers: `(wrapped, instance, args, kwargs)`.
        is_needed: Whether it is a loss if a version of the SDK does not have it.
    """

    module: str
    path: str
    wrapper: Wrapper
    is_needed: bool = True

    def found(self) -> Any:
        """What is there now; None if this version of the SDK does not have it."""
        try:
            return vars(self._owner()).get(self._name)
        except (AttributeError, ImportError):
            return None

    def put_in(self) -> None:
        """Wrap the function; nothing if it is wrapped already.

        Raises:
            SkippedEventError: This version of the SDK does not have it.
        """
        found = self.found()
        if found is None and self.is_needed:
            package = self.module.partition(".")[0]
            message = f"this version of {package} has no {self.path}"
            raise SkippedEventError(message)
        if found is not None and not self._is_ours(found):
            wrapt.wrap_function_wrapper(self._owner(), self._name, self.wrapper)

    def take_out(self) -> None:
        """Put the original back.

        Where another library has wrapped ours since, it stays: alone it only passes through.
        """
        found = self.found()
        if self._is_ours(found):
            setattr(self._owner(), self._name, found.__wrapped__)

    def _owner(self) -> Any:
        owner: Any = import_module(self.module)
        for name in self.path.split(".")[:-1]:
            owner = getattr(owner, name)
        return owner

    @property
    def _name(self) -> str:
        return self.path.rpartition(".")[2]

    def _is_ours(self, found: object) -> bool:
        return getattr(found, "_self_wrapper", None) is self.wrapper


class Hooks:
    """The hooks of one SDK, in place while anybody uses them.

    A user is held weakly: one that is gone has no use any more, once `tidy` looks.
    """

    def __init__(self, *hooks: Hook) -> None:
        """Nothing is wrapped yet."""
        self._hooks = hooks
        self._users: WeakSet[Hashable] = WeakSet()
        self._lock = RLock()  # a finalizer may come in between

    def __iter__(self) -> Iterator[Hook]:
        """Each of them."""
        return iter(self._hooks)

    def use(self, user: Hashable, guard: Guard) -> None:
        """Have the functions wrapped for `user`; again is harmless."""
        with self._lock:
            self._users.add(user)
            for hook in self._hooks:
                try:
                    hook.put_in()
                except Exception as error:  # noqa: BLE001 - the guard: the other hooks go on
                    guard.caught("hook", error)

    def let_go(self, user: Hashable) -> None:
        """`user` needs them no longer."""
        self._users.discard(user)
        self.tidy()

    def is_used_by(self, user: Hashable) -> bool:
        """Whether `user` has use of them."""
        return user in self._users

    def tidy(self) -> None:
        """Put the SDK back as it was if no user is left."""
        with self._lock:
            if any(True for _ in self._users):  # its length still counts what is being collected
                return
            for hook in self._hooks:
                hook.take_out()
