"""Writes the generated parts of the docs; with `--check`, only says whether they are current.

A generated part stands between `<!-- generated: NAME -->` and `<!-- end -->`.
"""

import inspect
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import fields
from pathlib import Path

from otel_realtime import RealtimeTelemetryListener, events, instrumentor, semconv
from otel_realtime.conversation import HANDLERS
from otel_realtime.conversation import _state as state
from otel_realtime.facts import InputFacts, ResponseFacts, SessionFacts, ToolFacts
from otel_realtime.metric import Metric
from otel_realtime.settings import DialectSettings, Settings
from otel_realtime.sources import _openai_deltas, openai_wire
from otel_realtime.sources._openai_deltas import DELTAS
from otel_realtime.telemetry import attributes, catalogue
from otel_realtime.telemetry.content import ContentGate
from otel_realtime.values import Cost, Endpoint, SessionCost, Usage

DOCS = Path(__file__).parent
ARGUMENT = re.compile(r"^    (\w+): (.+(?:\n {8}.+)*)", re.MULTILINE)
_PASSED_OVER = "nothing: another event says it"
_BUCKETS = {
    semconv.DURATION_BUCKETS: "durations (D)",
    semconv.SESSION_BUCKETS: "sessions (W)",
    semconv.TOKEN_BUCKETS: "tokens (T)",
    semconv.RATIO_BUCKETS: "ratios",
    semconv.SPEECH_RATE_BUCKETS: "speech rates",
    semconv.MONEY_BUCKETS: "money",
}
PART = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = (head, tuple("---" for _ in head), *rows)
    return "\n".join(
        "| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in lines
    )


def settings() -> str:
    """Every setting: its keyword, its variable, its default."""
    return _settings_of(Settings)


def dialects() -> str:
    """The same for dialects."""
    return _settings_of(DialectSettings)


def _settings_of(cls: type[Settings | DialectSettings]) -> str:
    rows = [
        (
            f"`{each.name}`",
            f"`{each.metadata['env']}`",
            each.metadata["accepts"],
            f"`{each.default}`" if each.default is not None else "",
            each.metadata["text"],
        )
        for each in fields(cls)
    ]
    return table(("Keyword", "Environment", "Takes", "Default", "What it does"), rows)


def keywords() -> str:
    """What is taken by keyword only, and by whom."""
    told = dict(ARGUMENT.findall(inspect.getdoc(RealtimeTelemetryListener) or ""))
    takes = dict.fromkeys(instrumentor._PROVIDERS, "listener, `observe`, instrumentor")  # noqa: SLF001 - it is told nowhere else
    takes |= {"session_id": "listener, `observe`", "playback_tracker": "listener"}
    known = {each.name for each in fields(Settings)}
    parameters = inspect.signature(RealtimeTelemetryListener).parameters
    names = [name for name in parameters if name not in known | {"settings"}]
    rows = ((f"`{name}`", takes[name], " ".join(told[name].split())) for name in names)
    return table(("Keyword", "Taken by", "What it is"), rows)


def metrics() -> str:
    """Every metric of the catalogue, as a section of its own."""
    renamed = {latest: name for name, told in semconv.RENAMED.items() for latest in told}
    return "\n\n".join(
        _metric(each, renamed.get(each.name)) for each in (*catalogue.CATALOGUE, *catalogue.LATEST)
    )


def _metric(each: Metric, released: str | None) -> str:
    instead = semconv.RENAMED.get(each.name, ())
    facts = (
        ("Kind", f"{each.kind}, `{each.unit}`"),
        ("Formula", each.formula),
        ("Labels", ", ".join(f"`{label}`" for label in each.labels) or "none"),
        ("Buckets", _BUCKETS.get(each.buckets, "")),
        ("Latest names", ", ".join(f"`{name}`" for name in instead)),
        ("Only by the latest names, instead of", f"`{released}`" if released else ""),
        ("Caveat", each.caveat),
    )
    lines = "\n".join(f"- {name}: {told}" for name, told in facts if told)
    return f"### `{each.name}`\n\n{each.text}\n\n{lines}"


def buckets() -> str:
    """The sets of buckets."""
    rows = (
        (name, ", ".join(f"{bound:g}" for bound in bounds)) for bounds, name in _BUCKETS.items()
    )
    return table(("Buckets", "Boundaries"), rows)


def logs() -> str:
    """Every log event."""
    names = (value for name, value in vars(semconv).items() if name.startswith("LOG_"))
    return "\n".join(f"- `{name}`" for name in sorted(names))


def spans() -> str:
    """The attributes of each kind of span."""
    gate = ContentGate(is_open=False, redact=None, on_error=lambda _, __: None)
    endpoint = Endpoint("", 0)
    cost = Cost((), "")
    response = ResponseFacts("", usage=Usage(), endpoint=endpoint, cost=cost)
    session = SessionFacts(endpoint=endpoint, cost=SessionCost())
    given = InputFacts("", "speech", transcription_cost=cost)
    opening = attributes.response_opening(response)
    kinds = (
        ("`invoke_agent {agent}`", attributes.session(session, gate)),
        ("`user_input`", attributes.user_input(given, gate)),
        ("`chat {model}`", (*opening, *attributes.response(response, gate))),
        ("`execute_tool {tool}`", attributes.tool(ToolFacts(""), gate)),
    )
    rows = (
        (name, ", ".join(f"`{key}`" for key in dict.fromkeys(key for key, _ in pairs)))
        for name, pairs in kinds
    )
    everywhere = ", ".join(f"`{key}`" for key, _ in attributes.Identity("").pairs)
    return f"On every span: {everywhere}.\n\n" + table(("Span", "Attributes"), rows)


def handlers() -> str:
    """Which handler takes which event."""
    rows = (
        (
            f"`{event.__name__}`",
            (event.__doc__ or "").split("\n")[0],
            f"`{handler.__module__.removeprefix('otel_realtime.')}.{handler.__name__}`",
        )
        for event, handler in HANDLERS.items()
    )
    return table(("Event", "What happened", "Handler"), rows)


def phases() -> str:
    """The phases of utterances, responses and tool calls."""
    enumerations = (state.InputPhase, state.ResponsePhase, state.ToolPhase)
    rows = (
        (f"`{each.__name__}`", f"`{phase.name}`", phase.value)
        for each in enumerations
        for phase in each
    )
    return table(("Of", "Phase", "Meaning"), rows)


def wire() -> str:
    """Which messages of the OpenAI Realtime API are known."""
    known = {**{name: _delta(take) for name, take in DELTAS.items() if name}, **_translations()}
    return table(
        ("Server event", "Becomes"), ((f"`{name}`", known[name]) for name in sorted(known))
    )


def azure_queries() -> str:
    """Every query of the workbook, then those of the alerts, each below its first line."""
    files = sorted(DOCS.parent.glob("dashboards/azure/queries/*.kql"))
    files.sort(key=lambda path: path.stem.startswith("alert_"))
    return "\n\n".join(_query(each) for each in files)


def _query(path: Path) -> str:
    first, _, text = path.read_text(encoding="utf-8").partition("\n")
    title, _, about = first.removeprefix("// ").partition(": ")
    return f"### {title}\n\n`{path.name}`: {about}\n\n```kusto\n{text}```"


def _translations() -> dict[str, str]:
    return {name: _events_of(each) for name, each in openai_wire.SERVER_EVENTS.items()}


def _delta(take: Callable[..., object]) -> str:
    return _PASSED_OVER if take is _openai_deltas.nothing else "counted where it arrives"


def _events_of(translate: Callable[..., object]) -> str:
    source = inspect.getsource(translate)
    named = [name for name in events.__all__ if f"events.{name}(" in source]
    return ", ".join(f"`{name}`" for name in named) or _PASSED_OVER


PARTS = {
    each.__name__: each
    for each in (
        *(settings, dialects, keywords, metrics, buckets),
        *(logs, spans, handlers, phases, wire, azure_queries),
    )
}


def main() -> int:
    """Write, or with `--check` compare, every generated part."""
    stale = []
    for path in sorted(DOCS.glob("*.md")):
        text = path.read_text(encoding="utf-8")
        current = PART.sub(lambda part: f"{part[1]}{PARTS[part[2]]()}\n{part[3]}", text)
        if current == text:
            continue
        stale.append(path.name)
        if "--check" not in sys.argv:
            path.write_text(current, encoding="utf-8")
    if "--check" in sys.argv and stale:
        print(f"not current: {', '.join(stale)}; run `make docs`")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
