"""How settings are read: the only place that asks the environment."""

import logging
import os
from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import Any

from otel_realtime.aloud import warn
from otel_realtime.settings._values import FromEnvironment, SettingError

_logger = logging.getLogger("otel_realtime.settings")

WhenWrong = Mapping[str, tuple[str, object]]
"""What is said and done about a wrong value in the environment, if not to take the default."""


def read(
    cls: type[Any],
    given: Mapping[str, object],
    environ: Mapping[str, str] | None,
    *,
    when_wrong: WhenWrong,
) -> dict[str, Any]:
    """Give the values of a class of settings: of keywords, else of the environment.

    Args:
        cls: A dataclass whose fields are made by `setting`.
        given: Settings by name; None means that it is not given.
        environ: The environment; `os.environ` by default.
        when_wrong: What to do about a wrong value in the environment, by name.

    Raises:
        SettingError: A keyword has a value that its setting cannot have.
        TypeError: A name that no setting has.
    """
    environ = os.environ if environ is None else environ
    names = {each.name for each in fields(cls)}
    if unknown := sorted(set(given) - names):
        message = f"unknown setting {unknown[0]!r}; there are: {', '.join(sorted(names))}"
        raise TypeError(message)
    told = {name: value for name, value in given.items() if value is not None}
    values = {name: _parsed(cls, name, value) for name, value in told.items()}
    return {**_environment(cls, environ, when_wrong, leave_out=told), **values}


def _environment(
    cls: type[Any],
    environ: Mapping[str, str],
    when_wrong: WhenWrong,
    *,
    leave_out: Collection[str],
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for each in fields(cls):
        env, accepts = each.metadata["env"], each.metadata["accepts"]
        value = environ.get(env)
        if not value or each.name in leave_out:  # set to nothing counts as not set
            continue
        try:
            values[each.name] = each.metadata["parse"](FromEnvironment(value))
        except ValueError:
            what_then, values[each.name] = when_wrong.get(
                each.name, ("it is left at its default", each.default)
            )
            warn(_logger, "%s takes %s, not %r: %s", env, accepts, value, what_then)
    return values


def _parsed(cls: type[Any], name: str, value: object) -> Any:  # noqa: ANN401 - by the field
    metadata = next(each.metadata for each in fields(cls) if each.name == name)
    try:
        return metadata["parse"](value)
    except ValueError as error:
        message = f"{name} takes {metadata['accepts']}; it cannot be {value!r}"
        raise SettingError(message) from error
