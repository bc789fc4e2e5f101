import numpy as np
import pytest

from otel_realtime.simulator._codec import FORMATS, PCM

RAMP = np.arange(-32_000, 32_000, 250).astype(np.int16)


def test_pcm_goes_through_unchanged():
    assert (PCM.decode(PCM.encode(RAMP)) == RAMP).all()
    assert PCM.bytes_per_ms == 48


@pytest.mark.parametrize("name", ["audio/pcmu", "audio/pcma"])
def test_g711_keeps_the_signal_to_within_its_steps(name):
    form = FORMATS[name]
    back = form.decode(form.encode(RAMP)).astype(int)
    assert (abs(back - RAMP) <= np.maximum(abs(RAMP.astype(int)) // 16, 16)).all()
    assert form.bytes_per_ms == 8


@pytest.mark.parametrize(
    ("name", "code", "value"),
    [  # from the tables of ITU-T G.711, scaled to 16 bits
        ("audio/pcmu", 0x00, -32_124),
        ("audio/pcmu", 0x80, 32_124),
        ("audio/pcmu", 0xFF, 0),
        ("audio/pcmu", 0xF0, 120),
        ("audio/pcma", 0xD5, 8),
        ("audio/pcma", 0x55, -8),
        ("audio/pcma", 0xAA, 32_256),
        ("audio/pcma", 0x2A, -32_256),
    ],
)
def test_g711_codes_have_their_standard_values(name, code, value):
    assert FORMATS[name].decode(bytes([code]))[0] == value


@pytest.mark.parametrize("name", ["audio/pcmu", "audio/pcma"])
def test_every_g711_code_survives_the_way_there_and_back(name):
    form = FORMATS[name]
    values = form.decode(bytes(range(256)))
    assert (form.decode(form.encode(values)) == values).all()


def test_output_is_brought_down_to_8_khz():
    second = np.full(24_000, 1000, dtype=np.int16)
    assert len(FORMATS["audio/pcmu"].from_pcm(second)) == 8_000
    assert len(PCM.from_pcm(second)) == 48_000
