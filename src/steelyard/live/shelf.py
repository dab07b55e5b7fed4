"""The shelf of snapshots: each one file, written whole or not at all, and refused when it does not fit."""

import hashlib
import json
import os
import re
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from steelyard import __version__
from steelyard.errors import DataError, SteelyardError
from steelyard.live.agenda import FIELDS
from steelyard.live.engine import State

FORMAT, MOST = 1, 100
_NAME = re.compile(r"[\w][\w\-]{0,63}")
ENDING = ".snapshot"


class Shelf:
    """Snapshots by name under one folder; works of the same process share them."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._one_at_a_time = folder, Lock()

    def save(self, name: str, process: str, state: State, **about: Any) -> dict[str, Any]:
        """Keep a state under a new name; return its head. SteelyardError for a bad or taken name, or a full shelf."""
        with self._one_at_a_time:
            return self._save(self._path(name), name, process, state, about)

    def _save(self, path: Path, name: str, process: str, state: State, about: dict[str, Any]) -> dict[str, Any]:
        if path.exists():
            raise SteelyardError(f"there is a snapshot {name!r} already; choose another name")
        if len(self.table()) >= MOST:
            raise SteelyardError(f"there are {MOST} snapshots already; remove some in {self._folder}")
        head = {
            "format": FORMAT, "name": name, "process": process, "version": __version__, "time_s": state.time_s,
            "steps": state.steps, "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "layout": _layout(state.record), "content": _content(state.record), **about,
        }  # fmt: skip
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = self._folder / f".{name}.{os.getpid()}.part"
        try:
            with temporary.open("wb") as file:
                np.savez_compressed(
                    file, head=np.frombuffer(json.dumps(head).encode(), dtype=np.uint8), agenda=state.agenda,
                    record=np.frombuffer(state.record.tobytes(), dtype=np.uint8),
                )  # fmt: skip
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except OSError as error:
            raise DataError(f"the snapshot {path} cannot be written ({error.strerror}); is the disk full?") from error
        finally:
            temporary.unlink(missing_ok=True)
        return head

    def load(self, name: str, process: str, like: np.ndarray, about: dict[str, Any] | None = None) -> State:
        """Return a state for a record like this one of a works that is `about` this (plant, scenario, seed).

        DataError when it is damaged, or of another works or version.
        """
        path = self._path(name)
        if not path.exists():
            known = ", ".join(str(head["name"]) for head in self.table()) or "none"
            raise SteelyardError(f"there is no snapshot {name!r}; snapshots are: {known}")
        head, parts = _open(path)
        if head["process"] != process:
            raise DataError(f"snapshot {name!r} is of a {head['process']}, this works is a {process}")
        if head["version"] != __version__ or head["layout"] != _layout(like):
            raise DataError(
                f"snapshot {name!r} was made by Steelyard {head['version']}, which keeps its plant in another form "
                f"than this one ({__version__}); make it again"
            )
        _check_about(name, head.get("about"), about or {})
        record, agenda = parts
        if record.nbytes != like.nbytes or hashlib.sha256(record.tobytes()).hexdigest() != head["content"]:
            raise _damaged(path)
        return State(record.view(like.dtype).copy(), int(head["steps"]), agenda, float(head["time_s"]))

    def table(self) -> list[dict[str, Any]]:
        """Return the heads of all snapshots that can be read, oldest first."""
        found = []
        for path in self._folder.glob(f"*{ENDING}"):
            try:
                found.append(_open(path, only_head=True)[0])
            except DataError:
                continue
        return sorted(found, key=lambda head: (str(head["created"]), str(head["name"])))

    def _path(self, name: str) -> Path:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise SteelyardError(f"{str(name)[:80]!r} cannot be a snapshot's name: letters, digits, '-', '_', up to 64")
        return self._folder / f"{name}{ENDING}"


def _open(path: Path, only_head: bool = False) -> tuple[dict[str, Any], tuple[np.ndarray, np.ndarray]]:
    """Return head and (record bytes, agenda) of a file; DataError when it is no snapshot."""
    try:
        with np.load(path, allow_pickle=False) as file:
            head = dict(json.loads(file["head"].tobytes()))
            if head["format"] != FORMAT:
                raise DataError(f"{path} was written by another Steelyard (form {head['format']}); make it again")
            head["name"] = path.stem
            for key in ("process", "version", "layout", "content", "created"):
                head[key] = str(head[key])
            nothing = np.zeros(0, dtype=np.uint8)
            record, agenda = (nothing, nothing) if only_head else (file["record"], file["agenda"])
        if not only_head and (record.dtype != np.uint8 or record.ndim != 1 or agenda.shape[1:] != (FIELDS,)):
            raise ValueError("other arrays than a snapshot has")
        float(head["time_s"]), int(head["steps"])
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise _damaged(path) from error
    return head, (record, agenda)


def _check_about(name: str, of: Any, here: dict[str, Any]) -> None:
    """DataError when a snapshot is of another plant, scenario, seed or twin than the works here."""
    there = dict(of) if isinstance(of, dict) else {}
    other = [key for key in {**here, **there} if here.get(key) != there.get(key)]
    if other:
        theirs, ours = (", ".join(f"{key} {one.get(key)}" for key in other) for one in (there, here))
        raise DataError(f"snapshot {name!r} is of a works with {theirs}; this one has {ours}: serve it as that one was")


def _damaged(path: Path) -> DataError:
    return DataError(f"{path} is damaged or no snapshot; remove it and make it again")


def _layout(record: np.ndarray) -> str:
    """Return the SHA-256 of names, types and places of the fields of a record."""
    return hashlib.sha256(repr(record.dtype.descr).encode()).hexdigest()


def _content(record: np.ndarray) -> str:
    return hashlib.sha256(record.tobytes()).hexdigest()
