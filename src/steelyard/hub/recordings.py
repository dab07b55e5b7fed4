"""Recordings: every step of every signal of a live works, in the store while it runs.

The engine's thread copies each step into a chunk in memory; a thread of the recording writes full (or old) chunks to
the disk. Memory is the same however long it runs. When the disk cannot follow, or is full, the engine has to wait:
nothing is lost silently. A kill costs the steps that were in memory, at most those of the last `seconds` of the wall.
"""

import logging
import re
import shutil
import threading
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from steelyard import __version__
from steelyard.errors import DataError
from steelyard.hub.durable import write_json
from steelyard.hub.guard import Guard, is_guarded
from steelyard.hub.memory import Memory, Step
from steelyard.hub.parts import Chunk, Part, due_for_merging, merge, write_chunk
from steelyard.hub.recorded import ABOUT, PARTS, Recorded, again_when_merged, check_names, history_of
from steelyard.hub.texts import text

if TYPE_CHECKING:
    import polars as pl

KIND = "recording"
FOLDER, INCOMING = "recordings", "incoming"
ROWS, CHUNKS, SECONDS, AGAIN_S = 1_024, 4, 5.0, 1.0
MOST_VALUES = 200_000_000
_NAME = re.compile(r"[\w][\w.\-]{0,99}")
_log = logging.getLogger(__name__)


class Recording:
    """Records one works under a name of the store, see `Memory` for what the engine calls."""

    def __init__(
        self, root: Path, name: str, about: dict[str, Any] | None = None, *, rows: int = ROWS, seconds: float = SECONDS
    ) -> None:
        """`about` says what is recorded (plant, scenario, seed); `rows` or `seconds` of the wall close a chunk."""
        self.folder, self.name = root / FOLDER / name, name
        self._root, self._about, self._rows, self._seconds = root, dict(about or {}), rows, seconds
        self._units: dict[str, str] = {}
        self._memory = Memory(0, rows, 0)
        self._writer = threading.Thread(target=self._write, name="steelyard-recording", daemon=True)
        self._guard: Guard | None = None

    def begin(self, units: dict[str, str], about: dict[str, Any]) -> None:
        """Open it for these signals, in the order of the arrays of a step; DataError when the name is taken."""
        _check_free(self._root, self.name)
        self._units = dict(units)
        self._about |= about | {
            "synthetic": True, "version": __version__, "started": _now(), "ended": None,
            "units": {"signals": {"step": "1", "time_s": "s"} | units},
        }  # fmt: skip
        try:
            if not (self.folder / ABOUT).exists():  # left by one that died while it began
                shutil.rmtree(self.folder, ignore_errors=True)
            (self.folder / PARTS).mkdir(parents=True)
            self._guard = Guard(self.folder)
            write_json(self.folder / ABOUT, self._about)
        except OSError as error:
            raise DataError(f"{self.folder} cannot be written ({error.strerror}); is the disk full?") from error
        self._memory = Memory(CHUNKS, self._rows, len(units))
        self._writer.start()

    def sibling(self, end: str) -> "Recording":
        """Return a recording beside this one for a copy of the works, ``<name>-<end>``, not begun yet."""
        about = {key: value for key, value in self._about.items() if key not in ("started", "ended", "units")}
        return Recording(self._root, f"{self.name}-{end}", about, rows=self._rows, seconds=self._seconds)

    @property
    def failure(self) -> str | None:
        """What keeps it from writing, None while it can."""
        return self._memory.failure

    def unwritten(self) -> int:
        """Return how many steps are in memory only."""
        return self._memory.unwritten()

    def room(self, rows: int) -> bool:
        """Return whether `rows` more steps can be kept without waiting."""
        return self._memory.room(rows)

    def reserve(self) -> None:
        """Wait until one more step can be kept; DataError when it cannot be written, or the recording is closed."""
        self._memory.reserve()

    def add(self, frame: Step) -> None:
        """Keep a step for which there is room; a step that does not follow the last one begins a new branch."""
        self._memory.add(frame)

    def history(self, names: Sequence[str], start_s: float, end_s: float, limit: int = 10_000) -> dict[str, np.ndarray]:
        """Return what was recorded, to the last step; see `Recorded.history`."""
        check_names(names, self._units)
        order = list(self._units)
        places = [order.index(name) for name in names]
        return again_when_merged(lambda: history_of(self._memory.pieces(places), names, start_s, end_s, limit))

    def close(self) -> int:
        """Write what is still in memory and end the recording, which stays in the store.

        Return how many steps the disk did not take at last: they are lost, and the recording says so if it still can.
        """
        self._memory.close()
        if self._writer.is_alive():
            self._writer.join()
        lost = self._memory.unwritten()
        if self._guard is not None:
            try:
                write_json(self.folder / ABOUT, self._about | {"ended": _now(), "lost_steps": lost})
            except OSError as error:
                _log.error("the recording %r cannot be ended: %s", self.name, error)
            self._guard.release()
            self._guard = None
        return lost

    # -- the writer's thread ------------------------------------------------------------------------------------------
    def _write(self) -> None:
        import polars  # noqa: F401  at once, not when the first chunk waits

        while (chunk := self._memory.next_full(self._seconds)) is not None:
            part = self._to_disk(chunk)
            if part is None:
                _log.error("the last %d steps of the recording %r are lost", self._memory.unwritten(), self.name)
                return
            self._memory.written(part)
            self._merge()

    def _to_disk(self, chunk: Chunk) -> Part | None:
        """Write a chunk, again and again while the disk refuses; None when it still refuses at the end."""
        while True:
            last = self._memory.closing
            try:
                return write_chunk(self.folder / PARTS, chunk, list(self._units))
            except BaseException as error:  # noqa: BLE001 whatever it is: nothing may be lost silently
                if self.failure is None:
                    _log.error("the recording %r cannot be written: %s", self.name, error)
                self._memory.fail(f"the recording {self.name!r} cannot be written: {error}", AGAIN_S)
            if last:
                return None

    def _merge(self) -> None:
        """Merge small parts into larger ones; when that fails the small ones stay, and it is tried again later."""
        while not self._memory.closing and (old := due_for_merging(self._memory.parts)):
            try:
                part = merge(self.folder / PARTS, old)
            except Exception:  # noqa: BLE001 nothing is lost: the parts are still there
                _log.exception("parts of the recording %r cannot be merged", self.name)
                return
            self._memory.merged(old, part)
            for small in old:
                small.path.unlink(missing_ok=True)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _check_free(root: Path, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise DataError(f"{name!r} cannot be a recording's name; use letters, digits, '.', '-' and '_'")
    from steelyard.hub.store import open_store

    store = open_store(root)
    try:
        if name in store.names():
            raise DataError(f"there is a data set {name!r} already; choose another name")
    finally:
        store.close()


def recording_names(root: Path) -> list[str]:
    """Return the names of the recordings in a store, sorted."""
    folder = root / FOLDER
    return sorted(path.name for path in folder.iterdir() if (path / ABOUT).exists()) if folder.is_dir() else []


def open_recording(root: Path, name: str) -> Recorded:
    """Open a recording for reading, also while it runs; DataError when there is none of this name."""
    if name not in recording_names(root):
        known = ", ".join(recording_names(root)) or "none"
        raise DataError(f"there is no recording {name!r} in {root}; recordings are: {known}")
    return Recorded(root / FOLDER / name)


def is_running(root: Path, name: str) -> bool:
    """Return whether somebody records under this name now."""
    return is_guarded(root / FOLDER / name)


def describe_recording(root: Path, name: str) -> dict[str, Any]:
    """Return what the store says of a recording: kind, created, the table ``signals``, source with `running`."""
    found = open_recording(root, name)
    source = {key: value for key, value in found.about.items() if key != "units"}
    source["running"] = is_running(root, name)
    source["notes"] = _notes(source)
    columns = {column: {"type": "Float64", "unit": unit} for column, unit in ({"time_s": "s"} | found.units).items()}
    tables = {PARTS: {"rows": found.rows, "columns": columns}}
    created = str(found.about.get("started", ""))
    return {"name": name, "kind": KIND, "hash": "", "created": created, "tables": tables, "source": source}


def recording_table(root: Path, name: str, table: str) -> "pl.DataFrame":
    """Return all that counts of a recording: time_s and every signal; DataError when that is too much for memory."""
    import polars as pl

    if table != PARTS:
        raise DataError(f"the recording {name!r} has no table {table!r}; its tables are: {PARTS}")
    found = open_recording(root, name)
    if found.rows * len(found.units) > MOST_VALUES:
        raise DataError(f"the recording {name!r} is too long to be read at once: read signals of it (open_recording)")
    keys = ["time_s", *found.names]
    blocks = [pl.DataFrame({key: block[key] for key in keys}) for block in found.blocks()]
    return pl.concat(blocks) if blocks else pl.DataFrame(schema=dict.fromkeys(keys, pl.Float64))


def _notes(source: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a reader of a recording should know first."""
    told = ", ".join(f"{key} {source[key]}" for key in ("process", "plant", "scenario", "seed") if key in source)
    notes = [("synthetic", text(f"SYNTHETIC: recorded from a virtual works ({told})",
                                f"합성 데이터: 가상 공장에서 기록했습니다({told})"))]  # fmt: skip
    if source["running"]:
        notes.append(("running", text("it is still being recorded", "아직 기록 중입니다")))
    elif source.get("lost_steps"):
        steps = source["lost_steps"]
        notes.append(("lost", text(f"the disk did not take its last {steps} steps: they are lost",
                                   f"디스크에 기록하지 못해 마지막 {steps}개 스텝이 없습니다")))  # fmt: skip
    elif not source.get("ended"):
        cut = text("it ended without a proper stop: the last seconds may be missing",
                   "정상적으로 종료되지 않았습니다. 마지막 몇 초가 없을 수 있습니다")  # fmt: skip
        notes.append(("cut", cut))
    return [{"id": identifier, "message": message, "evidence": {}} for identifier, message in notes]


def remove_recording(root: Path, name: str) -> None:
    """Remove a recording; DataError when there is none, or while it runs."""
    folder = open_recording(root, name).folder
    if is_running(root, name):
        raise DataError(f"the recording {name!r} runs; stop the works first")
    away = root / INCOMING / f"{name}-{uuid.uuid4().hex[:12]}"
    away.parent.mkdir(parents=True, exist_ok=True)
    folder.rename(away)
    shutil.rmtree(away, ignore_errors=True)
