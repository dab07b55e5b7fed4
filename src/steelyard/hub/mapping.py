"""The mapping file: how a plant names its files and columns, and in which units it writes. A small TOML.

```toml
[format]
encoding = "cp1251"               # else UTF-8
separator = ";"                   # else found from the header
decimal = ","
time_format = "%d.%m.%Y %H:%M:%S"

[files.arc]
file = "heatings.csv"
[files.arc.columns]               # ours = "theirs"
heating_start = "Start"
[files.arc.units]                 # ours = their unit
active_power = "kWh"
[files.temp.format]               # where one file differs
decimal = "."

[ranges.temperature_c]            # what is plausible here, when it differs from the built-in table
low = 1450
high = 1750
```
"""

import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from steelyard.errors import DataError
from steelyard.hub.reading import Format, RawTable

_FORMAT_KEYS = ("encoding", "separator", "decimal", "time_format")


@dataclass(frozen=True)
class FileMap:
    """The mapping of one file: its name, its columns (ours → theirs), their units (ours → unit), its format."""

    file: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    format: Format = field(default_factory=Format)
    section: str = "files.NAME"  # where the mapping file speaks of it


@dataclass(frozen=True)
class Mapping:
    """A whole mapping file; the empty one reads files as this hub names them."""

    files: dict[str, FileMap] = field(default_factory=dict)
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)
    format: Format = field(default_factory=Format)

    def file(self, name: str) -> FileMap:
        """Return the mapping of one file (an empty one when it is not mentioned)."""
        return self.files.get(name, FileMap(format=self.format, section=f"files.{name}"))


def load_mapping(path: Path | None, files: tuple[str, ...], ranges: tuple[str, ...]) -> Mapping:
    """Read a mapping file for a data set of these files; DataError names the key that is not understood."""
    if path is None:
        return Mapping()
    try:
        content = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such mapping file; check --map") from error
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{path}: not a TOML file ({error}); see docs/how-to/bring-your-own-data.md") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: the mapping file is not UTF-8 text; save it as UTF-8") from error
    except OSError as error:
        what = "this is a folder" if Path(path).is_dir() else "the mapping file cannot be read"
        raise DataError(f"{path}: {what}; check --map and the rights") from error
    _only(content, ("format", "files", "ranges"), f"{path}")
    common = _format(content.get("format", {}), Format(), f"{path} [format]")
    entries = _section(content, "files", f"{path}")
    _only(entries, files, f"{path} [files]")
    mapped = {
        name: _file_map(entry, common, f"{path} [files.{name}]", f"files.{name}") for name, entry in entries.items()
    }
    limits = _section(content, "ranges", f"{path}")
    _only(limits, ranges, f"{path} [ranges]")
    return Mapping(
        {name: mapped.get(name, FileMap(format=common, section=f"files.{name}")) for name in files},
        {name: _range(entry, f"{path} [ranges.{name}]") for name, entry in limits.items()},
        common,
    )


def pick_columns(raw: RawTable, entry: FileMap, needed: tuple[str, ...]) -> tuple[dict[str, str], list[str]]:
    """Return (ours → theirs) for the needed columns and the names of columns that nobody reads.

    DataError when a needed column is missing, with the names that are there and the nearest one.
    """
    import difflib

    chosen = {name: entry.columns.get(name, name) for name in needed}
    for name, theirs in chosen.items():
        if theirs not in raw.header:
            near = difflib.get_close_matches(theirs, raw.header, 1)
            hint = f" (is it {near[0]!r}?)" if near else ""
            raise raw.refuse(
                1,
                theirs,
                f"there is no such column; the header is: {', '.join(raw.header[:20])}{hint}",
                f'state its name in a mapping file: [{entry.section}.columns] {name} = "…" (--map)',
            )
    return chosen, [name for name in raw.header if name not in chosen.values()]


def _file_map(entry: Any, common: Format, where: str, section: str) -> FileMap:
    if not isinstance(entry, dict):
        raise DataError(f"{where}: must be a section such as [files.arc]")
    _only(entry, ("file", "columns", "units", "format"), where)
    how = _format(entry.get("format", {}), common, f"{where}.format")
    columns, units = _texts(entry, "columns", where), _texts(entry, "units", where)
    return FileMap(_text(entry.get("file"), where), columns, units, how, section)


def _format(entry: Any, common: Format, where: str) -> Format:
    if not isinstance(entry, dict):
        raise DataError(f"{where}: must be a section with {', '.join(_FORMAT_KEYS)}")
    _only(entry, _FORMAT_KEYS, where)
    values = {key: _text(value, f"{where} {key}") for key, value in entry.items()}
    if values.get("decimal", ".") not in (".", ","):
        raise DataError(f'{where}: decimal is "." or ","')
    separator = values.get("separator")
    if separator is not None and len(separator) != 1:
        raise DataError(f"{where}: separator is one character, such as ; or ,")
    return replace(common, **values)  # type: ignore[arg-type]


def _range(entry: Any, where: str) -> tuple[float, float]:
    try:
        low, high = float(entry["low"]), float(entry["high"])
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{where}: needs low and high, two numbers") from error
    if not low < high:
        raise DataError(f"{where}: low must be below high")
    return low, high


def _section(content: dict[str, Any], name: str, where: str) -> dict[str, Any]:
    value = content.get(name, {})
    if not isinstance(value, dict):
        raise DataError(f"{where}: {name} must be a section")
    return value


def _texts(entry: dict[str, Any], name: str, where: str) -> dict[str, str]:
    section = _section(entry, name, where)
    for key, value in section.items():
        _text(value, f"{where}.{name} {key}")
    return section


def _text(value: Any, where: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise DataError(f'{where}: must be a text in quotes, got {value!r}; e.g. "heatings.csv"')
    return value


def _only(entry: dict[str, Any], allowed: tuple[str, ...], where: str) -> None:
    unknown = [key for key in entry if key not in allowed]
    if unknown:
        raise DataError(f"{where}: {unknown[0]!r} is not understood; allowed are: {', '.join(allowed)}")
