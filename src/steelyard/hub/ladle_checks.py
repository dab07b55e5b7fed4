"""Checks on recorded ladle-furnace heats: are the units what they claim, do keys, times and files belong together?"""

import math
from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.errors import DataError
from steelyard.hub.ledger import Ledger
from steelyard.hub.source import Source
from steelyard.hub.texts import table_word

if TYPE_CHECKING:
    import polars as pl

STEEL_C = (1450.0, 1750.0)  # where the median dip of any ladle furnace lies
ARC_MW = (2.0, 150.0)  # mean arc power of any ladle furnace, 30 t to 400 t
LONGEST_HEAT_H = 48.0
MOST_STRAYING = 0.05


def check_temperature_unit(source: Source, median: float) -> None:
    """DataError when the dips' median looks like °F or K instead of °C."""
    if math.isnan(median) or STEEL_C[0] <= median <= STEEL_C[1]:
        return
    low, high = STEEL_C
    looks = "another quantity"
    if low * 1.8 + 32 <= median <= high * 1.8 + 32:
        looks = "°F"
    elif low + 273.15 <= median <= high + 273.15:
        looks = "K"
    raise source.raw.refuse(
        None,
        source.columns["temperature_c"],
        f"the median is {median:.0f}; steel dips lie at 1500 to 1700 °C: this looks like {looks}",
        'state the unit in a mapping file: [files.temp.units] temperature_c = "…" (--map)',
    )


def check_energy_unit(source: Source, frame: "pl.DataFrame") -> None:
    """DataError when energy per duration is no arc power: the column looks like kWh, or like power in MW or kW."""
    duration = (frame["end"] - frame["start"]).dt.total_seconds() / 3600.0
    usable = frame.with_columns(hours=duration).filter((duration > 0) & (frame["active_energy_mwh"] > 0))
    if usable.height < 10:
        return
    power = float((usable["active_energy_mwh"] / usable["hours"]).median() or 0.0)  # type: ignore[arg-type]
    if ARC_MW[0] <= power <= ARC_MW[1]:
        return
    value = float(usable["active_energy_mwh"].median() or 0.0)  # type: ignore[arg-type]
    looks, remedy = "another unit or column", "state the unit"
    for scale, energy, rate in (
        (1.0, "MWh", "MW"),
        (1e3, "kWh", "kW"),
        (1 / 3.6e-3, "MJ", "MJ/s"),
        (1 / 3.6, "GJ", "GJ/s"),
    ):
        if ARC_MW[0] <= power / scale <= ARC_MW[1]:
            looks, remedy = energy, f'state [files.arc.units] active_power = "{energy}" in a mapping file (--map)'
            break
        if rate in ("MW", "kW") and ARC_MW[0] <= value / scale <= ARC_MW[1]:
            looks = f"power in {rate} instead of energy"
            remedy = "multiply by the duration of the heating to get MWh before the import"
            break
    raise source.raw.refuse(
        None,
        source.columns["active_power"],
        f"read as MWh the arc would have {power:.4g} MW (plausible are {ARC_MW[0]:g} to "
        f"{ARC_MW[1]:g}): this looks like {looks}",
        remedy,
    )


def note_order(source: Source, frame: "pl.DataFrame", time: str) -> None:
    """Note keys whose rows stood out of time order (they are sorted)."""
    import polars as pl

    if not frame.height:
        raise source.raw.refuse(None, None, "no row is left after the plausibility limits", "check units and columns")
    backward = frame.with_columns(back=(pl.col(time).diff() < pl.duration(seconds=0)).over("key"))
    keys = backward.filter(pl.col("back"))["key"].unique().sort().to_list()
    if keys:
        shown = source.ledger.heats(keys)
        source.ledger.note(
            "sorted_rows",
            f"{source.raw.name}: rows of {len(keys)} heat(s) stood out of time order and were sorted: {shown}",
            f"{source.raw.name}: 히트 {len(keys)}개의 행이 시간순이 아니어서 정렬했습니다: {shown}",
            keys=keys,
        )


def check_clock(tables: "dict[str, pl.DataFrame]", folder: Path, ledger: Ledger) -> None:
    """DataError when the times of many heats spread over days: keys and times do not belong together."""
    import polars as pl

    moments = [
        tables["heatings"].select("key", time="start"),
        tables["dips"].select("key", "time"),
        tables["additions"].select("key", "time"),
    ]
    everything = pl.concat(moments)
    span = everything.group_by("key").agg(pl.col("time").min().alias("first"), pl.col("time").max().alias("last"))
    hours = (span["last"] - span["first"]).dt.total_seconds() / 3600.0
    straying = span.filter(hours > LONGEST_HEAT_H).sort("key")
    if straying.height > max(3, MOST_STRAYING * span.height):
        raise DataError(
            f"{folder}: the times of {straying.height} of {span.height} heats spread over more than "
            f"{LONGEST_HEAT_H:g} h "
            f"(first: heat {ledger.heats([straying['key'][0]])}); rows of one file were shuffled against their keys, "
            "or the files are of different periods: export the seven files again, together"
        )


def note_partners(tables: "dict[str, pl.DataFrame]", ledger: Ledger) -> None:
    """Note heats that one table lacks: they are kept, and later steps leave them out where they need the table."""
    keys = {name: set(frame["key"].to_list()) for name, frame in tables.items()}
    everything = set().union(*keys.values())
    last = ledger.heats([max(everything)])
    for name, present in keys.items():
        missing = sorted(everything - present)
        if not missing:
            continue
        shown, word = ledger.heats(missing), table_word(name, "ko")
        ends = max(present) if present else 0
        until = ledger.heats([ends])
        late = sum(1 for key in everything if key > ends)
        cut = late > max(10, 0.01 * len(everything))
        ledger.note(
            "table_ends_early" if cut else "missing_partner",
            f"{len(missing)} heat(s) have no row in {name}: {shown}"
            + (f"; {name} ends at heat {until} though others go on to {last}: was the file cut?" if cut else ""),
            f"{word}에 행이 없는 히트 {len(missing)}개: {shown}"
            + (
                f"; 다른 파일은 히트 {last}까지 있는데 {word}은(는) {until}에서 끝납니다. 파일이 잘리지 않았습니까?"
                if cut
                else ""
            ),
            table=name,
            keys=missing,
        )
