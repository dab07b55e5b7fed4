"""Any table of a company: one CSV or Parquet file, column types found from the content."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.errors import DataError
from steelyard.hub.clocks import check_zones, one_clock, split_zones
from steelyard.hub.figures import grouping, pointed
from steelyard.hub.ledger import Ledger
from steelyard.hub.mapping import Mapping, load_mapping
from steelyard.hub.reading import TIME_FORMATS, Format, RawTable, _decodes, _parse_times, read_csv

if TYPE_CHECKING:
    import polars as pl

MISSING_MARKS = (
    "",
    "?",
    "-",
    "--",
    "na",
    "n/a",
    "#n/a",
    "nan",
    "null",
    "none",
    "nil",
    "inf",
    "-inf",
    "+inf",
    "missing",
)
MOSTLY = 0.95  # a column is of a type when so many of its given cells are
_OTHER_TIMES = (
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%Y.%m.%d %H:%M:%S",
    "%Y%m%d%H%M%S",
    "%Y%m%d",
)
_UNIT_ENDS = {
    "c": "°C",
    "degc": "°C",
    "k": "K",
    "f": "°F",
    "mm": "mm",
    "m": "m",
    "s": "s",
    "min": "min",
    "h": "h",
    "kg": "kg",
    "t": "t",
    "mwh": "MWh",
    "kwh": "kWh",
    "kvarh": "kVArh",
    "mvarh": "MVArh",
    "kn": "kN",
    "mn": "MN",
    "knm": "kN·m",
    "nm": "N·m",
    "kpa": "kPa",
    "mpa": "MPa",
    "bar": "bar",
    "pct": "%",
    "percent": "%",
    "ppm": "ppm",
    "m3": "m³",
    "nm3": "Nm³",
    "mw": "MW",
    "kw": "kW",
    "a": "A",
    "v": "V",
    "ka": "kA",
}


def unit_of(column: str) -> str:
    """Return the unit that a column's name ends with, or "": ``roll_force_kN`` → kN, ``temp [°C]`` → °C."""
    bracket = re.search(r"[\[(]\s*([^\])]+?)\s*[\])]\s*$", column)
    if bracket:
        inside = bracket.group(1)
        return _UNIT_ENDS.get(inside.lower().replace("°", "deg"), inside if len(inside) <= 8 else "")
    parts = re.split(r"[_\s./]+", column)
    return _UNIT_ENDS.get(parts[-1].lower(), "") if len(parts) > 1 else ""


def units_of(columns: list[str]) -> dict[str, str]:
    """Return column → unit for the columns whose names end with one."""
    return {column: unit_of(column) for column in columns if unit_of(column)}


def read_table(path: Path, mapping: Path | None, ledger: Ledger) -> "pl.DataFrame":
    """Return a CSV or Parquet file as a table; what is left out stands in the ledger. DataError: cannot be read."""
    if path.is_dir():
        raise DataError(f"{path}: this is a folder; give one CSV or Parquet file")
    how = load_mapping(mapping, ("table",), ())
    if path.suffix.lower() in (".parquet", ".pq"):
        return _read_parquet(path)
    entry = how.file("table")
    raw = read_csv(path, _encoding(path, entry.format, ledger))
    frame = _typed(raw, entry.format, ledger)
    return _renamed(frame, raw, how)


def _renamed(frame: "pl.DataFrame", raw: RawTable, how: Mapping) -> "pl.DataFrame":
    """Return the frame with the mapping's names (ours = "theirs")."""
    names = {theirs: ours for ours, theirs in how.file("table").columns.items()}
    for theirs in names:
        if theirs not in raw.header:
            raise raw.refuse(1, theirs, "there is no such column", f"the header is: {', '.join(raw.header[:20])}")
    return frame.rename(names)


def _read_parquet(path: Path) -> "pl.DataFrame":
    import polars as pl

    try:
        frame = pl.read_parquet(path)
    except FileNotFoundError as error:
        raise DataError(f"{path}: the file is missing; check the path") from error
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataError(f"{path}: damaged, or no Parquet file; export it again") from error
    if not frame.height:
        raise DataError(f"{path}: the table has no rows")
    return frame


def _encoding(path: Path, how: Format, ledger: Ledger) -> Format:
    """Return the format with an encoding: as stated, else UTF-8, else cp949 (Korean) or cp1251 (Cyrillic), noted."""
    if how.encoding or not path.is_file():
        return how
    content = path.read_bytes()
    if _decodes(content, "utf-8-sig") or b"\x00" in content:
        return how
    for encoding, letters in (("cp949", r"[가-힣]"), ("cp1251", r"[А-Яа-я]")):
        if _decodes(content, encoding) and len(re.findall(letters, content.decode(encoding))) >= 2:
            ledger.note(
                "encoding", f"{path.name}: read as {encoding}", f"{path.name}: {encoding} 인코딩으로 읽었습니다"
            )
            return Format(encoding, how.separator, how.decimal, how.time_format)
    return how


def _typed(raw: RawTable, how: Format, ledger: Ledger) -> "pl.DataFrame":
    """Return the cells as numbers, times or text, column by column; cells that do not fit are listed."""
    import polars as pl

    columns, listed = {}, 0
    given = sum(1 for cells in raw.cells.values() for cell in cells if cell)
    account = ledger.open(raw, given)
    for name in raw.header:
        text = pl.Series(name, raw.cells[name], dtype=pl.String)
        values, bad = _best(raw, text, how, ledger)
        columns[name] = values
        for at in bad.arg_true().to_list():
            mark = "missing_mark" if text[at].lower() in MISSING_MARKS else "not_a_number"
            ledger._list(raw, raw.rows[at], None, name, text[at], mark)
            listed += 1
    account.values_dropped = account.cells_emptied = listed
    frame = pl.DataFrame(columns)
    ledger.close(raw, frame, tuple(raw.header))
    check_zones([raw], ledger)
    return frame


def _best(raw: RawTable, text: "pl.Series", how: Format, ledger: Ledger) -> "tuple[pl.Series, pl.Series]":
    """Return a column in its type, and where a given cell had to be left empty for that."""
    import polars as pl

    marks = text.str.to_lowercase().is_in(MISSING_MARKS)
    clean = text.set(marks, None)
    given = clean.is_not_null()
    values = _figures(raw, clean, how.decimal, ledger).cast(pl.Float64, strict=False)
    values = values.set(~values.is_finite().fill_null(False), None)
    count = int(given.sum())
    enough = MOSTLY * count
    if given.sum() == 0:
        return values, marks & (text != "")
    if values.is_not_null().sum() >= enough:
        whole = bool((values.drop_nulls() % 1 == 0).all()) and bool((values.drop_nulls().abs() < 2**53).all())
        leading_zero = bool(clean.str.contains(r"^0[0-9]").fill_null(False).any())
        if not leading_zero:
            typed = values.cast(pl.Int64) if whole else values
            return typed, (text != "") & typed.is_null()
    moments = _moments(raw, clean, how)
    if moments is not None:
        return moments, (text != "") & moments.is_null()
    kept = text.set(text == "", None)
    return kept, pl.Series([False] * len(text))


def _figures(raw: RawTable, clean: "pl.Series", decimal: str, ledger: Ledger) -> "pl.Series":
    """Return the cells with a decimal point, thousands separators taken off; 1,595 alone stays text, noted."""
    name = clean.name
    point = "," if decimal == "," or _decimal_comma(clean) else "."
    groups = grouping(clean, point)
    if groups == "thousands":
        raw.thousands.add(name)
    if groups == "doubtful":
        mark = "," if point == "." else "."
        cell = str(clean.filter(clean.str.contains(mark, literal=True).fill_null(False))[0])
        whole, part = cell.replace(mark, ""), cell.replace(mark, ".")
        ledger.note(
            "doubtful_figures",
            f'column {name!r} stays text: {cell!r} may be {whole} or {part}; state [format] decimal = "{mark}" in a '
            "mapping file (--map), or export it without thousands separators",
            f"열 {name!r}은(는) 문자로 둡니다. {cell!r}이(가) {whole}인지 {part}인지 알 수 없습니다. 매핑 파일의 "
            f'[format]에 decimal = "{mark}"를 적거나 천 단위 구분 없이 내보내십시오',
            column=name,
        )
    return pointed(clean, point, groups == "thousands")


def _moments(raw: RawTable, clean: "pl.Series", how: Format) -> "pl.Series | None":
    """Return a column as times when every given cell is one; time zones are taken off when they are of one clock."""
    given = clean.is_not_null()
    bare, zones, time_format = split_zones(clean.fill_null(""), how.time_format)
    found = set(zones.drop_nulls().to_list())
    if (found and (zones.is_null() & given).any()) or not one_clock(found):
        return None
    own = (time_format,) if time_format else TIME_FORMATS
    for pattern in (*own, *_OTHER_TIMES):
        moments = _parse_times(bare, pattern)
        if moments.is_not_null().sum() == given.sum():
            raw.zones |= found
            return moments
    return None


def _decimal_comma(clean: "pl.Series") -> bool:
    """Return whether a column is written with decimal commas throughout (and so cannot be numbers with points)."""
    if grouping(clean, ".") != "none":
        return False
    given = clean.drop_nulls()
    commas = given.str.contains(r"^[+-]?[0-9]+,[0-9]+$")
    rest = given.filter(~commas).str.contains(r"^[+-]?[0-9]+$")
    return bool(commas.any()) and bool(rest.all())
