"""The memory of a recording: a few chunks that go round between the engine, which fills them, and the writer.

Every method may be called from any thread; `room`, `reserve` and `add` belong to the engine, `next_full`, `written` and
`merged` to the writer.
"""

import time
from collections import deque
from collections.abc import Sequence
from threading import Condition
from typing import Protocol

import numpy as np

from steelyard.errors import DataError
from steelyard.hub.parts import Chunk, Part


class Step(Protocol):
    """One step to be recorded, arrays of shape (signals,): see `steelyard.plant.frame.Frame`."""

    @property
    def step(self) -> int:
        """Its number."""

    @property
    def time_s(self) -> float:
        """Plant time [s]."""

    @property
    def values(self) -> np.ndarray:
        """In trade units."""

    @property
    def status(self) -> np.ndarray:
        """0 good, 1 uncertain, 2 bad."""

    @property
    def offset(self) -> np.ndarray:
        """Time stamps less plant time [s]."""


class Memory:
    """Chunks of `rows` steps of `width` signals: one is filled, some wait for the disk, one is always spare."""

    def __init__(self, chunks: int, rows: int, width: int) -> None:
        self.failure: str | None = None
        self.closing = False
        self.parts: list[Part] = []
        self._rows = rows
        self._change = Condition()
        self._free = [Chunk(rows, width) for _ in range(chunks)]
        self._open: Chunk | None = None
        self._full: deque[Chunk] = deque()
        self._branch, self._next = 0, -1

    def room(self, rows: int) -> bool:
        """Return whether `rows` more steps fit without waiting (or as many as one chunk holds)."""
        with self._change:
            return self._left() >= min(rows, self._rows)

    def _left(self) -> int:
        """Return how many steps fit while one chunk stays spare, for a branch that begins."""
        return (len(self._free) - 1) * self._rows + (self._rows - self._open.rows if self._open is not None else 0)

    def reserve(self) -> None:
        """Wait until one more step fits; DataError when it cannot be written, or all is closed."""
        with self._change:
            while self._left() < 1 and not (self.closing or self.failure):
                self._change.wait(0.5)
            if self.closing or self._left() < 1:
                raise DataError(self.failure or "the recording is closed")

    def add(self, frame: Step) -> None:
        """Keep a step for which there is room; a step that does not follow the last one begins a new branch."""
        with self._change:
            if self._open is not None and frame.step != self._next:
                self._seal(self._open)
            chunk = self._open or self._begin(frame.step)
            k = chunk.rows
            chunk.time[k], chunk.values[k] = frame.time_s, frame.values
            chunk.status[k], chunk.offset[k] = frame.status, frame.offset
            chunk.rows, self._next = k + 1, frame.step + 1
            if chunk.rows == self._rows:
                self._seal(chunk)

    def _begin(self, step: int) -> Chunk:
        self._branch += int(self._next not in (-1, step))
        chunk = self._free.pop()
        chunk.branch, chunk.first, chunk.rows, chunk.opened = self._branch, step, 0, time.monotonic()
        self._open = chunk
        return chunk

    def _seal(self, chunk: Chunk) -> None:
        self._full.append(chunk)
        self._open = None
        self._change.notify_all()

    def next_full(self, seconds: float) -> Chunk | None:
        """Wait for a chunk that is full, or open for `seconds`; None when all is written and closed."""
        with self._change:
            while not self._full:
                left = seconds if self._open is None else self._open.opened + seconds - time.monotonic()
                if self._open is not None and (left <= 0.0 or self.closing):
                    self._seal(self._open)
                elif self.closing:
                    return None
                else:
                    self._change.wait(left)
            return self._full[0]

    def written(self, part: Part) -> None:
        """The oldest full chunk lies on the disk as `part`: its memory is free again."""
        with self._change:
            self.failure = None
            self.parts.append(part)
            self._free.append(self._full.popleft())
            self._change.notify_all()

    def merged(self, old: Sequence[Part], part: Part) -> None:
        """The newest parts `old` are one part now."""
        with self._change:
            self.parts[-len(old) :] = [part]

    def fail(self, why: str, wait_s: float) -> None:
        """Say why the disk refuses, and wait before it is tried again."""
        with self._change:
            self.failure = why
            self._change.notify_all()
            if not self.closing:
                self._change.wait(wait_s)

    def close(self) -> None:
        """Take no more steps; what is there can still be written."""
        with self._change:
            self.closing = True
            self._change.notify_all()

    def unwritten(self) -> int:
        """Return how many steps are in memory only."""
        with self._change:
            return sum(chunk.rows for chunk in (*self._full, *([self._open] if self._open else [])))

    def pieces(self, places: Sequence[int]) -> list[Part | Chunk]:
        """Return the parts on disk and copies of these columns of what is in memory, in the order of the steps."""
        with self._change:
            chunks = [*self._full, *([self._open] if self._open is not None else [])]
            return [*self.parts, *(chunk.excerpt(places) for chunk in chunks)]
