"""Functions of the application as settings: given, or named and imported when first called."""

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from otel_realtime.aloud import warn

_logger = logging.getLogger("otel_realtime.settings")


def function(setting: str, otherwise: Callable[..., Any], what_then: str) -> Callable[[Any], Any]:
    """How to read a function: a callable, or the name of one as `module:function`.

    Args:
        setting: The setting that it is given as.
        otherwise: What stands in for one that is named and cannot be imported.
        what_then: What is then the case, for the log.
    """

    def read(value: object) -> object:
        if isinstance(value, str):
            return _NamedFunction(str(value), setting, otherwise, what_then)
        if not callable(value):
            raise ValueError(value)  # noqa: TRY004 - one type of error for all settings
        return value

    return read


@dataclass(frozen=True)
class _NamedFunction:
    """The function that `module:function` names, imported when it is first called.

    Raises:
        ValueError: The name has another form.
    """

    name: str
    setting: str
    otherwise: Callable[..., Any]
    what_then: str

    def __post_init__(self) -> None:
        _names(self.name)

    def __call__(self, *given: object) -> Any:  # noqa: ANN401 - what the application's gives
        found = _imported(self.name)
        if isinstance(found, str):
            _tell(f"{self.setting} is {self.name}, but {found}: {self.what_then}")
            return self.otherwise(*given)
        return found(*given)


@cache
def _imported(name: str) -> Callable[..., Any] | str:
    """The function of that name, imported; or why there is none."""
    module, path = _names(name)
    try:
        found: Any = import_module(module)
        for each in path:
            found = getattr(found, each)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - what the application's module raises
        return f"it could not be imported ({type(error).__name__})"
    return found if callable(found) else "it is not callable"


@cache
def _tell(problem: str) -> None:
    """Log it, once."""
    warn(_logger, problem)


def _names(text: str) -> tuple[str, list[str]]:
    module, colon, path = text.strip().partition(":")
    names = path.split(".")
    if not colon or not all(name.isidentifier() for name in [*module.split("."), *names]):
        raise ValueError(text)
    return module, names


def nothing(kind: str, value: str) -> None:
    """Record no content."""


def nobody(call: object) -> bool:  # noqa: ARG001 - asked of any call
    """Record nobody."""
    return False


def everything(clip: object) -> tuple[tuple[float, float]]:  # noqa: ARG001 - of any
    """Silence all of it."""
    return ((0.0, math.inf),)
