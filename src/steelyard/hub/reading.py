"""Strict reading of CSV files: every refusal names file, row, column and remedy. Row 1 is the header."""

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.errors import DataError
from steelyard.hub.clocks import split_zones
from steelyard.hub.figures import grouping, looks_plain, pointed

if TYPE_CHECKING:
    import polars as pl

SEPARATORS = (",", ";", "\t")
TIME_FORMATS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y-%m-%d",
)
_GUESSES = ("cp949", "cp1251", "utf-16")


@dataclass(frozen=True)
class Format:
    """How a file is written. None means: find out, and refuse when in doubt."""

    encoding: str | None = None
    separator: str | None = None
    decimal: str = "."
    time_format: str | None = None


@dataclass
class RawTable:
    """A file as text: header, columns of cells, and the row number of each record in the file."""

    path: Path
    header: list[str]
    cells: dict[str, list[str]]
    rows: list[int]
    blank_rows: list[int] = field(default_factory=list)
    cut: bool = False  # the last line has no line end: the file may have been cut
    zones: set[str] = field(default_factory=set)  # time zones of the times read so far; "" = written without
    thousands: set[str] = field(default_factory=set)  # columns that separate thousands
    keys: dict[str, int] | None = None  # number of each heat, where heats have names

    @property
    def name(self) -> str:
        """The file's name, as messages show it."""
        return self.path.name

    def heat(self, key: int) -> str:
        """Return a heat as the file names it."""
        return next((name for name, number in (self.keys or {}).items() if number == key), str(key))

    def refuse(self, row: int | None, column: str | None, what: str, remedy: str) -> DataError:
        """Return a DataError that says where, what and how to mend it."""
        where = ", ".join(
            part
            for part in (str(self.path), f"row {row}" if row else "", f"column {column!r}" if column else "")
            if part
        )
        return DataError(f"{where}: {what}; {remedy}")


def read_csv(path: Path, how: Format, needed: str = "") -> RawTable:
    """Read a CSV file as text; `needed` says why the file must be there.

    DataError: missing, empty, binary, cut inside a row, or its header is unsound.
    """
    text = _decode(path, how, needed)
    header_line = text.split("\n", 1)[0].rstrip("\r")
    separator = how.separator or max(SEPARATORS, key=header_line.count)
    records, blank, header = [], [], None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    raw = RawTable(path, [], {}, [])
    try:
        for record in reader:
            if header is None:
                header = _checked_header(raw, record)
            elif not any(cell.strip() for cell in record):
                blank.append(reader.line_num)
            elif len(record) != len(header):
                raise raw.refuse(
                    reader.line_num,
                    None,
                    f"{len(record)} fields where the header has {len(header)}",
                    "the file was cut or a cell holds the separator: export it again, or state [format] separator",
                )
            else:
                records.append(record)
                raw.rows.append(reader.line_num)
    except csv.Error as error:
        raise raw.refuse(
            reader.line_num,
            None,
            "this is not a CSV row: a quote is not closed, or a cell is far too long",
            "export the file again",
        ) from error
    if header is None or not records:
        raise raw.refuse(None, None, "the file has no rows of data", f"export it again{needed}")
    raw.header, raw.blank_rows, raw.cut = header, blank, not text.endswith(("\n", "\r"))
    raw.cells = {
        name: [cell.strip() for cell in column] for name, column in zip(header, zip(*records, strict=True), strict=True)
    }
    return raw


def _decode(path: Path, how: Format, needed: str) -> str:
    """Return the file's text."""
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise DataError(_missing(path, needed)) from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the path and the rights") from error
    if not content.strip():
        raise DataError(f"{path}: the file is empty; export it again{needed}")
    encoding = how.encoding or "utf-8-sig"
    if b"\x00" in content and "16" not in encoding:
        raise DataError(
            f"{path}: this is a binary file or UTF-16 text, not a CSV; save it as 'CSV UTF-8' and import again"
        )
    try:
        return content.decode(encoding)
    except LookupError as error:
        raise DataError(f"{path}: encoding {encoding!r} is not known; use utf-8, cp949 or cp1251") from error
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        fits = ", ".join(guess for guess in _GUESSES[:2] if _decodes(content, guess)) or "none of cp949, cp1251"
        raise DataError(
            f"{path}, row {row}: not {encoding} text; it could be {fits}: "
            'state it in the mapping file as [format] encoding = "…", or save the file as UTF-8'
        ) from error


def _decodes(content: bytes, encoding: str) -> bool:
    """Return whether `content` is text in `encoding`."""
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _missing(path: Path, needed: str) -> str:
    """Return the message for a file that is not there, with what is there instead."""
    folder = path.parent
    if not folder.is_dir():
        return f"{folder}: there is no such folder; check the path"
    there = sorted(entry.name for entry in folder.iterdir() if entry.is_file())[:12]
    return (
        f"{path}: the file is missing; the folder holds: {', '.join(there) or 'nothing'}. "
        'Other file names are stated in a mapping file: [files.NAME] file = "…" (--map)' + needed
    )


def _checked_header(raw: RawTable, record: list[str]) -> list[str]:
    """Return the column names; DataError when one is empty or stands twice."""
    header = [name.strip() for name in record]
    if "" in header and len(header) > 1:
        at = header.index("") + 1
        raise raw.refuse(1, None, f"column {at} has no name", "give every column a name in the first row")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise raw.refuse(1, twice[0], "this name stands twice in the header", "rename or remove one of the columns")
    return header


def numbers(raw: RawTable, column: str, decimal: str = ".") -> "pl.Series":
    """Return a column as numbers, empty cells as null; DataError at the first cell that is no finite number."""
    import polars as pl

    text = pl.Series(column, raw.cells[column], dtype=pl.String)
    groups = grouping(text, decimal)
    if groups == "thousands":
        raw.thousands.add(column)
    plain = pointed(text, decimal, groups == "thousands")
    values = plain.set(~looks_plain(plain) & (plain != ""), "x").cast(pl.Float64, strict=False)
    bad = (plain != "") & (values.is_null() | ~values.is_finite().fill_null(False))
    if bad.any():
        at = int(bad.arg_max() or 0)
        if groups == "doubtful":
            raise raw.refuse(raw.rows[at], column, *_doubtful(text[at], decimal))
        raise raw.refuse(
            raw.rows[at], column, f"{as_shown(text[at])} where a number must stand", _number_remedy(text[at], decimal)
        )
    return values


def _doubtful(cell: str, decimal: str) -> tuple[str, str]:
    """Return what is doubtful about 1,595 and how to mend it."""
    mark = "," if decimal == "." else "."
    what = f"{cell!r} may be {cell.replace(mark, '')} (thousands separated) or {cell.replace(mark, '.')}"
    other = f'state [format] decimal = "{mark}" in the mapping file if the mark is a decimal one'
    return what, f"export the column without thousands separators, or {other}"


def _number_remedy(cell: str, decimal: str) -> str:
    """Return how to mend a cell that is no number."""
    if cell.lower().strip("+-") in ("nan", "inf", "infinity", "null", "na", "n/a", "none"):
        return "leave the cell empty where nothing was measured"
    if "," in cell and decimal == ".":
        return 'if this is a decimal comma, state [format] decimal = "," in the mapping file'
    return "correct the cell, or leave it empty where nothing was measured"


def times(raw: RawTable, column: str, how: Format) -> "pl.Series":
    """Return a column as date-times (µs, as written: no time zone); DataError at the first cell that is no time."""
    import polars as pl

    text = pl.Series(column, raw.cells[column], dtype=pl.String)
    given = text != ""
    bare, zones, time_format = split_zones(text, how.time_format)
    _one_way(raw, column, text, zones)
    best, best_count = None, -1
    for pattern in (time_format,) if time_format else TIME_FORMATS:
        values = _parse_times(bare, pattern)
        count = int(values.is_not_null().sum())
        if count > best_count:
            best, best_count = values, count
        if count == given.sum():
            break
    assert best is not None
    bad = given & (best.is_null() | ~best.dt.year().is_between(1970, 2100).fill_null(False))
    if bad.any():
        at = int(bad.arg_max() or 0)
        raise raw.refuse(
            raw.rows[at],
            column,
            f"{as_shown(text[at])} where a time must stand, such as 2019-05-03 11:02:14",
            'state another way of writing as [format] time_format = "%d.%m.%Y %H:%M:%S" in the mapping file',
        )
    return best


def _one_way(raw: RawTable, column: str, text: "pl.Series", zones: "pl.Series") -> None:
    """Remember the time zones of a column; DataError when some of its times have one and others have none."""
    given = text != ""
    lacking = given & zones.is_null()
    found = set(zones.drop_nulls().to_list())
    if found and lacking.any():
        at = int(lacking.arg_max() or 0)
        raise raw.refuse(
            raw.rows[at],
            column,
            f"{as_shown(text[at])} has no time zone, other times of this column have {min(found)}",
            "export all times in one way, best in the plant's own time without zone",
        )
    raw.zones |= found or ({""} if given.any() else set())


def _parse_times(text: "pl.Series", pattern: str) -> "pl.Series":
    """Return date-times where the text has this pattern, null elsewhere; DataError when the pattern itself is wrong."""
    import polars as pl

    try:
        if not any(mark in pattern for mark in ("%H", "%I", "%T")):
            return text.str.to_date(pattern, strict=False).cast(pl.Datetime("us"))
        return text.str.to_datetime(pattern, strict=False, time_unit="us", exact=True).cast(pl.Datetime("us"))
    except pl.exceptions.PolarsError as error:
        raise DataError(f"time_format {pattern!r} is not understood; write e.g. %d.%m.%Y %H:%M:%S") from error


def integers(raw: RawTable, column: str) -> "pl.Series":
    """Return a column of whole numbers (keys; names by their number); DataError at an empty cell or anything else."""
    import polars as pl

    if raw.keys is not None:
        return pl.Series(column, [raw.keys[cell] for cell in raw.cells[column]], dtype=pl.Int64)
    text = pl.Series(column, raw.cells[column], dtype=pl.String)
    bad = ~text.str.contains(r"^-?[0-9]{1,18}(\.0+)?$")
    if bad.any():
        at = int(bad.arg_max() or 0)
        raise raw.refuse(
            raw.rows[at],
            column,
            f"{as_shown(text[at])} where the number of a heat must stand",
            "number or name the heats (1, 2, 3 … or H1, H2, H3 …), the same in every file",
        )
    return text.str.replace(r"\.0+$", "").cast(pl.Int64)


def as_shown(cell: str) -> str:
    """Return a cell as a message shows it."""
    return "an empty cell" if cell == "" else repr(cell if len(cell) <= 40 else cell[:37] + "…")
