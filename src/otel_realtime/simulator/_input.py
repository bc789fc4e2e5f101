"""The input audio buffer: counts the audio that the client sends, and listens to it."""

import base64
import binascii

from ._config import SessionConfig
from ._vad import Heard, Vad
from ._wire import ClientMistake

MINIMUM_COMMIT_MS = 100


class InputAudio:
    """All input audio of one session; times in ms count from its first byte."""

    def __init__(self, config: SessionConfig) -> None:
        """Listen in the format and with the turn detection of `config`."""
        self._config = config
        self._format = config.input_format
        self._vad: Vad | None = None
        self._odd = b""
        self.position_ms = 0.0
        self.buffered_ms = 0.0
        self.configure()

    def configure(self) -> None:
        """Follow a change of the session's settings."""
        settings = {"threshold": self._config.threshold, "silence_ms": self._config.silence_ms}
        same = self._config.input_format is self._format
        self._format = self._config.input_format
        if self._config.turn_detection is None:
            self._vad = None
        elif self._vad is not None and same:
            self._vad.tune(threshold=self._config.threshold, silence_ms=self._config.silence_ms)
        else:
            self._odd = self._odd if same else b""
            self._vad = Vad(
                self._format.rate,
                threshold=float(settings["threshold"]),
                silence_ms=int(settings["silence_ms"]),
                start_ms=self.position_ms,
            )

    @property
    def speaking(self) -> bool:
        """Whether the user is heard speaking."""
        return self._vad is not None and self._vad.speaking

    def split_after(self, limit_ms: int | None) -> None:
        """End the next utterance after so much of it, as a hasty VAD would."""
        if self._vad is not None:
            self._vad.limit_ms = limit_ms

    def append(self, audio: str) -> list[Heard]:
        """Take in base64 audio; return what was heard.

        Raises:
            ClientMistake: it is not base64.
        """
        try:
            data = self._odd + base64.b64decode(audio, validate=True)
        except binascii.Error as error:
            message = "Invalid 'audio'. Expected base64-encoded audio bytes."
            code = "invalid_value"
            raise ClientMistake(code, message, "audio") from error
        whole = len(data) // self._format.width * self._format.width
        data, self._odd = data[:whole], data[whole:]
        length_ms = len(data) / self._format.bytes_per_ms
        self.position_ms += length_ms
        self.buffered_ms += length_ms
        return self._vad.push(self._format.decode(data)) if self._vad else []

    def commit(self) -> float:
        """Empty the buffer into an item; return how much it held (ms).

        Raises:
            ClientMistake: it holds less than 100 ms.
        """
        held = self.buffered_ms
        if held < MINIMUM_COMMIT_MS:
            code = "input_audio_buffer_commit_empty"
            message = (
                "Error committing input audio buffer: buffer too small. Expected at least 100ms "
                f"of audio, but buffer only has {held:.2f}ms of audio."
            )
            raise ClientMistake(code, message)
        self.clear()
        return held

    def clear(self) -> None:
        """Empty the buffer; speech under way is forgotten."""
        self.buffered_ms = 0.0
        if self._vad is not None:
            self._vad.reset()
