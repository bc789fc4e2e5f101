"""One clear sentence where an extra is missing."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def needed(package: str | None = None, *, extra: str) -> Iterator[None]:
    """Turn a failed import inside the block into a sentence that says what to install.

    Args:
        package: What is needed; by default the module that could not be imported.
        extra: The extra of this package that brings it.

    Raises:
        ImportError: It is not installed.
    """
    try:
        yield
    except ImportError as error:
        what = package or (error.name or str(error)).split(".")[0]
        message = f"{what} is needed here: pip install 'otel-realtime[{extra}]'"
        raise ImportError(message) from error
