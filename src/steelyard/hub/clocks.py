"""Times that carry a time zone: the clock is kept as written, the zone is taken off, and told."""

import re
from typing import TYPE_CHECKING

from steelyard.errors import DataError

if TYPE_CHECKING:
    import polars as pl

    from steelyard.hub.ledger import Ledger
    from steelyard.hub.reading import RawTable

_OFFSET = r"[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?"
_ISO = rf"^(.*[0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}}(?:\.[0-9]+)?)?) *({_OFFSET})$"
_BY_MARK = {
    "%z": rf"^(.*?) *({_OFFSET})$",
    "%:z": rf"^(.*?) *({_OFFSET})$",
    "%#z": rf"^(.*?) *({_OFFSET})$",
    "%Z": r"^(.*?) *([A-Za-z][A-Za-z_/]*)$",
}
_NAMED_H = {"Z": 0, "UTC": 0, "GMT": 0, "CET": 1, "MEZ": 1, "CEST": 2, "MESZ": 2, "EET": 2, "EEST": 3, "MSK": 3}
_NAMED_H |= {"KST": 9, "JST": 9, "EST": -5, "EDT": -4, "CDT": -5, "PST": -8, "PDT": -7}
SUMMER_TIME_H = 1.0


def split_zones(text: "pl.Series", time_format: str | None) -> "tuple[pl.Series, pl.Series, str | None]":
    """Return the cells without their time zone, the zones (null where there is none), and the format without its mark.

    DataError when the format names a zone elsewhere than at its end.
    """
    mark = next((mark for mark in _BY_MARK if time_format and time_format.endswith(mark)), None)
    bare_format = time_format.removesuffix(mark).rstrip() if time_format and mark else time_format
    if bare_format and re.search(r"%[:#]*[zZ+s]", bare_format):
        raise DataError(
            f"time_format {time_format!r}: a time zone can stand at the end of a time only; "
            "write e.g. %Y-%m-%dT%H:%M:%S%z, or export the times without their zone"
        )
    if time_format and not mark:
        return text, text.clear(len(text)), time_format
    rule = _BY_MARK[mark] if mark else _ISO
    zones, bare = text.str.extract(rule, 2), text.str.extract(rule, 1)
    return (
        bare.fill_null("") if mark else bare.set(zones.is_null(), None).zip_with(zones.is_not_null(), text),
        zones,
        bare_format,
    )


def hours_of(zone: str) -> float | None:
    """Return how far a zone lies before UTC [h], None when its name is not known."""
    found = re.fullmatch(r"([+-])([0-9]{2}):?([0-9]{2})?", zone)
    if found:
        return (1 if found[1] == "+" else -1) * (int(found[2]) + int(found[3] or 0) / 60)
    return _NAMED_H.get(zone.upper())


def one_clock(zones: set[str]) -> bool:
    """Return whether times in these zones can stand side by side as written: one zone, with or without summer time."""
    hours = [hours_of(zone) for zone in zones]
    known = [hour for hour in hours if hour is not None]
    return len(zones) < 2 or (len(known) == len(hours) and max(known) - min(known) <= SUMMER_TIME_H)


def check_zones(raws: "list[RawTable]", ledger: "Ledger") -> None:
    """Note the zones in which the files write; DataError when they write in different ones."""
    zones = set().union(*(raw.zones for raw in raws)) - {""}
    if not zones:
        return
    shown = ", ".join(sorted(zones))
    if not one_clock(zones):
        each = "; ".join(f"{raw.name}: {', '.join(sorted(raw.zones - {''}))}" for raw in raws if raw.zones - {""})
        raise DataError(
            f"{raws[0].path.parent}: the times stand in different time zones ({each}); "
            "export all files in the plant's own time"
        )
    bare = ", ".join(raw.name for raw in raws if raw.zones == {""})
    ledger.note(
        "time_zone",
        f"the times carry a time zone ({shown}): the clock is kept as written, the zone is left off"
        + ("; at the change of summer time an hour may stand twice" if len(zones) > 1 else "")
        + (f"; {bare}: without zone, make sure that it is the same clock" if bare else ""),
        f"시각에 시간대({shown})가 있습니다. 적힌 시각을 그대로 쓰고 시간대 표기만 뺐습니다"
        + (". 서머타임 전환 때 한 시간이 두 번 나올 수 있습니다" if len(zones) > 1 else "")
        + (f". {bare}에는 시간대가 없으니 같은 시계인지 확인하십시오" if bare else ""),
        zones=sorted(zones),
    )
