"""Our arithmetic against that of `genai-prices`, by the same prices; and how models are found."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from genai_prices import Usage as PackageUsage
from genai_prices import __version__, calc_price, data_snapshot
from genai_prices.types import ClauseEquals, ModelInfo, ModelPrice, Provider, Tier, TieredPrices
from hypothesis import given
from hypothesis import strategies as st

from otel_realtime.cost.packaged import PackagePrices
from otel_realtime.values import TranscriptionUsage, Usage

AT = 1_790_000_000_000_000_000
WHEN = datetime.fromtimestamp(AT / 1e9, UTC)
SNAPSHOT = data_snapshot.get_snapshot()
MODELS = [
    (provider.id, model.id)
    for provider in SNAPSHOT.providers
    for model in provider.models
    if provider.find_model(model.id) is model
]
VOICES = [
    ("openai", "gpt-realtime"),
    ("openai", "gpt-realtime-mini"),
    ("openai", "gpt-4o-realtime-preview"),
    ("openai", "gpt-audio"),
    ("google", "gemini-live-2.5-flash"),
]


@pytest.fixture(scope="module")
def package() -> PackagePrices:
    return PackagePrices()


@pytest.fixture
def priced_by():
    """Make the package know one model, `m` of `p`, by these prices."""

    def know(**prices) -> PackagePrices:
        model = ModelInfo("m", ClauseEquals("m"), prices=ModelPrice(**prices))
        provider = Provider("p", "P", "https://p", models=[model])
        data_snapshot.set_custom_snapshot(data_snapshot.DataSnapshot([provider], False))  # noqa: FBT003 - its own signature
        return PackagePrices()

    yield know
    data_snapshot.set_custom_snapshot(None)


def as_theirs(used: Usage) -> PackageUsage:
    return PackageUsage(
        input_tokens=used.input,
        input_text_tokens=used.input_text,
        input_audio_tokens=used.input_audio,
        input_image_tokens=used.input_image,
        cache_read_tokens=used.cached,
        cache_text_read_tokens=used.cached_text,
        cache_audio_read_tokens=used.cached_audio,
        cache_image_read_tokens=used.cached_image,
        output_tokens=used.output,
        output_text_tokens=used.output_text,
        output_audio_tokens=used.output_audio,
    )


def whole(given: tuple[int, int, int], cached: tuple[int, int, int], said: tuple[int, int]):
    return Usage(sum(given), sum(said), *given, sum(cached), *cached, *said)


def theirs(used: Usage, provider: str, model: str) -> float | None:
    """What the package says; None where it refuses, or asks for more than tokens, or less."""
    try:
        found = calc_price(
            as_theirs(used), model, provider_id=provider, genai_request_timestamp=WHEN
        )
    except ValueError:
        return None
    prices = found.model_price
    if None in (prices.input_mtok, prices.output_mtok) or prices.requests_kcount is not None:
        return None
    return float(found.total_price)


@pytest.mark.parametrize("size", [1, 300_000], ids=["small", "large"])
def test_every_model_of_the_package_costs_what_the_package_says(package, size) -> None:
    used = whole((40 * size, 30 * size, 20 * size), (7 * size, 5 * size, 3 * size), (9, 8))
    expected = {at: theirs(used, *at) for at in MODELS}
    costs = {at: package.tariff(*at, AT).cost(used) for at in MODELS}
    totals = {at: None if cost is None else pytest.approx(cost.total) for at, cost in costs.items()}
    assert expected == totals
    assert sum(total is not None for total in totals.values()) > len(MODELS) / 2


parts = st.tuples(*[st.integers(0, 1_000_000)] * 3)


@given(parts, parts, st.tuples(*[st.integers(0, 1_000_000)] * 2), st.sampled_from(VOICES))
def test_a_response_costs_what_the_package_says(fresh, cached, said, model) -> None:
    given = tuple(map(sum, zip(fresh, cached, strict=True)))
    used = whole(given, cached, said)
    cost = PackagePrices().tariff(*model, AT).cost(used)
    assert cost.total == pytest.approx(theirs(used, *model), rel=1e-9, abs=1e-15)
    assert cost.prices == f"genai-prices {__version__}"


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        # 10 of 30 audio tokens cached; in millionths: 20 fresh and 10 cached ones.
        ({"input_mtok": 2}, 20 * 2 + 10 * 2),
        ({"input_mtok": 2, "cache_read_mtok": 1}, 20 * 2 + 10 * 1),
        ({"input_mtok": 2, "input_audio_mtok": 5}, 20 * 5 + 10 * 5),
        (
            {"input_mtok": 2, "cache_read_mtok": 1, "input_audio_mtok": 5,
             "cache_audio_read_mtok": 3},
            20 * 5 + 10 * 3,
        ),
        ({"input_mtok": 2, "cache_read_mtok": 1, "input_audio_mtok": 5}, None),
    ],
)  # fmt: skip
def test_a_price_that_is_missing_is_the_one_the_package_falls_back_to(
    priced_by, prices, expected
) -> None:
    prices = {key: Decimal(value) for key, value in prices.items()}
    package = priced_by(**prices, output_mtok=Decimal(1))
    used = whole((0, 30, 0), (0, 10, 0), (0, 0))
    cost = package.tariff("p", "m", AT).cost(used)
    assert theirs(used, "p", "m") == (expected and pytest.approx(expected / 1e6))
    assert (cost and cost.total) == (expected and pytest.approx(expected / 1e6))


@pytest.mark.parametrize(("count", "usd"), [(200, 200 * 1), (201, 201 * 3), (501, 501 * 7)])
def test_a_long_prompt_pays_the_price_of_its_tier_for_all_of_it(priced_by, count, usd) -> None:
    tiers = TieredPrices(Decimal(1), [Tier(200, Decimal(3)), Tier(500, Decimal(7))])
    package = priced_by(input_mtok=tiers, output_mtok=Decimal(0))
    used = whole((count, 0, 0), (0, 0, 0), (0, 0))
    assert package.tariff("p", "m", AT).cost(used).total == pytest.approx(usd / 1e6)
    assert theirs(used, "p", "m") == pytest.approx(usd / 1e6)


@pytest.mark.parametrize(
    ("provider", "model", "same_as"),
    [
        ("openai", "gpt-realtime-2025-08-28", ("openai", "gpt-realtime")),
        ("azure.ai.openai", "gpt-realtime-2025-08-28", ("azure", "gpt-realtime")),
        ("azure.ai.openai", "gpt-audio-mini", ("openai", "gpt-audio-mini")),
        ("gcp.gemini", "gemini-live-2.5-flash", ("google", "gemini-live-2.5-flash")),
        ("gcp.vertex_ai", "gemini-live-2.5-flash", ("google", "gemini-live-2.5-flash")),
        ("gcp.gen_ai", "gemini-live-2.5-flash", ("google", "gemini-live-2.5-flash")),
        (None, "gpt-realtime", ("openai", "gpt-realtime")),
    ],
)
def test_a_model_is_found_by_our_name_of_its_provider(package, provider, model, same_as) -> None:
    found = package.tariff(provider, model, AT)
    assert found.rates
    assert found == package.tariff(*same_as, AT)


@pytest.mark.parametrize("at", [("openai", "my-deployment"), ("my-gateway", "gpt-realtime")])
def test_a_model_that_the_package_does_not_know_has_no_prices(package, at) -> None:
    assert package.tariff(*at, AT) is None


def test_a_transcription_costs_by_the_hour_what_the_package_says(package) -> None:
    used = PackageUsage(audio_seconds=90, input_audio_seconds=90)
    expected = calc_price(used, "whisper-1", provider_id="openai", genai_request_timestamp=WHEN)
    cost = package.tariff("openai", "whisper-1", AT).transcription(TranscriptionUsage(seconds=90))
    assert cost.total == pytest.approx(float(expected.total_price)) == pytest.approx(0.009)


def test_a_transcription_costs_by_tokens_what_the_package_says(package) -> None:
    model = "gpt-4o-transcribe"
    used = PackageUsage(input_tokens=130, input_audio_tokens=100, output_tokens=9)
    expected = calc_price(used, model, provider_id="openai", genai_request_timestamp=WHEN)
    told = TranscriptionUsage(input=130, output=9, input_text=30, input_audio=100)
    cost = package.tariff("openai", model, AT).transcription(told)
    assert cost.total == pytest.approx(float(expected.total_price))


def test_newer_prices_that_the_application_fetches_are_used(priced_by, package) -> None:
    before = package.tariff("openai", "gpt-realtime", AT)
    priced_by(input_mtok=Decimal(1), output_mtok=Decimal(1))
    assert package.tariff("openai", "gpt-realtime", AT) is None
    data_snapshot.get_snapshot().from_auto_update = True
    newer = package.tariff("p", "m", AT)
    assert newer.rates["input", "audio"] == 1
    assert newer.prices.startswith(f"genai-prices {__version__}, updated 20")
    data_snapshot.set_custom_snapshot(None)
    assert package.tariff("openai", "gpt-realtime", AT) == before


def test_a_price_that_has_changed_is_that_of_the_time_of_the_call(package) -> None:
    """OpenAI made o3 cheaper on 2025-06-10; which one is asked for first does not matter."""
    months = (datetime(2025, month, 1, tzinfo=UTC) for month in (7, 5, 7, 5))
    after, before, after_again, before_again = (
        package.tariff("openai", "o3", int(each.timestamp()) * 10**9) for each in months
    )
    assert before.rates["input", "text"] > after.rates["input", "text"] > 0
    assert (after_again, before_again) == (after, before)
