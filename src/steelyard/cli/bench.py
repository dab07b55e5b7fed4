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
    wire: Annotated[bool, typer.Option("--wire", help="Measure the protocols of a live works instead.")] = False,
    soak: Annotated[float | None, typer.Option(help="Serve for so many minutes under load instead.", min=0.2)] = None,
    speed: Annotated[float, typer.Option(help="Times real time in --soak.", min=1.0, max=1000.0)] = 100.0,
    seed: Annotated[int, typer.Option(help="Seed of the clients in --soak.", min=0)] = 1,
    json_out: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure the speed of the works on this machine, in one run and as ratios; a year of the line takes minutes.

    With --wire: what the protocols carry, and how fast they answer. With --soak: a server under load for a while, its
    memory, its log and its record afterwards; exit code 1 when one of these goals is missed.
    """
    if soak is not None:
        _judged("Soak", _soak(soak, speed, seed, json_out), json_out)
    elif wire:
        _judged("The wire on this machine", _wire(json_out), json_out)
    else:
        _speed(days, json_out)


def _speed(days: int, json_out: bool) -> None:
    from steelyard.studies.benchmark import benchmark

    with progress("measuring", silent=json_out) as report:
        result = benchmark(report, days)
    emit(result, json_out, lambda: _show(result))


def _wire(json_out: bool) -> dict[str, Any]:
    from steelyard.studies.wire_benchmark import wire_benchmark

    with progress("measuring", silent=json_out) as report:
        return wire_benchmark(report)


def _soak(minutes: float, speed: float, seed: int, json_out: bool) -> dict[str, Any]:
    from steelyard.studies.soak import soak

    with progress("soaking", silent=json_out) as report:
        return soak(minutes, speed, seed, report)


def _judged(title: str, result: dict[str, Any], json_out: bool) -> None:
    """Print figures with their goals; exit code 1 when a goal is missed."""
    emit(result, json_out, lambda: _show_goals(title, result))
    if not all(row["reached"] for row in result["goals"]):
        raise typer.Exit(1)


def _show_goals(title: str, result: dict[str, Any]) -> None:
    from rich.table import Table

    table = Table(title=title)
    for name in ("figure", "value", "goal", ""):
        table.add_column(name, overflow="fold", justify="right" if name == "value" else "left")
    goals = {row["figure"]: row for row in result["goals"]}
    plain = {key: value for key, value in result.items() if isinstance(value, int | float)}
    for key, value in {**dict.fromkeys(goals), **plain}.items():
        row = goals.get(key, {"goal": "", "reached": None})
        mark = {True: "[green]reached[/]", False: "[red]missed[/]", None: ""}[row["reached"]]
        table.add_row(key, "–" if value is None else f"{value:,}", row["goal"], mark)
    console().print(table)
    for what in (*result.get("what_surprised", ()), *result.get("what_was_unhandled", ())):
        console().print(f"  {what}", markup=False)


def _show(result: dict[str, Any]) -> None:
    from rich.table import Table

    table = Table(title="Speed on this machine")
    table.add_column("figure", overflow="fold")
    table.add_column("value", justify="right")
    for key, label in ROWS:
        value = result[key]
        table.add_row(label, "not installed: pip install steelyard[rl,bench]" if value is None else f"{value:,}")
    console().print(table)
