"""The prices of the package `genai-prices`.

The package charges a token by the most special of its prices that covers it: cached audio by
`cache_audio_read_mtok`, else as anything cached or as any audio, else as any input. Where two such
prices are equally special it refuses, and so do we. (Its `ModelPrice.calc_price`, version 0.2.3.)
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Final

from otel_realtime.cost.counts import Cell
from otel_realtime.cost.tariff import Rates, Tariff
from otel_realtime.extras import needed

if TYPE_CHECKING:
    from genai_prices.data_snapshot import DataSnapshot
    from genai_prices.types import ModelInfo, ModelPrice, TieredPrices

_KEYS: Final[Mapping[Cell, tuple[tuple[str, ...], ...]]] = {
    ("input", "text"): (("input_text_mtok",), ("input_mtok",)),
    ("input", "audio"): (("input_audio_mtok",), ("input_mtok",)),
    ("input", "image"): (("input_image_mtok",), ("input_mtok",)),
    ("cached", "text"): (
        ("cache_text_read_mtok",),
        ("cache_read_mtok", "input_text_mtok"),
        ("input_mtok",),
    ),
    ("cached", "audio"): (
        ("cache_audio_read_mtok",),
        ("cache_read_mtok", "input_audio_mtok"),
        ("input_mtok",),
    ),
    ("cached", "image"): (
        ("cache_image_read_mtok",),
        ("cache_read_mtok", "input_image_mtok"),
        ("input_mtok",),
    ),
    ("output", "text"): (("output_text_mtok",), ("output_mtok",)),
    ("output", "audio"): (("output_audio_mtok",), ("output_mtok",)),
}
"""The package's prices that cover a token, the most special first."""
_PER_HOUR: Final = (("input_audio_hours",), ("audio_hours",))

_PROVIDERS: Final[Mapping[str, tuple[str, ...]]] = {
    "openai": ("openai",),
    "azure.ai.openai": ("azure", "openai"),
    "azure.ai.inference": ("azure",),
    "gcp.gemini": ("google",),
    "gcp.gen_ai": ("google",),
    "gcp.vertex_ai": ("google",),
    "aws.bedrock": ("aws",),
    "mistral_ai": ("mistral",),
    "x_ai": ("x-ai",),
}
"""The package's names for a `gen_ai.provider.name`; for others that itself is tried."""
_MOST_KEPT: Final = 512


class PackagePrices:
    """Prices by provider and model, each looked up once.

    Made where there is time: the import takes some 0.3 s.

    Raises:
        ImportError: `genai-prices` is not installed.
    """

    def __init__(self) -> None:
        with needed("genai-prices", extra="cost"):
            from genai_prices import __version__, data_snapshot
        self._version, self._data = __version__, data_snapshot
        self._snapshot: DataSnapshot | None = None
        self._models: dict[tuple[str | None, str], ModelInfo] = {}
        """Those whose prices depend on the time."""
        self._tariffs: dict[int, tuple[ModelPrice, Tariff]] = {}
        self._settled: dict[tuple[str | None, str], Tariff | None] = {}
        """Of all others; None of a model that is not known."""
        self.tariff("openai", "gpt-realtime", 0)  # the package imports more at its first use

    def tariff(self, provider: str | None, model: str, at: int) -> Tariff | None:
        """What a model costs at a time (ns since the epoch); None if the package does not know."""
        snapshot = self._data.get_snapshot()
        if snapshot is not self._snapshot:  # the application has the package fetch newer prices
            self._snapshot = snapshot
            self._models, self._tariffs, self._settled = {}, {}, {}
        key = (provider, model)
        if key in self._settled:
            return self._settled[key]
        found = self._models.get(key) or _found(snapshot, provider, model)
        for kept in (self._models, self._settled):
            if len(kept) >= _MOST_KEPT:
                kept.clear()
        tariff = self._at(found, at, snapshot) if found is not None else None
        if found is not None and isinstance(found.prices, list):
            self._models[key] = found
        else:
            self._settled[key] = tariff
        return tariff

    def _at(self, found: "ModelInfo", at: int, snapshot: "DataSnapshot") -> Tariff:
        prices = found.get_prices(datetime.fromtimestamp(at / 1e9, UTC))
        if id(prices) not in self._tariffs:
            if len(self._tariffs) >= _MOST_KEPT:
                self._tariffs.clear()
            self._tariffs[id(prices)] = (prices, _tariff(prices, self._label(snapshot)))
        return self._tariffs[id(prices)][1]

    def _label(self, snapshot: "DataSnapshot") -> str:
        label = f"genai-prices {self._version}"
        if snapshot.from_auto_update:
            return f"{label}, updated {snapshot.timestamp:%Y-%m-%d}"
        return label


def _found(snapshot: "DataSnapshot", provider: str | None, model: str) -> "ModelInfo | None":
    names: tuple[str | None, ...] = (provider,)
    if provider is not None:
        names = _PROVIDERS.get(provider, (provider,))
    for name in names:
        try:
            return snapshot.find_provider_model(model, None, name, None)[1]
        except LookupError:
            continue
    return None


def _tariff(prices: "ModelPrice", label: str) -> Tariff:
    keys = {key for levels in _KEYS.values() for level in levels for key in level}
    values = [getattr(prices, key, None) for key in keys]
    starts = sorted({tier.start for value in values for tier in getattr(value, "tiers", ())})
    return Tariff(
        label,
        _rates(prices, 0),
        _price(prices, _PER_HOUR, 0),
        tuple((start, _rates(prices, start + 1)) for start in starts),
    )


def _rates(prices: "ModelPrice", given: int) -> Rates:
    if getattr(prices, "requests_kcount", None) is not None:
        return {}  # it asks for each request, too: tokens alone would tell too little
    found = {cell: _price(prices, levels, given) for cell, levels in _KEYS.items()}
    return {cell: price for cell, price in found.items() if price is not None}


def _price(prices: "ModelPrice", levels: tuple[tuple[str, ...], ...], given: int) -> float | None:
    """The most special price, for a response with `given` input tokens."""
    for level in levels:
        told = [value for key in level if (value := getattr(prices, key, None)) is not None]
        if told:
            price = float(_of_tier(told[0], given))
            return price if len(told) == 1 and isfinite(price) and price >= 0 else None
    return None


def _of_tier(price: "Decimal | TieredPrices", given: int) -> Decimal:
    if isinstance(price, Decimal):
        return price
    reached = [tier.price for tier in price.tiers if given > tier.start]
    return reached[-1] if reached else price.base
