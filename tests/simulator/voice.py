"""Speech to send to the simulator: PCM16 at 24 kHz."""

import numpy as np

RATE = 24_000


def loud(duration_ms: int) -> bytes:
    """Return a 200 Hz tone, PCM16 at 24 kHz."""
    time = np.arange(RATE * duration_ms // 1000) / RATE
    return (np.sin(2 * np.pi * 200 * time) * 8000).astype("<i2").tobytes()


def quiet(duration_ms: int) -> bytes:
    """Return silence, PCM16 at 24 kHz."""
    return bytes(2 * (RATE * duration_ms // 1000))
