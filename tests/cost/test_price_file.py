"""The file of prices: what it may say, and what is told where it is wrong."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from otel_realtime.cost.file import KEYS, PriceFileError, read_prices
from otel_realtime.values import TranscriptionUsage, Usage

DOCS = Path(__file__).parents[2] / "docs" / "cost.md"


def write(tmp_path: Path, text: str | bytes, name: str = "prices.yaml") -> Path:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_yaml_and_json_say_the_same(tmp_path) -> None:
    models = {"My-Model": {"input_text": 4, "output_audio": 64.5}, "ears": {KEYS[-1]: 0.36}}
    as_json = write(tmp_path, json.dumps({"version": "v 1", "models": models}), "prices.json")
    text = (
        "version: v 1\n"
        "models:\n"
        "  My-Model: {input_text: 4, output_audio: 64.5}\n"
        "  ears: {transcription_per_hour: 0.36}\n"
    )
    prices = read_prices(write(tmp_path, text))
    assert prices == read_prices(as_json)
    assert prices.version == prices.tariff("ears").prices == "v 1"
    used = Usage(input=10, input_text=10, output=2, output_audio=2)
    assert prices.tariff("My-Model").cost(used).total == pytest.approx((10 * 4 + 2 * 64.5) / 1e6)
    heard = TranscriptionUsage(seconds=1800)
    assert prices.tariff("ears").transcription(heard).total == pytest.approx(0.18)


@pytest.mark.parametrize(
    ("asked", "is_found"),
    [
        ("gpt-realtime", True),
        ("GPT-Realtime", True),
        ("gpt-realtime-2025-08-28", True),
        ("gpt-realtime-20250828", True),
        ("gpt-realtime-mini", False),
        ("my-gpt-realtime", False),
    ],
)
def test_a_name_means_the_model_and_its_dated_versions(tmp_path, asked, is_found) -> None:
    path = write(tmp_path, "{version: v, models: {gpt-realtime: {input_text: 4}}}")
    assert (read_prices(path).tariff(asked) is not None) is is_found


def test_a_dated_name_goes_before_the_plain_one(tmp_path) -> None:
    text = "{version: v, models: {m: {input_text: 4}, m-2026-01-31: {input_text: 5}}}"
    prices = read_prices(write(tmp_path, text))
    assert prices.tariff("m-2026-01-31").rates["input", "text"] == 5
    assert prices.tariff("m-2025-01-31").rates["input", "text"] == 4


def test_where_no_discount_is_given_cached_tokens_cost_as_others(tmp_path) -> None:
    text = "{version: v, models: {m: {input_text: 4, input_audio: 32, cached_text: 1}}}"
    rates = read_prices(write(tmp_path, text)).tariff("m").rates
    assert (rates["cached", "text"], rates["cached", "audio"]) == (1, 32)
    assert ("cached", "image") not in rates


def test_a_version_may_be_a_date(tmp_path) -> None:
    path = write(tmp_path, "{version: 2026-11-25, models: {m: {input_text: 4}}}")
    assert read_prices(path).version == "2026-11-25"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "there is to be `version` and `models` in it"),
        ("[1]", "there is to be `version` and `models` in it"),
        ("{models: {m: {input_text: 4}}}", "`version` is to be a text of at most 100 characters"),
        ("{version: 3, models: {m: {input_text: 4}}}", "`version` is to be a text of at most"),
        ("{version: ' ', models: {m: {input_text: 4}}}", "`version` is to be a text of at most"),
        ("{version: v}", "`models` is to give prices by the names of models"),
        ("{version: v, models: {}}", "`models` is to give prices by the names of models"),
        ("{version: v, models: [m]}", "`models` is to give prices by the names of models"),
        ("{version: v, modells: {}, models: {m: {input_text: 4}}}", "'modells' is not known"),
        ("{version: v, models: {m: 4}}", "model 'm': there are to be prices; known are input_text"),
        ("{version: v, models: {m: {}}}", "model 'm': there are to be prices"),
        ("{version: v, models: {m: {text: 4}}}", "model 'm': 'text' is not known; known are inp"),
        ("{version: v, models: {m: {1: 4}}}", "model 'm': 1 is not known"),
        ("{version: v, models: {m: {input_text: -1}}}", "input_text is to be a number of doll"),
        ("{version: v, models: {m: {input_text: .nan}}}", "of dollars, not nan"),
        ("{version: v, models: {m: {input_text: .inf}}}", "of dollars, not inf"),
        ("{version: v, models: {m: {input_text: true}}}", "of dollars, not True"),
        ("{version: v, models: {m: {input_text: '4'}}}", "of dollars, not '4'"),
        ("{version: v, models: {m: {input_text: null}}}", "of dollars, not None"),
        ("{version: v, models: {m: {input_text: 1" + "0" * 400 + "}}}", "of dollars, not 1000"),
        ("{version: v, models: {M: {input_text: 4}, m: {input_text: 4}}}", "and there once"),
        ("{version: v, models: {3: {input_text: 4}}}", "model 3: the name is to be a text"),
        ("{version: v, models: {m: {input_text: 4}}", "it is no YAML: "),
        ("version: 2026-13-45", "it is no YAML: month must be in 1..12"),
        (
            "{version: v, models: {m: {input_text: 1,\n input_text: 2}}}",
            "'input_text' is there again on line 2",
        ),
        (
            "version: v\nmodels: {m: {input_text: 1}}\nversion: v",
            "'version' is there again on line 3",
        ),
        (b"\xff\xfe", "it is no UTF-8 text: "),
    ],
)
def test_a_broken_file_says_where_and_why(tmp_path, text, problem) -> None:
    path = write(tmp_path, text)
    with pytest.raises(PriceFileError) as caught:
        read_prices(path)
    assert str(caught.value).startswith(str(path))
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["{", '{"version": NaN, "models": {}}', b"\xff"])
def test_broken_json_says_so_too(tmp_path, text) -> None:
    with pytest.raises(PriceFileError, match=r"prices.json: "):
        read_prices(write(tmp_path, text, "prices.json"))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('{"version": "v", "models": {"m": {"input_text": 1, "input_text": 2}}}', "input_text"),
        ('{"version": "v", "models": {"m": {"input_text": 1}, "m": {"input_text": 2}}}', "m"),
    ],
)
def test_a_key_that_is_there_twice_is_refused_in_json_too(tmp_path, text, key) -> None:
    with pytest.raises(PriceFileError, match=rf"prices.json: .*'{key}' is there twice$"):
        read_prices(write(tmp_path, text, "prices.json"))


def test_what_is_merged_into_a_model_may_be_told_anew(tmp_path) -> None:
    text = (
        "version: v\n"
        "models:\n"
        "  a: &a {input_text: 1, output_text: 2}\n"
        "  b: &b {<<: *a, input_text: 3}\n"
        "  c: {<<: *b, output_text: 4}\n"
    )
    rates = read_prices(write(tmp_path, text)).tariff("c").rates
    assert (rates["input", "text"], rates["output", "text"]) == (3, 4)


def test_a_file_that_is_not_there(tmp_path) -> None:
    with pytest.raises(PriceFileError, match="cannot be read: No such file or directory"):
        read_prices(tmp_path / "none.yaml")
    with pytest.raises(PriceFileError, match="cannot be read: Is a directory"):
        read_prices(tmp_path)


def test_only_yaml_needs_pyyaml(tmp_path) -> None:
    text = '{"version": "v", "models": {"m": {"input_text": 4}}}'
    as_json, as_yaml = (write(tmp_path, text, f"prices.{kind}") for kind in ("json", "yaml"))
    code = (
        "import sys; from pathlib import Path; sys.modules['yaml'] = None\n"
        "from otel_realtime.cost.file import read_prices\n"
        f"print(read_prices(Path({str(as_json)!r})).version)\n"
        f"try: read_prices(Path({str(as_yaml)!r}))\n"
        "except ImportError as error: print(error)\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "v\nPyYAML is needed here: pip install 'otel-realtime[cost]'\n"


def blocks(language: str) -> list[str]:
    text = DOCS.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_the_file_that_the_docs_show_is_valid_and_shows_every_key(tmp_path) -> None:
    (text,) = blocks("yaml")
    prices = read_prices(write(tmp_path, text))
    assert prices.version
    assert set(KEYS) <= set(re.findall(r"\w+", text))


def test_the_sum_that_the_docs_show_is_right(tmp_path) -> None:
    (text,) = blocks("yaml")
    (shown,) = re.findall(r"= \$(0\.\d+)\b", DOCS.read_text(encoding="utf-8"))
    used = Usage(
        input=1400, input_text=1000, input_audio=400, cached=800, cached_text=700, cached_audio=100,
        output=250, output_text=50, output_audio=200,
    )  # fmt: skip
    cost = read_prices(write(tmp_path, text)).tariff("gpt-realtime").cost(used)
    assert cost.total == pytest.approx(float(shown), abs=1e-12)
