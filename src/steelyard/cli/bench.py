"""`steelyard bench`: how fast the works runs on this machine."""

from typing import Annotated, Any

import typer

from steelyard.cli.output import console, emit, progress

ROWS = (
    ("lockstep_per_s", "lock-step, all tags read [plant seconds/s]"),
    ("tags_read", "tags read in each step"),
    ("fused_per_s", "fused [plant seconds/s]"),
    ("ensemble_1_thread_per_s", "64 plants, 1 thread [plant seconds/s]"),
    ("ensemble_2_threads_per_s", "64 plants, 2 threads [plant seconds/s]"),
    ("threads_ratio", "2 threads over 1"),
    ("cartpole_ratio", "lock-step over Gymnasium CartPole"),
    ("unjitted_ratio", "fused over the same source un-jitted"),
    ("cold_start_s", "cold start, kernels compiled [s]"),
    ("warm_start_s", "warm start, kernels loaded [s]"),
    ("line_lockstep_x", "bar line in lock-step, all tags read [times real time]"),
    ("line_tags_read", "tags of the line read in each step"),
    ("line_fused_x", "bar line fused [times real time]"),
    ("schedule_ms", "one 14-pass schedule [ms]"),
    ("pyroll_ms", "the same schedule with PyRolL [ms]"),
    ("schedule_vs_pyroll", "schedules for each one of PyRolL"),
    ("year_days", "days of the line in one run"),
    ("year_s", "time they took [s]"),
    ("year_bars", "bars they made"),
    ("year_peak_mb_early", "peak memory after a tenth of them [MB]"),
    ("year_peak_mb", "peak memory at the end [MB]"),
)


def bench(
    days: Annotated[int, typer.Option(help="Simulated days of the bar line in the test of memory.", min=10)] = 365,
    json_out: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure the speed of the works on this machine, in one run and as ratios; a year of the line takes minutes."""
    from steelyard.studies.benchmark import benchmark

    with progress("measuring", silent=json_out) as report:
        result = benchmark(report, days)
    emit(result, json_out, lambda: _show(result))


def _show(result: dict[str, Any]) -> None:
    from rich.table import Table

    table = Table(title="Speed on this machine")
    table.add_column("figure", overflow="fold")
    table.add_column("value", justify="right")
    for key, label in ROWS:
        value = result[key]
        table.add_row(label, "not installed: pip install steelyard[rl,bench]" if value is None else f"{value:,}")
    console().print(table)
