"""The files of the audit log: what was done is kept for good, what was refused makes room for what is refused next."""

import gzip
import json
import os
import shutil
import threading
from pathlib import Path
from typing import Any

KEPT = 3
DONE, REFUSED = "audit.jsonl", "refused.jsonl"


class LogFile:
    """One file of lines, for its owner only; each line is appended and flushed. Not safe from several threads."""

    def __init__(self, path: Path, largest: int) -> None:
        """Beyond `largest` bytes it is full."""
        self.path, self._largest = path, largest
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._file = os.fdopen(handle, "a", encoding="utf-8", errors="backslashreplace")

    def write(self, line: str) -> bool:
        """Append a line and return whether the file is full now; OSError when the disk refuses."""
        self._file.write(line + "\n")
        self._file.flush()
        return self._file.tell() > self._largest

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def put_away(path: Path) -> threading.Thread:
    """Give a full file the next free number, to be kept for good; return the thread that compresses it."""
    stem = path.name.removesuffix(".jsonl")
    numbers = [int(old.name.split("-")[-1].split(".")[0]) for old in path.parent.glob(f"{stem}-[0-9]*.jsonl*")]
    aside = path.with_name(f"{stem}-{max(numbers, default=0) + 1:06d}.jsonl")
    os.replace(path, aside)
    thread = threading.Thread(target=_compress, args=(aside,), name="steelyard-audit")
    thread.start()
    return thread


def _compress(path: Path) -> None:
    """Replace a file by a compressed one; while that is not whole, the file stays."""
    temporary, target = path.with_name(f".{path.name}.part"), path.with_name(f"{path.name}.gz")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with path.open("rb") as plain, os.fdopen(handle, "wb") as file, gzip.open(file, "wb", 6) as packed:
            shutil.copyfileobj(plain, packed)
        os.replace(temporary, target)
        path.unlink()
    except OSError:
        temporary.unlink(missing_ok=True)


def rotate(path: Path) -> dict[str, Any] | None:
    """Make a full file ``….1``, that one ``….2``; return what the oldest held if it had to go: entries, until."""
    oldest, gone = _aside(path, KEPT - 1), None
    if oldest.exists():
        lines = oldest.read_bytes().splitlines()
        gone = {"file": path.name, "entries": len(lines), "until": _when(lines[-1] if lines else b"")}
    for number in range(KEPT - 1, 0, -1):
        newer = _aside(path, number - 1)
        if newer.exists():
            os.replace(newer, _aside(path, number))
    return gone


def last_lines(path: Path, count: int) -> list[str]:
    """Return the last lines of a file, none when it is not there."""
    if not path.exists():
        return []
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - 1000 * count))
        return file.read().decode("utf-8", "replace").splitlines()[-count:]


def read_line(line: str) -> dict[str, Any] | None:
    """Return the entry of a line, None when it is none (the last one of a log that is being written may be cut)."""
    try:
        return dict(json.loads(line))
    except (ValueError, TypeError):
        return None


def read_log(folder: Path) -> list[dict[str, Any]]:
    """Return every entry that the audit log of a server's folder still holds, oldest first."""
    stem = DONE.removesuffix(".jsonl")
    packed = sorted(folder.glob(f"{stem}-*.jsonl.gz"))
    plain = [path for path in sorted(folder.glob(f"{stem}*.jsonl")) if path.with_name(f"{path.name}.gz") not in packed]
    texts = [_text(path) for path in (*sorted(folder.glob(f"{REFUSED}*"), reverse=True), *packed, *plain)]
    found = [entry for text in texts for line in text.splitlines() if (entry := read_line(line)) is not None]
    return sorted(found, key=lambda entry: str(entry.get("when")))


def _text(path: Path) -> str:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return data.decode("utf-8", "replace")


def _aside(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}") if number else path


def _when(line: bytes) -> str:
    return str((read_line(line.decode("utf-8", "replace")) or {}).get("when"))
