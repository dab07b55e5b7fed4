"""What every command shares: JSON or a human view, a progress bar on stderr, the language."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

LANGUAGES = ("en", "ko")
Progress = Callable[..., None]


def emit(result: Any, json_out: bool, human: Callable[[], None]) -> None:
    """Print `result` as JSON on stdout when asked, else call `human` to print its view."""
    if json_out:
        print(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        human()


def console() -> Any:
    """Return a rich console on stdout."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=False)


@contextmanager
def progress(description: str, silent: bool = False) -> Iterator[Progress]:
    """Give a callback(fraction, text) that draws a bar on stderr; silent without a terminal or when asked."""
    if silent or not sys.stderr.isatty():
        yield lambda fraction=0.0, text="": None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(description, total=1.0)

        def report(fraction: float, text: str = "") -> None:
            bar.update(task, completed=fraction, description=f"{description} {text}".rstrip())

        yield report


def moment(text: str) -> str:
    """Return a moment (UTC) to the second.

    >>> moment("2026-11-23T08:07:48.487+00:00")
    '2026-11-23 08:07:48'
    """
    return text[:19].replace("T", " ")


def language(option: str | None) -> str:
    """Return "en" or "ko": the option, else STEELYARD_LANG, else English."""
    from steelyard.errors import SteelyardError

    chosen = (option or os.environ.get("STEELYARD_LANG") or "en").lower()[:2]
    if chosen not in LANGUAGES:
        raise SteelyardError(f"language {option or chosen!r} is not known; use --lang en or --lang ko")
    return chosen


def folding(heads: Iterable[str]) -> list[Any]:
    """Return table columns whose text folds at the edge; cropping loses Korean syllables. Heads are plain text."""
    from rich.markup import escape
    from rich.table import Column

    return [Column(escape(head), overflow="fold") for head in heads]


def plain_table(
    heads: Iterable[str], rows: Iterable[Sequence[str]], title: str = "", styles: Sequence[str] = ()
) -> Any:
    """Return a table of plain texts: a unit such as ``[s]`` stands in it as it is. `styles` has one for each row."""
    from rich.table import Table
    from rich.text import Text

    table = Table(*folding(heads), title=Text(title, style="italic") if title else None)
    for k, row in enumerate(rows):
        table.add_row(*(Text(cell) for cell in row), style=styles[k] if styles else None)
    return table


def language_or_english() -> str:
    """Return STEELYARD_LANG where it names a known language, else English; for messages that must not fail."""
    chosen = os.environ.get("STEELYARD_LANG", "en").lower()[:2]
    return chosen if chosen in LANGUAGES else "en"
