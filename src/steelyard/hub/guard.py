"""A guard says that somebody writes into a folder now; it goes with its process, however that ends."""

import os
from pathlib import Path

LOCK = "lock"


class Guard:
    """Holds the lock of a folder until it is released or the process ends."""

    def __init__(self, folder: Path) -> None:
        """BlockingIOError (an OSError) when somebody else holds it."""
        self._handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(self._handle)
        except OSError:
            os.close(self._handle)
            raise

    def release(self) -> None:
        """Let go."""
        os.close(self._handle)


def is_guarded(folder: Path) -> bool:
    """Return whether somebody writes into this folder now."""
    try:
        Guard(folder).release() if (folder / LOCK).exists() else None
    except OSError:
        return True
    return False


def _lock(handle: int) -> None:
    """Take the lock or fail at once; Windows locks the first byte of the file."""
    if os.name == "nt":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
