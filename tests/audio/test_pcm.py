"""Audio as it is sent becomes 16-bit samples."""

import base64

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_realtime.audio.pcm import Decoder, alaw_table, mulaw_table

# ITU-T G.711 (11/88), tables 1a to 2b, in 16 bits: code, value.
MULAW = {0x00: -32124, 0x80: 32124, 0x7F: 0, 0xFF: 0, 0x70: -120, 0xF0: 120, 0x9F: 8316}
ALAW = {0xD5: 8, 0x55: -8, 0xAA: 32256, 0x2A: -32256, 0xC5: 264, 0x80: 5504, 0x00: -5504}


@pytest.mark.parametrize(("table", "told"), [(mulaw_table, MULAW), (alaw_table, ALAW)])
def test_g711_has_the_values_of_its_recommendation(table, told):
    assert {code: int(table()[code]) for code in told} == told


@pytest.mark.parametrize("table", [mulaw_table, alaw_table])
def test_g711_is_symmetrical_and_each_louder_code_is_louder(table):
    values = table().astype(int)
    assert len(values) == 256
    assert sorted(values) == sorted(-values)
    assert len(set(values)) >= 255  # mu-law has two zeros
    toggle = 0x55 if table is alaw_table else 0xFF
    positive = [int(values[(0x80 | code) ^ (toggle & 0x7F)]) for code in range(128)]
    assert positive == sorted(positive)


@given(st.binary(max_size=300), st.lists(st.integers(1, 40), max_size=20))
def test_pcm_comes_whole_however_it_is_cut(data, sizes):
    decoder, pieces, at = Decoder("audio/pcm"), [], 0
    for number, size in enumerate([*sizes, len(data)]):
        piece = data[at : at + size]
        given_as = base64.b64encode(piece).decode() if number % 2 else piece
        decoded = decoder.decode(given_as)
        assert len(decoded) % 2 == 0
        pieces.append(decoded)
        at += size
    assert b"".join(pieces) == data[: len(data) // 2 * 2]


@given(st.binary(max_size=100))
def test_each_byte_of_g711_is_a_sample(data):
    for kind, table in (("audio/pcmu", mulaw_table), ("audio/pcma", alaw_table)):
        decoded = np.frombuffer(Decoder(kind).decode(data), "<i2")
        assert decoded.tolist() == [table()[byte] for byte in data]


@pytest.mark.parametrize("text", ["AAA", "A", "ä"])
def test_what_is_no_base64_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - the standard library's own words
        Decoder("audio/pcm").decode(text)


@pytest.mark.parametrize("kind", ["audio/pcm", "audio/pcmu", "audio/pcma"])
def test_silence_is_as_long_as_what_it_stands_for_and_silent(kind):
    decoder = Decoder(kind)
    silence = decoder.silence(80)
    assert len(silence) == len(Decoder(kind).decode(bytes(80)))
    assert not any(silence)


def test_silence_goes_on_in_the_middle_of_a_sample():
    decoder = Decoder("audio/pcm")
    assert decoder.decode(b"\x01\x02\x03") == b"\x01\x02"
    assert decoder.silence(3) == b"\x03\x00\x00\x00"
    assert decoder.decode(b"\x04\x05") == b"\x04\x05"
