"""Subjects: what a trial must know of a process, one package for each. Nothing else in `trials` names a process."""

from importlib import import_module
from typing import TYPE_CHECKING

from steelyard.errors import DataError

if TYPE_CHECKING:
    from steelyard.trials.subjects.base import Subject

PROCESSES = ("ladle_furnace", "hot_bar_line")


def subject(process: str) -> "Subject":
    """Return the subject of a process; DataError that lists the processes when there is none."""
    if process not in PROCESSES:
        raise DataError(f"there is no trial of process {process!r}; processes are: {', '.join(PROCESSES)}")
    found: Subject = import_module(f"steelyard.trials.subjects.{process}").SUBJECT
    return found
