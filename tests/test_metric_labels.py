"""No metric has a label with many values: over every scenario, by both spellings."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from otel_realtime.scenario import Scenario
from otel_realtime.sources.recording import WireEvent
from otel_realtime.telemetry.catalogue import CATALOGUE, LATEST

SCENARIOS = Path(__file__).parent / "scenarios"
NAMES = sorted(path.stem for path in SCENARIOS.glob("*.yaml"))
LABELS = {each.name: set(each.labels) for each in (*CATALOGUE, *LATEST)}
BOUNDED = {
    *("gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.agent.name", "gen_ai.tool.name"),
    *("gen_ai.request.model", "gen_ai.response.model", "otel_realtime.transcription.model"),
    *("gen_ai.token.type", "gen_ai.token.modality", "otel_realtime.token.cached"),
    *("server.address", "server.port", "error.type", "otel_realtime.end_reason"),
    *("otel_realtime.tool.outcome", "otel_realtime.interruption.reason"),
    *("otel_realtime.guardrail.kind", "otel_realtime.guardrail.name"),
    *("otel_realtime.handoff.from", "otel_realtime.handoff.to"),
    *("otel_realtime.voice_to_voice.had_tool", "otel_realtime.voice_to_voice.origin"),
    *("otel_realtime.response.time_to_first_audio.origin", "otel_realtime.playback.source"),
    *("otel_realtime.audio.heard_source", "otel_realtime.session.setup.phase"),
    *("otel_realtime.speaker", "otel_realtime.dead_air.awaited", "otel_realtime.cost.kind"),
    *("otel_realtime.rate_limit.name", "otel_realtime.telemetry.problem"),
    "otel_realtime.audio.dropped",
}
TEXTS = {"transcript", "text", "delta", "arguments", "output", "instructions", "message", "audio"}
ID = re.compile(r"(^|_)id$")


def secrets(value: object, key: str = "") -> Iterator[str]:
    """What is an id or a text of the conversation, anywhere in a message or an event."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from secrets(each, str(name))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from secrets(each, key)
    elif isinstance(value, str) and value and (ID.search(key) or key in TEXTS):
        yield value


def given(scenario: Scenario) -> set[str]:
    """Those of a whole scenario, and those that its session has by itself."""
    found = {"session-under-test", str(scenario.settings.get("user_id"))}
    for _, entry in scenario.entries:
        if isinstance(entry, WireEvent):
            found |= set(secrets(entry.data))
        else:
            fields = {name: getattr(entry, name) for name in entry.__dataclass_fields__}
            found |= set(secrets(fields))
    return found


def test_the_catalogue_has_no_other_labels_than_bounded_ones() -> None:
    assert set().union(*LABELS.values()) == BOUNDED


@pytest.mark.parametrize("latest", [False, True], ids=["released", "latest"])
@pytest.mark.parametrize("name", NAMES)
def test_labels_are_those_of_the_catalogue_and_never_an_id_or_a_text(name, latest) -> None:
    scenario = Scenario.load(SCENARIOS / f"{name}.yaml")
    settings = {**scenario.settings, "user_id": "user-under-test", "latest_names": latest}
    scenario = Scenario(scenario.about, settings, scenario.entries)
    hidden = given(scenario)
    assert len(hidden) > 2 or name == "connect_failed"
    points = scenario.run().metrics
    assert points
    for point in points:
        assert set(point.attributes) <= LABELS[point.name], point.name
        assert not hidden & {str(value) for value in point.attributes.values()}, point
