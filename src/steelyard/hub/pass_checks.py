"""Checks on recorded passes: is the unit of force right, which trial left the schedule, which reading lies?

A bar is rolled many times in the same way, so each reading is judged by the same pass of the trials of its campaign up
to its own (the first FEWEST beside each other): what comes later never changes what was imported. Generic rules, never
the name of a trial.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from steelyard.hub.ledger import Ledger
from steelyard.hub.source import Source

if TYPE_CHECKING:
    import polars as pl

LEVER_M = (0.003, 0.4)  # torque by force; contact lengths of bar stands are 5 to 100 mm, two rolls
FEWEST = 8  # trials of a campaign with this pass, from which on one can be judged by the others
LEAST = 6  # sound readings of a pass among these trials, from which on a single reading can be judged
MEMORY = 60  # trials beside which one is judged at the most
OFF_SCHEDULE = 0.10  # median deviation of a trial's forces (ln) from the campaign's medians
OFF_FACTOR = 4.0
ONE_SCHEDULE = 0.06  # ln; a campaign whose trials stray more on the median holds several schedules
RATIO = math.log(1.6)  # force by torque of one pass does not stray more, whatever bar and temperature
STRAY_K = 100.0
COOLING_K_S = 8.0  # loss of a bar between passes at the most; shared/data/rolling-freiberg-passes: 4-8 K/s
SIGMAS, MAD_TO_SIGMA = 6.0, 1.4826
SCATTER = 2.5
_GROUP = ("campaign", "pass_label")


def check_lever(source: Source, frame: "pl.DataFrame") -> None:
    """DataError when torque by force is no length that a roll gap can have: one of the two is in another unit."""
    lever = frame["roll_torque_knm"] / frame["roll_force_kn"]
    middle = lever.median()
    if not isinstance(middle, float) or LEVER_M[0] <= middle <= LEVER_M[1]:
        return
    raise source.raw.refuse(
        None,
        source.columns["roll_torque_kNm"],
        f"torque by force is {middle:.4g} m on the median; roll gaps have {LEVER_M[0]:g} to {LEVER_M[1]:g} m",
        "one of the two is in another unit: state it in a mapping file under [files.passes.units] (--map)",
    )


def flag_off_schedule(frame: "pl.DataFrame", ledger: Ledger) -> "pl.DataFrame":
    """Return the frame with `off_schedule`: the trial's forces differ from the campaign's over half of its passes.

    A campaign in which the trials differ anyhow (several schedules) flags nothing.
    """
    frame = frame.with_columns(beside_earlier(frame, _off_schedule)["off_schedule"])
    flagged = frame.filter("off_schedule")["key"].unique().sort().to_list()
    if flagged:
        shown = ledger.heats(flagged)
        ledger.note(
            "off_schedule",
            f"{len(flagged)} trial(s) were rolled off schedule (most forces differ): kept and flagged: {shown}",
            f"스케줄과 다르게 압연한 봉 {len(flagged)}개(하중이 대부분 다름): 보존하고 표시했습니다: {shown}",
            keys=flagged,
        )
    return frame


def beside_earlier(frame: "pl.DataFrame", judge: "Callable[[pl.DataFrame], pl.DataFrame]") -> "pl.DataFrame":
    """Return the findings of `judge` on each trial beside the MEMORY trials of its campaign up to it, row by row.

    `judge` takes rows of one campaign and returns as many rows of findings; a campaign's first FEWEST trials are judged
    beside each other. `frame` has key (in time order) and campaign.
    """
    import polars as pl

    ranked = frame.with_columns(pl.col("key").rank("dense").over("campaign").alias("rank")).with_row_index("row")
    found = []
    for campaign in ranked.partition_by("campaign", maintain_order=True):
        last = int(campaign["rank"].to_numpy().max())
        first = min(FEWEST, last)
        for now in range(first, last + 1):
            beside = campaign.filter((pl.col("rank") <= now) & (pl.col("rank") > now - MEMORY))
            judged = judge(beside).with_columns(beside["row"], beside["rank"])
            found.append(judged if now == first else judged.filter(pl.col("rank") == now))
    return pl.concat(found).sort("row").drop("row", "rank")


def _off_schedule(frame: "pl.DataFrame") -> "pl.DataFrame":
    """Return `off_schedule` of the rows of one campaign."""
    import polars as pl

    typical = pl.col("roll_force_kn").median().over(_GROUP, mapping_strategy="group_to_rows")
    away = frame.with_columns(away=(pl.col("roll_force_kn") / typical).log().abs())
    trials = away.group_by("key", maintain_order=True).agg(pl.col("away").median())
    usual = pl.col("away").median()
    judged = trials.with_columns(
        off_schedule=(
            (pl.len() >= FEWEST)
            & (usual < ONE_SCHEDULE)
            & (pl.col("away") > pl.max_horizontal(pl.lit(OFF_SCHEDULE), OFF_FACTOR * usual))
        ).fill_null(False)
    )
    return frame.select("key").join(judged, on="key", how="left", maintain_order="left").select("off_schedule")


def drop_strays(source: Source, frame: "pl.DataFrame") -> "pl.DataFrame":
    """Empty forces, torques and temperatures that cannot be true beside the other trials of the campaign."""
    force, torque = beside_earlier(frame, _unfitting).get_columns()
    raw, ledger, columns = source.raw, source.ledger, source.columns
    frame = ledger.drop_values(raw, frame, force, "roll_force_kn", columns["roll_force_kN"], "force_torque")
    frame = ledger.drop_values(raw, frame, torque, "roll_torque_knm", columns["roll_torque_kNm"], "force_torque")
    for ours, name in (("in_temperature_C", "in_temperature_c"), ("out_temperature_C", "out_temperature_c")):
        stray = beside_earlier(frame, partial(_stray, name=name))["stray"]
        frame = ledger.drop_values(raw, frame, stray, name, columns[ours], "stray_temperature")
    return frame


def _unfitting(frame: "pl.DataFrame") -> "pl.DataFrame":
    """Return where the force, and where the torque, is the false one of a pair that does not fit together."""
    import polars as pl

    usable = ~pl.col("off_schedule") & pl.col("roll_force_kn").is_not_null() & pl.col("roll_torque_knm").is_not_null()

    def away(value: "pl.Expr") -> "pl.Expr":
        """Natural logarithm of a value by the median of its pass."""
        return value.log() - pl.when(usable).then(value.log()).median().over(_GROUP)

    force, torque = away(pl.col("roll_force_kn")), away(pl.col("roll_torque_knm"))
    ratio = away(pl.col("roll_force_kn") / pl.col("roll_torque_knm"))
    judged = frame.with_columns(force=force.abs(), torque=torque.abs(), ratio=ratio.abs())
    spread = pl.when(usable).then(pl.col("ratio")).median().over(_GROUP) * MAD_TO_SIGMA
    limit = pl.max_horizontal(pl.lit(RATIO), SIGMAS * spread)
    false = usable & (usable.sum().over(_GROUP) >= LEAST) & (pl.col("ratio") > limit)
    return judged.select(
        force=(false & (pl.col("force") >= pl.col("torque"))), torque=(false & (pl.col("force") < pl.col("torque")))
    )


def _stray(frame: "pl.DataFrame", name: str) -> "pl.DataFrame":
    """Return where a temperature lies far from its pass's median and no longer pause than usual explains it."""
    import polars as pl

    given = ~pl.col("off_schedule") & pl.col(name).is_not_null()
    middle = pl.when(given).then(pl.col(name)).median().over(_GROUP)
    away = pl.col(name) - middle
    spread = pl.when(given).then(away.abs()).median().over(_GROUP) * MAD_TO_SIGMA
    longer = (pl.col("pause_s") - pl.col("pause_s").median().over(_GROUP)).clip(lower_bound=0.0).fill_null(0.0)
    limit = pl.max_horizontal(pl.lit(STRAY_K), SIGMAS * spread)
    enough = given.sum().over(_GROUP) >= LEAST
    return frame.select(
        stray=(given & enough & ((away > limit) | (away < -limit - COOLING_K_S * longer))).fill_null(False)
    )


def note_scatter(frame: "pl.DataFrame", ledger: Ledger) -> None:
    """Note the passes whose pyrometer scatters far more than those of the other passes of the campaign."""
    import polars as pl

    for name in ("in_temperature_c", "out_temperature_c"):
        sound = frame.filter(~pl.col("off_schedule") & pl.col(name).is_not_null())
        spread = sound.group_by(_GROUP, maintain_order=True).agg(sd=pl.col(name).std(), n=pl.len())
        spread = spread.filter(pl.col("n") >= FEWEST).with_columns(usual=pl.col("sd").median().over("campaign"))
        bad = spread.filter(pl.col("sd") > SCATTER * pl.col("usual"))
        for campaign, label, sd, _, usual in bad.iter_rows():
            ledger.note(
                "scattering_pyrometer",
                f"{campaign} {label}: {name} scatters by {sd:.0f} K, other passes by {usual:.0f} K: do not lean on it",
                f"{campaign} {label}: {name} 산포 {sd:.0f} K(다른 패스 {usual:.0f} K). 이 값에 의존하지 마십시오",
                column=name,
                pass_label=label,
                campaign=campaign,
            )
