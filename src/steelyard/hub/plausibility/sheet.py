"""A table made ready for the checks: numbers as arrays, and which column is time, batch, label."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from steelyard.errors import DataError
from steelyard.hub.plausibility.quantity_guess import Kind, guess, tokens

if TYPE_CHECKING:
    import polars as pl

_GROUP = re.compile(
    r"(^|[_\s])(key|heat|heat_?(id|no|number)|lot|lot_?(id|no)|batch|batch_?(id|no)|charge|trial|recording|run|campaign|"
    r"히트|로트|배치|차지|용해번호)($|[_\s])",
    re.IGNORECASE,
)
_LABEL_WORDS = {
    "passorfail",
    "passfail",
    "pass",
    "fail",
    "defect",
    "defects",
    "fault",
    "faults",
    "label",
    "class",
    "target",
    "result",
    "quality",
    "judgement",
    "judgment",
    "ok",
    "ng",
    "scale",
    "y",
    "reject",
    "rejects",
    "grade",
    "판정",
    "불량",
    "합부",
    "품질",
    "결과",
    "등급",
}
_LABEL_VALUES = (
    {"양품", "불량"},
    {"정상", "불량"},
    {"합격", "불합격"},
    {"good", "bad"},
    {"pass", "fail"},
    {"ok", "ng"},
    {"normal", "abnormal"},
    {"stable", "risk"},
    {"good", "defect"},
)
_VALUE_WORDS = {"yield", "usage", "consumption", "hardness", "strength", "fatigue", "수율"}
MOST_CLASSES = 12


@dataclass
class Sheet:
    """One table. `numbers`: float arrays, nan where empty; `words`: text columns as lists of str or None."""

    name: str
    rows: int
    columns: list[str]
    numbers: dict[str, np.ndarray]
    words: dict[str, list[str | None]]
    times: dict[str, np.ndarray]  # seconds since 1970, nan where empty
    kinds: dict[str, Kind]
    time: str | None = None
    group: str | None = None
    runs: np.ndarray | None = None  # number of the batch of each row (consecutive rows of one value of `group`)
    labels: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)  # continuous targets
    stated_target: bool = False
    distinct: dict[str, int] = field(default_factory=dict)

    @property
    def targets(self) -> list[str]:
        """Labels and continuous targets."""
        return [*self.labels, *self.values]

    def clock(self) -> np.ndarray | None:
        """Return the time column in seconds, or None."""
        return self.times.get(self.time) if self.time else None

    def is_order(self, column: str) -> bool:
        """Return whether a numeric column just numbers the rows (never falls in file order, or in each batch)."""
        values = self.numbers[column]
        steps = np.diff(values[np.isfinite(values)])
        return steps.size > 1 and self.distinct[column] > 10 and bool((steps >= 0).all())

    def measured(self) -> list[str]:
        """Return numeric columns that can be process variables: more than ten values, no counters, orders, labels."""
        return [
            name
            for name in self.numbers
            if self.distinct[name] > 10
            and not self.kinds[name].counts
            and name not in self.labels
            and name != self.group
            and not self.is_order(name)
        ]


def prepare(
    name: str,
    frame: "pl.DataFrame",
    units: dict[str, str] | None = None,
    group: str | None = None,
    time: str | None = None,
    target: str | None = None,
) -> Sheet:
    """Return a table ready for the checks; roles not stated are found from names and content. DataError: no column."""
    for option, column in (("--group", group), ("--time", time), ("--target", target)):
        if column is not None and column not in frame.columns:
            raise DataError(
                f"{option} {column!r}: table {name!r} has no such column; columns are: {', '.join(frame.columns)}"
            )
    numbers, words, times = _split(frame)
    kinds = {column: guess(column, (units or {}).get(column, "")) for column in frame.columns}
    sheet = Sheet(name, frame.height, list(frame.columns), numbers, words, times, kinds)
    sheet.distinct = {column: int(np.unique(values[np.isfinite(values)]).size) for column, values in numbers.items()}
    sheet.distinct |= {column: len(set(values) - {None}) for column, values in words.items()}
    if time is not None and time not in times:
        raise DataError(f"--time {time!r} is not a column of times; columns of times are: {', '.join(times) or 'none'}")
    sheet.time = time or _find_time(sheet)
    sheet.group = group or _find_group(sheet)
    if sheet.group:
        sheet.runs = _run_numbers(_codes(sheet, sheet.group))
    sheet.stated_target = target is not None
    if target is not None:
        categorical = target in words or sheet.distinct.get(target, 0) <= MOST_CLASSES
        sheet.labels, sheet.values = ([target], []) if categorical else ([], [target])
    else:
        sheet.labels, sheet.values = _find_targets(sheet)
    return sheet


def codes(sheet: Sheet, column: str) -> np.ndarray:
    """Return a column of any type as whole numbers, equal where the values are equal; -1 where empty."""
    return _codes(sheet, column)


def _codes(sheet: Sheet, column: str) -> np.ndarray:
    if column in sheet.words:
        values = sheet.words[column]
        index = {value: at for at, value in enumerate(dict.fromkeys(v for v in values if v is not None))}
        return np.array([-1 if value is None else index[value] for value in values], dtype=np.int64)
    array = sheet.numbers.get(column, sheet.times.get(column))
    assert array is not None
    found = np.full(array.size, -1, dtype=np.int64)
    given = np.isfinite(array)
    found[given] = np.unique(array[given], return_inverse=True)[1]
    return found


def _split(frame: "pl.DataFrame") -> tuple[dict[str, np.ndarray], dict[str, list[str | None]], dict[str, np.ndarray]]:
    """Return numeric, text and time columns."""
    import polars as pl

    numbers: dict[str, np.ndarray] = {}
    words: dict[str, list[str | None]] = {}
    times: dict[str, np.ndarray] = {}
    for name in frame.columns:
        column = frame[name]
        if column.dtype.is_numeric() or column.dtype == pl.Boolean or column.dtype == pl.Null:
            numbers[name] = column.cast(pl.Float64).fill_null(np.nan).to_numpy().astype(float)
        elif column.dtype in (pl.Date,) or isinstance(column.dtype, pl.Datetime):
            stamps = column.cast(pl.Datetime("us")).to_physical()
            times[name] = stamps.cast(pl.Float64).fill_null(np.nan).to_numpy() / 1e6
        else:
            moments = _as_times(column)
            if moments is None:
                words[name] = column.cast(pl.String, strict=False).to_list()
            else:
                times[name] = moments
    return numbers, words, times


def _as_times(column: "pl.Series") -> np.ndarray | None:
    """Return a text column as seconds when every given cell is a time, else None."""
    import polars as pl

    from steelyard.hub.reading import TIME_FORMATS, _parse_times

    if column.dtype != pl.String or not column.drop_nulls().len():
        return None
    sample = column.drop_nulls().head(50)
    for pattern in TIME_FORMATS:
        if _parse_times(sample, pattern).is_not_null().all():
            moments = _parse_times(column, pattern)
            if moments.null_count() == column.null_count():
                return moments.to_physical().cast(pl.Float64).fill_null(np.nan).to_numpy() / 1e6
    return None


def _find_time(sheet: Sheet) -> str | None:
    """Return the time column with the finest stamps that mostly rises; names like time, start, date go first."""
    best, best_score = None, 0.0
    for name, values in sheet.times.items():
        given = values[np.isfinite(values)]
        if given.size < 3:
            continue
        score = np.unique(given).size / given.size + float(np.mean(np.diff(given) >= 0))
        score += 0.05 if set(tokens(name)) & {"time", "start", "timestamp", "date", "registration", "interval"} else 0.0
        if score > best_score + 1e-9:
            best, best_score = name, score
    return best


def _find_group(sheet: Sheet) -> str | None:
    """Return the column that numbers batches: named like one, at least 5 batches of 3 rows and more on average."""
    best, best_runs = None, 0
    for name in sheet.columns:
        if name in sheet.times or not _GROUP.search(re.sub(r"([a-z])([A-Z])", r"\1_\2", name)):
            continue
        count = int(_run_numbers(_codes(sheet, name))[-1]) + 1 if sheet.rows else 0
        if count >= 5 and sheet.rows >= 3 * count and count > best_runs:
            best, best_runs = name, count
    return best


def _run_numbers(values: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(np.diff(values) != 0)]).astype(np.int64) if values.size else values


def is_label_name(name: str) -> bool:
    """Return whether a column is named like a verdict."""
    return bool(set(tokens(name)) & _LABEL_WORDS) or name.lower().replace("_", "") in _LABEL_WORDS


def _is_value(name: str) -> bool:
    """Return whether a column is named like a continuous target."""
    return bool(set(tokens(name)) & _VALUE_WORDS) or name.lower() in ("y", "target", "process_rate_pct")


def _find_targets(sheet: Sheet) -> tuple[list[str], list[str]]:
    """Return the columns that look like labels (few classes) and like continuous targets."""
    labels, values = [], []
    for name in sheet.columns:
        if name in sheet.times or name == sheet.group:
            continue
        content = {str(v).strip().lower() for v in sheet.words.get(name, ()) if v is not None}
        named = is_label_name(name)
        if 2 <= sheet.distinct.get(name, 0) <= MOST_CLASSES and (named or content in _LABEL_VALUES):
            labels.append(name)
        elif _is_value(name) and name in sheet.numbers and sheet.distinct[name] > MOST_CLASSES:
            values.append(name)
    last = sheet.columns[-1] if sheet.columns else None
    if not labels and last and last not in sheet.times and sheet.distinct.get(last, 0) == 2:
        labels.append(last)
    return labels, values
