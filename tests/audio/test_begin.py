"""Which sessions are recorded, whose audio, and what may not be kept of it."""

import logging
import secrets
import subprocess
import sys

import pytest

pytest.importorskip("obstore", reason="needs the extra otel-realtime[audio]")

from audio.by_hand import HandCall, Heard, Told, archive_with, files, kind_of, tone
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from otel_realtime import RealtimeInstrumentor, events, semconv
from otel_realtime.audio.begin import begin
from otel_realtime.audio.clips import AudioClip, CallInfo
from otel_realtime.facts import SessionFacts
from otel_realtime.observing import observe
from otel_realtime.scenario import EPOCH, Recorder
from otel_realtime.settings import SettingError, Settings

TRACES = 2000


@pytest.fixture
def store(spool, kept):
    """The settings of a store in a folder."""
    return {"audio_store": kept.as_uri(), "audio_spool": spool}


def a_call(recorder: Recorder | None = None, session_id: str = "call-1", **settings) -> HandCall:
    """A call of 500 ms of the user at 300 Hz, then 500 ms of the agent at 600 Hz."""
    call = HandCall(recorder, session_id=session_id, **settings)
    call.say("u", tone(300, 500))
    call.answer("r", tone(600, 500), 500)
    call.end()
    return call


def recorded(kept, **settings) -> dict[str, Heard]:
    """What is kept of such a call, by kind."""
    with archive_with(**settings) as archive:
        a_call(**settings)
        assert archive.flush(10)
    return {kind_of(path): Heard.of(path) for path in files(kept)}


def links(call: HandCall) -> list[object]:
    names = {semconv.INPUT_AUDIO_URL, semconv.OUTPUT_AUDIO_URL, semconv.GENERATED_AUDIO_URL}
    spans = call.recorder.traced().spans
    return [span.attributes[name] for span in spans for name in names & set(span.attributes)]


# -- sampling


def drawn(archive, share, trace_ids):
    """Those that are drawn: of no others the application is asked."""
    asked = []
    told = {"audio_sampling": share, "record_audio": asked.append}
    settings = Settings.read(told, environ={})
    for trace_id in trace_ids:
        begun = begin(
            settings,
            archive,
            CallInfo("session", trace_id, "1" * 16),
            session=SessionFacts(),
            open_parts={},
            clock=lambda: EPOCH,
            report=Told(),
        )
        assert begun is None  # nobody agreed
    return [call.trace_id for call in asked]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_the_share_that_is_asked_for_is_recorded(store, share):
    # Consecutive ones too: some systems make ids of which most digits are always the same.
    traces = [secrets.token_hex(16) for _ in range(TRACES)]
    counted = [f"{number:032x}" for number in range(TRACES)]
    with archive_with(**store) as archive:
        for each in (traces, counted):
            # Four standard deviations of 2000 draws are 0.045.
            within = 0 if share in {0, 1} else 0.045
            found = len(drawn(archive, share, each)) / TRACES
            assert found == pytest.approx(share, abs=within)


def test_the_same_sessions_are_among_every_larger_share_and_in_every_process(store):
    traces = [f"{number:032x}" for number in range(300)]
    with archive_with(**store) as archive:
        few = drawn(archive, 0.1, traces)
        assert drawn(archive, 0.1, traces[::-1]) == few[::-1]
        assert set(few) < set(drawn(archive, 0.5, traces))
    assert few[0] == f"{FIRST_DRAWN:032x}"


FIRST_DRAWN = 21
"""The first trace id whose SHA-256 begins with less than a tenth of all there is."""


@pytest.mark.parametrize("share", [0, 1])
def test_what_is_drawn_is_kept_and_nothing_else(store, kept, share):
    assert set(recorded(kept, **store, audio_sampling=share)) == (
        {"input", "output", "session"} if share else set()
    )


def test_of_a_trace_that_is_not_sampled_there_is_no_audio(store, spool, kept):
    recorder = Recorder()
    recorder.tracer_provider = TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False)
    with archive_with(**store) as archive:
        a_call(recorder, **store)
        assert archive.flush(10)
    assert not spool.exists()
    assert files(kept) == []


# -- consent


def test_the_application_is_asked_whether_a_session_may_be_recorded(store, kept):
    asked = []

    def record(info: CallInfo) -> bool:
        asked.append(info)
        return info.session_id == "may"

    settings = {**store, "record_audio": record, "user_id": "ann", "agent_name": "Assistant"}
    with archive_with(**settings) as archive:
        calls = [a_call(session_id=name, **settings) for name in ("may", "may not")]
        assert archive.flush(10)
    assert [info.session_id for info in asked] == ["may", "may not"]
    traces = [call.recorder.traced().spans[0].trace_id for call in calls]
    assert [info.trace_id for info in asked] == traces
    assert asked[0].user_id == "ann"
    assert {path.parent.name for path in files(kept)} == {"may"}
    assert len(files(kept)) == 3
    assert len(links(calls[0])) == 3
    assert links(calls[1]) == []


def test_who_cannot_be_asked_is_not_recorded(store, spool, kept, caplog):
    caplog.set_level(logging.WARNING, "otel_realtime")

    def record(_: CallInfo) -> bool:
        message = "ann is on holiday"
        raise RuntimeError(message)

    settings = {**store, "record_audio": record}
    with archive_with(**settings) as archive:
        call = a_call(**settings)
        assert archive.flush(10)
    assert not spool.exists()
    assert files(kept) == []
    assert links(call) == []
    problems = [
        point.value
        for point in call.recorder.traced().metrics
        if point.name == semconv.METRIC_PROBLEMS
    ]
    assert problems == [1]


def test_consent_that_cannot_be_imported_is_none(store, kept, caplog):
    caplog.set_level(logging.WARNING, "otel_realtime")
    environ = {
        "OTEL_REALTIME_AUDIO_STORE": store["audio_store"],
        "OTEL_REALTIME_AUDIO_SPOOL": str(store["audio_spool"]),
        "OTEL_REALTIME_RECORD_AUDIO": "no_such_module_anywhere:ask",
    }
    settings = Settings.read({}, environ=environ).as_keywords()
    with archive_with(**settings) as archive:
        call = a_call(**settings)
        assert archive.flush(10)
    assert files(kept) == []
    assert links(call) == []
    [record] = caplog.records
    assert "no audio is recorded" in record.getMessage()
    assert "no_such_module_anywhere" in record.getMessage()


# -- whose audio


@pytest.mark.parametrize(
    ("capture", "kinds", "silent"),
    [
        ("both", {"input", "output", "session"}, (False, False)),
        (None, {"input", "output", "session"}, (False, False)),
        ("user", {"input", "session"}, (False, True)),
        ("agent", {"output", "session"}, (True, False)),
        ("none", set(), ()),
    ],
)
def test_whose_audio_is_recorded(store, kept, capture, kinds, silent):
    found = recorded(kept, **store, capture_audio=capture)
    assert set(found) == kinds
    if silent:
        session = found["session"]
        assert session.ms == 1000
        assert (session.is_silent(0, 500, 0), session.is_silent(500, 1000, 1)) == silent


# -- redaction


def test_exactly_the_ranges_that_are_told_are_silent_in_clip_and_call(store, kept):
    asked: list[AudioClip] = []

    def redact(clip: AudioClip):
        asked.append(clip)
        ranges = {"input": [(100, 200), (300.5, 400)], "output": ((-50, 50), (450, 9999))}
        return ranges.get(clip.kind)

    settings = {**store, "redact_audio": redact}
    found = recorded(kept, **settings)
    session = found["session"]
    # Half a millisecond beside each range it is as it was said.
    said, answered = tone(300, 500), tone(600, 500)
    expected = {
        "input": silenced(said, [(100, 200), (300.5, 400)]),
        "output": silenced(answered, [(0, 50), (450, 500)]),
    }
    assert found["input"].samples.tobytes() == expected["input"]
    assert found["output"].samples.tobytes() == expected["output"]
    assert session.at(0, 500, 0).tobytes() == expected["input"]
    assert session.at(500, 1000, 1).tobytes() == expected["output"]
    by_kind = {clip.kind: clip for clip in asked}
    assert {kind: clip.duration_ms for kind, clip in by_kind.items()} == {
        "input": 500,
        "output": 500,
        "session": 1000,
    }
    assert by_kind["input"].item_ids == ("u",)
    assert by_kind["output"].item_ids == ("r-item",)
    assert by_kind["output"].response_id == "r"
    assert {clip.text for clip in asked} == {None}  # content is not captured


def silenced(audio: bytes, ranges) -> bytes:
    """The same with some ranges, in milliseconds, silent: 48 bytes each."""
    data = bytearray(audio)
    for start, stop in ranges:
        first, last = round(start * 24) * 2, round(stop * 24) * 2
        data[first:last] = bytes(last - first)
    return bytes(data)


def test_a_range_of_the_call_is_silent_in_both_channels(store, kept):
    found = recorded(
        kept,
        **store,
        redact_audio=lambda clip: [(400, 600)] if clip.kind == "session" else None,
    )
    assert found["input"].samples.tobytes() == tone(300, 500)
    session = found["session"]
    assert session.is_silent(400, 600, 0)
    assert session.is_silent(400, 600, 1)
    assert session.at(0, 400, 0).tobytes() == tone(300, 400)
    assert session.at(600, 1000, 1).tobytes() == tone(600, 500)[100 * 48 :]


def test_what_was_not_heard_is_redacted_too(store, kept):
    settings = {**store, "redact_audio": lambda _: [(100, 200), (1500, 1600)]}
    with archive_with(**settings) as archive:
        call = HandCall(**settings)
        call.generate("r", tone(600, 2000))
        call.pass_time(400)
        call.end()
        assert archive.flush(10)
    found = {kind_of(path): Heard.of(path) for path in files(kept)}
    expected = silenced(tone(600, 2000), [(100, 200), (1500, 1600)])
    assert found["generated"].samples.tobytes() == expected
    assert found["output"].samples.tobytes() == expected[: 400 * 48]
    # The same ranges are of the call too; it begins with the response.
    assert found["session"].at(0, 400, 1).tobytes() == expected[: 400 * 48]


def fails(_clip):
    message = "she said 12345"
    raise ValueError(message)


@pytest.mark.parametrize(
    "redact",
    [
        fails,
        lambda _: [(float("nan"), 100)],
        lambda _: [(0, float("nan"))],
        lambda _: [(0, "a while")],
        lambda _: [7],
        lambda _: 7,
        "no_such_module_anywhere:redact",
        lambda _: [(0, float("inf"))],
    ],
    ids=["raises", "from nan", "to nan", "text", "no pair", "no list", "no module", "all"],
)
def test_where_it_is_not_told_what_to_keep_all_is_silent(store, kept, caplog, redact):
    caplog.set_level(logging.WARNING, "otel_realtime")
    found = recorded(kept, **store, redact_audio=redact)
    assert set(found) == {"input", "output", "session"}
    for heard in found.values():
        assert not heard.samples.any()
    assert [found[kind].ms for kind in ("input", "output", "session")] == [500, 500, 1000]


@pytest.mark.parametrize("range_", [(200, 100), (float("-inf"), float("-inf")), (600, 700)])
def test_a_range_in_which_nothing_is_changes_nothing(store, kept, range_):
    found = recorded(
        kept, **store, redact_audio=lambda clip: [range_] if clip.kind != "session" else ()
    )
    assert found["input"].samples.tobytes() == tone(300, 500)
    assert found["output"].samples.tobytes() == tone(600, 500)


def test_transcripts_are_told_where_content_is_captured(store, kept):
    asked = []
    settings = {**store, "redact_audio": asked.append, "capture_content": True}
    with archive_with(**settings) as archive:
        call = HandCall(**settings)
        call.generate("r", tone(600, 500))
        call.session.feed(events.TextFinished(call.clock(), "r", "r-item", 0, "It rains."))
        call.session.feed(events.ResponseDone(call.clock(), "r", "completed"))
        call.pass_time(500)
        call.end()
        assert archive.flush(10)
    assert [clip.text for clip in asked if clip.kind == "output"] == ["It rains."]
    assert len(files(kept)) == 2


# -- settings that are wrong


def listener(**settings):
    agents = pytest.importorskip("otel_realtime.sources.agents", reason="needs [agents]")
    agents.RealtimeTelemetryListener(**settings)


def observed(**settings):
    pytest.importorskip("agents.realtime", reason="needs the extra otel-realtime[agents]")
    from agents.realtime import RealtimeAgent, RealtimeSession
    from sources.switchboard import Prompted

    observe(RealtimeSession(Prompted(), RealtimeAgent(name="a"), None), **settings)


def instrumented(**settings):
    instrumentor = RealtimeInstrumentor()
    try:
        instrumentor.instrument(**settings)
    finally:
        if instrumentor.is_instrumented_by_opentelemetry:
            instrumentor.uninstrument()


@pytest.mark.parametrize("start", [listener, observed, instrumented])
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("recordings", "audio_store takes a URL"),
        ("nothing://bucket", "audio_store: nothing://bucket: "),
        ("s3://", "audio_store: s3://: "),
        (object(), "audio_store: it takes a URL or a store of obstore, not "),
    ],
)
def test_a_store_that_is_none_is_told_at_once(start, given, words, spool):
    with pytest.raises(SettingError) as problem:
        start(audio_store=given, audio_spool=spool)
    assert words in str(problem.value)
    assert len(str(problem.value)) > len(words)  # the store's own words
    assert not spool.exists()


@pytest.mark.parametrize("url", ["nothing://bucket", "s3://", "recordings"])
def test_a_store_of_the_environment_that_is_none_is_logged_once(url, spool, caplog):
    caplog.set_level(logging.WARNING, "otel_realtime")
    environ = {"OTEL_REALTIME_AUDIO_STORE": url, "OTEL_REALTIME_AUDIO_SPOOL": str(spool)}
    settings = Settings.read({}, environ=environ).as_keywords()
    for _ in range(3):
        call = a_call(**settings)
        names = {span.name.split()[0] for span in call.recorder.traced().spans}
        assert names == {"user_input", "chat", "invoke_agent"}
        assert links(call) == []
    [record] = caplog.records
    assert record.getMessage().startswith("No audio is recorded: OTEL_REALTIME_AUDIO_STORE: ")
    assert url in record.getMessage()
    assert not spool.exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("capture_audio", "everybody"),
        ("audio_sampling", "110%"),
        ("audio_sampling", "1.1"),
        ("record_audio", "ask_them"),
        ("redact_audio", "cards"),
    ],
)
def test_what_is_wrong_in_the_environment_means_the_private_choice(
    store, kept, caplog, name, value
):
    caplog.set_level(logging.WARNING, "otel_realtime")
    env = f"OTEL_REALTIME_{name.upper()}"
    settings = Settings.read(store, environ={env: value}).as_keywords()
    [record] = caplog.records
    what_then = "no audio is recorded" if name != "redact_audio" else "all audio is silenced"
    assert record.getMessage().startswith(f"{env} takes ")
    assert record.getMessage().endswith(f", not {value!r}: {what_then}")
    found = recorded(kept, **settings)
    if name == "redact_audio":
        assert set(found) == {"input", "output", "session"}
        assert not any(heard.samples.any() for heard in found.values())
    else:
        assert found == {}
        assert not store["audio_spool"].exists()


def test_what_is_right_in_the_environment_counts(store, kept):
    environ = {
        "OTEL_REALTIME_CAPTURE_AUDIO": "user",
        "OTEL_REALTIME_AUDIO_SAMPLING": "1",
        "OTEL_REALTIME_REDACT_AUDIO": f"{__name__}:first_half",
    }
    found = recorded(kept, **Settings.read(store, environ=environ).as_keywords())
    assert set(found) == {"input", "session"}
    expected = silenced(tone(300, 500), [(0, 250)])
    assert found["input"].samples.tobytes() == expected
    assert found["session"].at(0, 500, 0).tobytes() == expected


def first_half(clip: AudioClip):
    return [(0, clip.duration_ms / 2)] if clip.kind == "input" else []


# -- an extra that is missing

WITHOUT = """
import logging, sys
for name in {missing}:
    sys.modules[name] = None
logging.basicConfig(format="%(levelname)s %(message)s")
import otel_realtime
from otel_realtime import RealtimeInstrumentor
try:
    {start}
except ImportError as error:
    print(error)
"""
AUDIO = ("obstore", "soxr", "numpy")
INSTRUMENT = "RealtimeInstrumentor().instrument({})"
BY_HAND = INSTRUMENT.format("audio_store='memory:///'")
AS_FLAC = INSTRUMENT.format("audio_store='memory:///', audio_format='flac'")
NO_OBSTORE = "obstore is needed here: pip install 'otel-realtime[audio]'\n"
NO_NUMPY = "numpy is needed here: pip install 'otel-realtime[audio]'\n"
NO_SOUNDFILE = "soundfile is needed here: pip install 'otel-realtime[formats]'\n"


def said_without(missing, start, **environ):
    """What a program prints and logs that starts so, where these packages are missing."""
    program = WITHOUT.format(missing=missing, start=start)
    command = [sys.executable, "-W", "error", "-c", program]
    ended = subprocess.run(
        command, capture_output=True, text=True, check=True, env=environ, timeout=60
    )
    return ended.stdout, ended.stderr


@pytest.mark.parametrize(
    ("missing", "start", "words"),
    [
        (("obstore",), BY_HAND, NO_OBSTORE),
        (AUDIO, BY_HAND, NO_OBSTORE),
        (AUDIO, "otel_realtime.AudioUploadSpanProcessor", NO_NUMPY),
        (("soundfile",), AS_FLAC, NO_SOUNDFILE),
    ],
)
def test_an_extra_that_is_missing_is_told_in_one_sentence(missing, start, words):
    assert said_without(missing, start) == (words, "")


@pytest.mark.parametrize(
    ("missing", "audio_format", "words"),
    [(AUDIO, "wav", NO_OBSTORE), (("soundfile",), "flac", NO_SOUNDFILE)],
)
def test_where_the_environment_asks_for_it_the_program_goes_on(missing, audio_format, words):
    told = {"OTEL_REALTIME_AUDIO_STORE": "memory:///", "OTEL_REALTIME_AUDIO_FORMAT": audio_format}
    said = f"WARNING No audio is recorded: OTEL_REALTIME_AUDIO_STORE: {words}"
    assert said_without(missing, INSTRUMENT.format(""), **told) == ("", said)
