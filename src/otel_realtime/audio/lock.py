"""A lock on a file that lives as long as its process, and no longer, however that ends.

Unlike the locks of libraries it is never unlocked but only closed: so a forked child, which has it
open too, cannot take it from its parent.
"""

import os
from pathlib import Path
from typing import Final

try:
    import fcntl
except ImportError:  # Windows: what an open file locks there is its removal, which serves as well
    _HAS_LOCKS = False
else:
    _HAS_LOCKS = True

_OWNER_ONLY: Final = 0o600


def take(path: Path) -> int | None:
    """Lock a file, which is made if need be; None if another process has it.

    Returns:
        What to give to `let_go`.

    Raises:
        OSError: The file cannot be opened.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT, _OWNER_ONLY)
    if not _HAS_LOCKS:
        return file
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return None
    return file


def is_there(lock: int) -> bool:
    """Whether the file is still there that was locked."""
    return os.fstat(lock).st_nlink > 0


def let_go(lock: int) -> None:
    """Close it: it is free once nobody else, such as a forked child, has it open."""
    os.close(lock)
