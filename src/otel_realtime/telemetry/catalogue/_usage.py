"""Tokens and money."""

from typing import Final

from otel_realtime import semconv
from otel_realtime.metric import Instrument, Metric
from otel_realtime.telemetry.catalogue._rows import CALL, RESPONSE, SESSION, counter, histogram

_PRICED = "Only with prices, and only of what has one: an unknown model is absent, never 0."
_WITH_MODALITY = (*RESPONSE, semconv.TOKEN_MODALITY)

USAGE: Final[tuple[Metric, ...]] = (
    histogram(
        semconv.METRIC_TOKEN_USAGE,
        "Tokens per response.",
        "input tokens, cached ones among them; output tokens",
        (*RESPONSE, semconv.TOKEN_TYPE),
        unit="{token}",
        buckets=semconv.TOKEN_BUCKETS,
    ),
    counter(
        semconv.METRIC_TOKENS,
        "{token}",
        "Tokens by modality; cached apart, none twice.",
        "sum of tokens",
        (*_WITH_MODALITY, semconv.TOKEN_TYPE, semconv.CACHED),
        "The modality is absent for tokens of which the provider does not tell it, and for all "
        "input of a response if it does not tell which of it was cached.",
    ),
    histogram(
        semconv.METRIC_CACHE_HIT_RATIO,
        "The share of a response's input tokens that was cached.",
        "cached ÷ input",
        RESPONSE,
        "Only where 0 ≤ cached ≤ input and input > 0.",
        unit="1",
        buckets=semconv.RATIO_BUCKETS,
    ),
    counter(
        semconv.METRIC_COST,
        "{USD}",
        "What responses and transcriptions cost.",
        "Σ[(in_m − cached_m)·p_m + cached_m·pc_m + out_m·po_m] + transcription, by modality m",
        (*_WITH_MODALITY, semconv.COST_KIND),
        f"{_PRICED} The model of a transcription is that which transcribed.",
    ),
    counter(
        semconv.METRIC_COST_UNHEARD,
        "{USD}",
        "What the audio cost that nobody heard.",
        "the share of a response's cost of audio output that was discarded ÷ generated",
        RESPONSE,
        f"{_PRICED} A part of `{semconv.METRIC_COST}`, not beside it.",
    ),
    histogram(
        semconv.METRIC_SESSION_COST,
        "What a session cost.",
        "sum of the cost of its responses and transcriptions",
        SESSION,
        f"{_PRICED} A session in which nothing has a price is not in it.",
        unit="{USD}",
        buckets=semconv.MONEY_BUCKETS,
    ),
    histogram(
        semconv.METRIC_SESSION_COST_PER_MINUTE,
        "What a minute of a session cost.",
        "cost of the session ÷ minutes that it lasted",
        SESSION,
        f"{_PRICED} Absent below 1 s.",
        unit="{USD}",
        buckets=semconv.MONEY_BUCKETS,
    ),
    Metric(
        semconv.METRIC_RATE_LIMIT_REMAINING,
        Instrument.GAUGE,
        "{allowance}",
        "What remains of a limit of the account, as the provider last told.",
        "the provider's `remaining`",
        (*CALL, semconv.RATE_LIMIT_NAME),
        "Set when the limits are first told in a session, and when another tenth of one is used "
        "up or free again.",
    ),
)

LATEST_USAGE: Final[tuple[Metric, ...]] = (
    counter(
        semconv.METRIC_INPUT_TOKENS,
        "{token}",
        "Input tokens, cached ones among them.",
        "sum of input tokens",
        _WITH_MODALITY,
        "The modality is `unknown` for tokens of which the provider does not tell it.",
    ),
    counter(
        semconv.METRIC_OUTPUT_TOKENS,
        "{token}",
        "Output tokens.",
        "sum of output tokens",
        _WITH_MODALITY,
        "The modality is `unknown` for tokens of which the provider does not tell it.",
    ),
    counter(
        semconv.METRIC_CACHED_TOKENS,
        "{token}",
        "Input tokens that were cached.",
        "sum of cached input tokens",
        _WITH_MODALITY,
        f"A part of `{semconv.METRIC_INPUT_TOKENS}`, not beside them. The modality is `unknown` "
        "for those of which the provider does not tell it.",
    ),
    histogram(
        semconv.METRIC_OPERATION_INPUT_TOKENS,
        "Input tokens per response.",
        "input tokens, cached ones among them",
        RESPONSE,
        unit="{token}",
        buckets=semconv.TOKEN_BUCKETS,
    ),
    histogram(
        semconv.METRIC_OPERATION_OUTPUT_TOKENS,
        "Output tokens per response.",
        "output tokens",
        RESPONSE,
        unit="{token}",
        buckets=semconv.TOKEN_BUCKETS,
    ),
)
"""What stands in the place of tokens per response, in the latest conventions."""
