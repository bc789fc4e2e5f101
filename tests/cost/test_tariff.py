"""What tokens and seconds cost, reckoned by hand; and what has no certain price has none."""

from math import inf, isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_realtime.cost.counts import CELLS, counts_of
from otel_realtime.cost.tariff import Tariff
from otel_realtime.values import CostPart, TranscriptionUsage, Usage

RATES = {
    ("input", "text"): 4.0,
    ("input", "audio"): 32.0,
    ("input", "image"): 5.0,
    ("cached", "text"): 0.4,
    ("cached", "audio"): 0.4,
    ("cached", "image"): 0.5,
    ("output", "text"): 16.0,
    ("output", "audio"): 64.0,
}
"""US dollars for a million tokens."""
VOICE = Tariff("test 1", RATES)
FLAT = Tariff(
    "test 1", {cell: {"input": 2.0, "cached": 1.0, "output": 8.0}[cell[0]] for cell in RATES}
)


def test_a_response_by_hand() -> None:
    used = Usage(
        input=1500, input_text=1000, input_audio=400, input_image=100,
        cached=800, cached_text=700, cached_audio=60, cached_image=40,
        output=250, output_text=50, output_audio=200,
    )  # fmt: skip
    cost = VOICE.cost(used)
    assert dict(zip([part[:2] for part in cost.parts], [part.usd for part in cost.parts])) == {  # noqa: B905 - of one length
        ("input", "text"): pytest.approx(0.0012),  # (1000 - 700) x 4 / 1,000,000
        ("input", "audio"): pytest.approx(0.01088),  # (400 - 60) x 32
        ("input", "image"): pytest.approx(0.0003),  # (100 - 40) x 5
        ("cached", "text"): pytest.approx(0.00028),  # 700 x 0.4
        ("cached", "audio"): pytest.approx(0.000024),  # 60 x 0.4
        ("cached", "image"): pytest.approx(0.00002),  # 40 x 0.5
        ("output", "text"): pytest.approx(0.0008),  # 50 x 16
        ("output", "audio"): pytest.approx(0.0128),  # 200 x 64
    }
    assert cost.total == pytest.approx(0.026304)
    assert cost.prices == "test 1"


@pytest.mark.parametrize(
    ("used", "usd"),
    [
        # All text: what was cached can only have been text.
        (Usage(input=100, input_text=100, cached=40, output=0), 60 * 4 + 40 * 0.4),
        # All of it was cached, so each modality was.
        (Usage(input=100, input_text=60, input_audio=40, cached=100, output=0), 100 * 0.4),
        # Without a total, the parts are all there is.
        (Usage(input_text=10, input_audio=5, output_audio=2), 10 * 4 + 5 * 32 + 2 * 64),
        # Nothing was used.
        (Usage(input=0, output=0), 0),
        (Usage(input=0, output=0, input_text=0, input_audio=0, cached=0), 0),
    ],
)
def test_what_is_certain_is_priced(used, usd) -> None:
    assert VOICE.cost(used).total == pytest.approx(usd / 1e6)


UNTOLD = [
    Usage(input=100, output=0),
    Usage(input=100, input_text=60, output=0),
    Usage(input=0, output=10),
    Usage(input=0, output=10, output_audio=6),
    Usage(input=100, input_text=60, input_audio=40, cached=50, output=0),
    Usage(input=100, input_text=60, input_audio=40, cached=50, cached_text=30, output=0),
    Usage(input=100, cached=50, cached_audio=30, output=0),
]


@pytest.mark.parametrize("used", UNTOLD)
def test_tokens_of_untold_modality_have_a_price_only_if_all_modalities_cost_the_same(used) -> None:
    assert VOICE.cost(used) is None
    cached = used.cached or 0
    usd = (used.input - cached) * 2 + cached * 1 + used.output * 8
    assert FLAT.cost(used).total == pytest.approx(usd / 1e6)


@pytest.mark.parametrize(
    "used",
    [
        Usage(input=10, input_text=10, cached=12, output=0),
        Usage(input=10, input_text=4, input_audio=6, cached=5, cached_text=5, output=0),
        Usage(input=10, input_text=8, input_audio=8, output=0),
        Usage(input=10, input_text=10, cached=3, cached_text=4, output=0),
        Usage(input=10, input_text=10, output=5, output_text=3, output_audio=3),
        Usage(input=-1, output=0),
        Usage(input=10, input_text=11, input_audio=-1, output=0),
        Usage(input=1 << 60, output=0),
        Usage(input=10, input_text=10),
        Usage(output=10, output_text=10),
        Usage(),
    ],
)
def test_what_contradicts_itself_or_is_not_told_has_no_price(used) -> None:
    assert VOICE.cost(used) is None
    assert FLAT.cost(used) is None


def test_tokens_without_a_price_leave_the_response_without_one() -> None:
    tariff = Tariff("test 1", {("input", "text"): 4.0, ("output", "text"): 16.0})
    assert tariff.cost(Usage(input=10, input_text=10, output=1, output_text=1)).total > 0
    assert tariff.cost(Usage(input=10, input_audio=10, output=1, output_text=1)) is None
    assert tariff.cost(Usage(input=10, output=1, output_text=1)) is None


def test_an_amount_that_is_no_number_is_not_told() -> None:
    absurd = Tariff("test 1", dict.fromkeys(RATES, 1e308), per_hour=1e308)
    assert absurd.cost(Usage(input=1 << 50, input_text=1 << 50, output=0)) is None
    assert absurd.transcription(TranscriptionUsage(seconds=1e9)) is None


def test_a_transcription_by_the_hour() -> None:
    tariff = Tariff("test 1", {}, per_hour=0.36)
    cost = tariff.transcription(TranscriptionUsage(seconds=12.5))
    assert cost.parts == (CostPart("transcription", None, pytest.approx(0.00125)),)
    assert cost.prices == "test 1"
    assert tariff.transcription(TranscriptionUsage(seconds=0)).total == 0


def test_a_transcription_by_tokens() -> None:
    rates = {("input", "text"): 2.5, ("input", "audio"): 6.0, ("output", "text"): 10.0}
    used = TranscriptionUsage(input=130, output=9, input_text=30, input_audio=100)
    cost = Tariff("test 1", rates).transcription(used)
    # 30 x 2.5 + 100 x 6 + 9 x 10 = 765 millionths
    assert cost.parts == (CostPart("transcription", None, pytest.approx(0.000765)),)


@pytest.mark.parametrize(
    "used",
    [
        TranscriptionUsage(),
        TranscriptionUsage(seconds=-1.0),
        TranscriptionUsage(seconds=inf),
        TranscriptionUsage(seconds=float("nan")),
        TranscriptionUsage(input=10, output=1),  # text or audio: that is not told
        TranscriptionUsage(input=10, output=1, input_audio=11),
        TranscriptionUsage(input=10, input_audio=10),
    ],
)
def test_a_transcription_whose_usage_is_unclear_has_no_price(used) -> None:
    assert VOICE._replace(per_hour=0.36).transcription(used) is None


def test_seconds_have_no_price_by_tokens() -> None:
    assert VOICE.transcription(TranscriptionUsage(seconds=3.0)) is None


count = st.none() | st.integers(-3, 60) | st.integers(0, 1 << 70)
rates = st.dictionaries(
    st.sampled_from([(kind, each) for kind, modalities in CELLS.items() for each in modalities]),
    st.floats(0, allow_nan=False, allow_infinity=False),
)


@given(st.builds(Usage, *[count] * 11), rates, st.lists(st.tuples(st.integers(0, 99), rates)))
def test_no_usage_gives_a_negative_amount_or_none_at_all(used, rates, tiers) -> None:
    tariff = Tariff("test 1", rates, None, tuple(sorted(tiers, key=lambda tier: tier[0])))
    cost = tariff.cost(used)
    if cost is not None:
        assert all(isfinite(part.usd) and part.usd >= 0 for part in cost.parts)
        assert cost.total == sum(part.usd for part in cost.parts)
        assert len({part[:2] for part in cost.parts}) == len(cost.parts)


@given(st.builds(Usage, *[st.none() | st.integers(0, 60)] * 11))
def test_every_token_is_counted_once(used) -> None:
    counts = counts_of(used)
    if counts is None:
        return
    assert min(counts.values(), default=1) > 0
    totals = {"input": 0, "output": 0}
    for (kind, _), number in counts.items():
        totals["output" if kind == "output" else "input"] += number
    parts = (used.input_text, used.input_audio, used.input_image)
    assert totals["input"] == (sum(filter(None, parts)) if used.input is None else used.input)
    cached = sum(number for (kind, _), number in counts.items() if kind == "cached")
    told = (used.cached_text, used.cached_audio, used.cached_image)
    assert cached == (sum(filter(None, told)) if used.cached is None else used.cached)
    said = (used.output_text, used.output_audio)
    assert totals["output"] == (sum(filter(None, said)) if used.output is None else used.output)


amounts = st.tuples(*[st.integers(0, 60)] * 3)


@given(amounts, amounts, st.tuples(*[st.integers(0, 60)] * 2))
def test_a_whole_breakdown_is_always_priced_by_the_formula(fresh, cached, said) -> None:
    given = tuple(map(sum, zip(fresh, cached, strict=True)))
    used = Usage(sum(given), sum(said), *given, sum(cached), *cached, *said)
    paid = zip((4, 32, 5, 0.4, 0.4, 0.5, 16, 64), (*fresh, *cached, *said), strict=True)
    assert VOICE.cost(used).total == pytest.approx(
        sum(price * count for price, count in paid) / 1e6
    )
