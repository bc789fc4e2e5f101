"""The prices that settings ask for: those of a file, and for other models the package's."""

import logging
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from otel_realtime.aloud import warn
from otel_realtime.cost.file import FilePrices, PriceFileError, read_prices
from otel_realtime.settings import FromEnvironment, SettingError, Settings

if TYPE_CHECKING:
    from otel_realtime.cost.packaged import PackagePrices
    from otel_realtime.cost.tariff import Tariff

_logger = logging.getLogger("otel_realtime")
_lock: Final = Lock()
_made: Final[dict[object, "Book | None"]] = {}


class Book:
    """Prices by provider and model.

    Args:
        own: Those of the application's file, which come first.
        packaged: Those of `genai-prices`.
    """

    def __init__(self, own: FilePrices | None, packaged: "PackagePrices | None") -> None:
        self._own, self._packaged = own, packaged

    def tariff(self, provider: str | None, model: str | None, at: int) -> "Tariff | None":
        """What a model costs at a time, in ns since the epoch; None where that is not known."""
        if model is None:
            return None
        own = self._own.tariff(model) if self._own is not None else None
        if own is not None or self._packaged is None:
            return own
        return self._packaged.tariff(provider, model, at)


def is_asked_for(settings: Settings) -> bool:
    """Whether costs are asked for: by `cost`, and where that says nothing by `prices`."""
    if settings.cost is None:
        return settings.prices is not None
    return bool(settings.cost)


def book_of(settings: Settings) -> Book | None:
    """The prices that settings ask for, read once in a process; None if they ask for none.

    What is wrong with what only the environment asks for is logged, once, and means none.

    Raises:
        SettingError: The file of prices is wrong.
        ImportError: An extra is missing.
    """
    if not is_asked_for(settings):
        return None
    given = (settings.cost, settings.prices)
    key = (str(settings.prices), *(isinstance(each, FromEnvironment) for each in given))
    with _lock:
        if key not in _made:
            _made[key] = _make(settings.cost, settings.prices)
        return _made[key]


def check_prices(settings: Settings) -> None:
    """Have the prices read as soon as somebody asks for costs, and not in the middle of a call.

    Raises:
        SettingError: The file of prices is wrong.
        ImportError: An extra is missing.
    """
    book_of(settings)


def _make(cost: object, prices: object) -> Book | None:
    if prices is None:
        return _of_package(is_told=not isinstance(cost, FromEnvironment))
    try:
        own = read_prices(Path(str(prices)).expanduser())
    except (PriceFileError, ImportError) as error:
        if isinstance(prices, FromEnvironment):
            warn(_logger, "No costs are told: OTEL_REALTIME_PRICES: %s", error)
            return None
        if isinstance(error, PriceFileError):
            message = f"prices: {error}"
            raise SettingError(message) from error
        raise
    try:
        return Book(own, _package())
    except ImportError:
        return Book(own, None)
    except Exception as error:  # noqa: BLE001 - what another package may raise as it is imported
        warn(_logger, "Only the prices of the file are used: genai-prices: %r", error)
        return Book(own, None)


def _of_package(*, is_told: bool) -> Book | None:
    try:
        return Book(None, _package())
    except Exception as error:
        if is_told:
            raise
        warn(_logger, "No costs are told: OTEL_REALTIME_COST: %s", error)
        return None


@cache
def _package() -> "PackagePrices":
    from otel_realtime.cost.packaged import PackagePrices

    return PackagePrices()
