"""One clear sentence where an extra is missing."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def needed(package: str, *, extra: str) -> Iterator[None]:
    """Turn a failed import inside the block into a sentence that says what to install.

    Raises:
        ImportError: `package` is not installed.
    """
    try:
        yield
    except ImportError as error:
        message = f"{package} is needed here: pip install 'otel-realtime[{extra}]'"
        raise ImportError(message) from error
