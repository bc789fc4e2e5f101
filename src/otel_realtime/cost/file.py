"""The file of prices that the application gives: YAML or JSON.

    version: "contract of 2026-11"
    models:
      gpt-realtime: {input_text: 4, cached_text: 0.4, output_text: 16, input_audio: 32, …}
      whisper-1: {transcription_per_hour: 0.36}

US dollars for a million tokens, or for an hour of transcribed audio.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import date
from math import isfinite
from pathlib import Path
from typing import Any, Final, NamedTuple

from otel_realtime.cost.counts import CELLS, Cell
from otel_realtime.cost.tariff import Tariff
from otel_realtime.extras import needed

_PER_HOUR: Final = "transcription_per_hour"
_CELL_OF: Final[Mapping[str, Cell]] = {
    f"{kind}_{modality}": (kind, modality)
    for kind, modalities in CELLS.items()
    for modality in modalities
}
KEYS: Final = (*_CELL_OF, _PER_HOUR)
"""What a model may be given a price for."""
_DATED: Final = re.compile(r"-20\d\d-?\d\d-?\d\d$")
_LONGEST: Final = 100


class PriceFileError(ValueError):
    """A file of prices is wrong; the message names the file, the place in it, and why."""


class FilePrices(NamedTuple):
    """The prices of a file."""

    version: str
    tariffs: Mapping[str, Tariff]
    """By model, in lower case."""

    def tariff(self, model: str) -> Tariff | None:
        """What a model costs, by its name, with or without a date at its end."""
        name = model.lower()
        return self.tariffs.get(name) or self.tariffs.get(_DATED.sub("", name))


def read_prices(path: Path) -> FilePrices:
    """Read a file of prices.

    Raises:
        PriceFileError: The file is not as described at the top of this module.
        ImportError: It is YAML, and PyYAML is not installed.
    """
    document = _document(path)
    if not isinstance(document, Mapping):
        raise PriceFileError(f"{path}: there is to be `version` and `models` in it")
    if unknown := [key for key in document if key not in {"version", "models"}]:
        raise PriceFileError(f"{path}: {unknown[0]!r} is not known, `version` and `models` are")
    version, models = document.get("version"), document.get("models")
    if isinstance(version, date):  # YAML reads 2026-11-25 as one
        version = version.isoformat()
    if not isinstance(version, str) or not 0 < len(version.strip()) <= _LONGEST:
        raise PriceFileError(f"{path}: `version` is to be a text of at most {_LONGEST} characters")
    if not isinstance(models, Mapping) or not models:
        raise PriceFileError(f"{path}: `models` is to give prices by the names of models")
    version = version.strip()
    tariffs: dict[str, Tariff] = {}
    for name, prices in models.items():
        where = f"{path}, model {name!r}"
        if not isinstance(name, str) or name.lower() in tariffs:
            raise PriceFileError(f"{where}: the name is to be a text, and there once")
        tariffs[name.lower()] = _tariff(prices, version, where)
    return FilePrices(version, tariffs)


def _document(path: Path) -> object:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise PriceFileError(f"{path}: it cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise PriceFileError(f"{path}: it is no UTF-8 text: {error}") from error
    kind, load = ("JSON", _json) if path.suffix.lower() == ".json" else ("YAML", _yaml())
    try:
        return load(text)
    except (ValueError, RecursionError) as error:
        told = " ".join(str(error).split())  # on one line
        raise PriceFileError(f"{path}: it is no {kind}: {told}") from error


def _json(text: str) -> object:
    return json.loads(text, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    told = dict(pairs)
    if len(told) < len(pairs):
        names = [name for name, _ in pairs]
        again = next(name for name in told if names.count(name) > 1)
        message = f"{again!r} is there twice"
        raise ValueError(message)
    return told


def _yaml() -> Callable[[str], object]:
    with needed("PyYAML", extra="cost"):
        import yaml

    class Loader(yaml.SafeLoader):
        """Refuses keys that are there twice, of which PyYAML takes the last."""

        def compose_mapping_node(self, anchor: Any) -> Any:  # noqa: ANN401 - the stub is wrong
            node = super().compose_mapping_node(anchor)
            told = set()
            for key in [key for key, _ in node.value if isinstance(key, yaml.ScalarNode)]:
                if (key.tag, key.value) in told:
                    line = key.start_mark.line + 1
                    message = f"{key.value!r} is there again on line {line}"
                    raise ValueError(message)
                told.add((key.tag, key.value))
            return node

    def load(text: str) -> object:
        try:
            return yaml.load(text, Loader)  # noqa: S506 - it is a SafeLoader
        except yaml.YAMLError as error:
            raise ValueError(error) from error

    return load


def _tariff(prices: object, version: str, where: str) -> Tariff:
    if not isinstance(prices, Mapping) or not prices:
        raise PriceFileError(f"{where}: there are to be prices; known are {', '.join(KEYS)}")
    for key, value in prices.items():
        if key not in KEYS:
            raise PriceFileError(f"{where}: {key!r} is not known; known are {', '.join(KEYS)}")
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not _is_price(value):
            raise PriceFileError(f"{where}: {key} is to be a number of dollars, not {value!r}")
    rates = {cell: float(prices[key]) for key, cell in _CELL_OF.items() if key in prices}
    for modality in CELLS["cached"]:  # no discount is given, so there is none
        fresh = rates.get(("input", modality))
        if fresh is not None:
            rates.setdefault(("cached", modality), fresh)
    per_hour = prices.get(_PER_HOUR)
    return Tariff(version, rates, float(per_hour) if per_hour is not None else None)


def _is_price(value: float) -> bool:
    try:
        return isfinite(value) and value >= 0
    except OverflowError:  # a whole number that no float can hold
        return False
