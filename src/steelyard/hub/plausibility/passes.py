"""Checks on recorded bar passes: do they behave as hot steel does? Hotter bars need less force, longer pauses cool."""

from typing import TYPE_CHECKING

import numpy as np

from steelyard.hub.plausibility.finding import Finding
from steelyard.hub.texts import text

if TYPE_CHECKING:
    import polars as pl

FEWEST = 80  # passes with both values
CHANCE_SIGMAS = 3.0
SOFTENING = (-0.008, -0.0005)  # 1/K: d ln F / dT; shared/data/rolling-freiberg-passes: -0.0026


def check_passes(passes: "pl.DataFrame") -> list[Finding]:
    """Return findings on a table of passes: force must fall with temperature, over all passes and trials together."""
    import polars as pl

    group = ["campaign", "pass_label"]
    columns = (pl.col("roll_force_kn").log(), pl.col("in_temperature_c"))
    sound = passes.filter(~pl.col("off_schedule")).drop_nulls(["roll_force_kn", "in_temperature_c"])
    sound = sound.filter((pl.len() >= 8).over(group))
    if sound.height < FEWEST:
        return []
    force, hot = ((column - column.mean().over(group)).alias(name) for column, name in zip(columns, "fh", strict=True))
    moved = sound.select(force, hot)
    slope, sigma = _slope(moved["h"].to_numpy(), moved["f"].to_numpy())
    if slope + CHANCE_SIGMAS * sigma < 0.0 and SOFTENING[0] <= slope:
        return []
    en = (
        f"force changes by {100 * slope:+.2f} % per K of the bar (± {100 * sigma:.2f}), over {sound.height} passes; "
        "hot steel gives -0.1 to -0.5 %: temperatures and forces do not belong together, or one of them is not measured"
    )
    ko = (
        f"봉 온도 1 K당 하중 변화 {100 * slope:+.2f} %(± {100 * sigma:.2f}), 패스 {sound.height}개. 열간 강재는 "
        "-0.1~-0.5 %입니다. 온도와 하중이 서로 맞지 않거나 측정값이 아닙니다"
    )
    evidence = {"slope_per_k": slope, "sigma": sigma, "passes": sound.height}
    columns_shown = ("roll_force_kn", "in_temperature_c")
    return [Finding("force_without_temperature", "warning", "passes", columns_shown, text(en, ko), evidence)]


def _slope(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Return slope and standard error of a line through the origin."""
    square = float(x @ x)
    if square <= 0.0:
        return 0.0, 0.0
    slope = float(x @ y) / square
    rest = y - slope * x
    return slope, float(np.sqrt(rest @ rest / max(x.size - 1, 1) / square))
