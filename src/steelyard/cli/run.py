"""`steelyard run`: run a line for some hours, write its record, show its key figures."""

from pathlib import Path
from typing import Annotated, Any

import typer

from steelyard.cli.output import console, emit, folding, language, progress

TEXT: dict[str, dict[str, Any]] = {
    "title": {"en": "{hours:g} h of {line}, scenario {scenario}, seed {seed}: {bars} bars",
              "ko": "{line} {hours:g}시간, 시나리오 {scenario}, 시드 {seed}: 봉 {bars}개"},
    "columns": {"en": ("key figure", "value", "unit"), "ko": ("핵심 지표", "값", "단위")},
    "none": {"en": "no bar has left the line yet: run longer than the {first:.0f} minutes that the first one takes",
             "ko": "아직 라인을 떠난 봉이 없습니다. 첫 봉에 걸리는 {first:.0f}분보다 길게 실행하세요"},
    "record": {"en": "record: {out} (signals, bars, passes, genealogy; run.json says the units)",
               "ko": "기록: {out} (신호, 봉, 패스, 계보; 단위는 run.json에 있습니다)"},
}  # fmt: skip


def run(
    line: Annotated[str, typer.Argument(help="The line, e.g. hot_bar_line.")],
    hours: Annotated[float, typer.Option(help="Plant time in hours.", min=0.01)] = 8.0,
    seed: Annotated[int, typer.Option(help="Seed; the same seed gives the same bytes.", min=0)] = 1,
    out: Annotated[
        Path | None, typer.Option("--out", help="Where the record goes; without it only the figures.")
    ] = None,
    scenario: Annotated[str, typer.Option(help="What happens to the line.")] = "normal",
    plant: Annotated[str, typer.Option(help="The shipped plant.")] = "pilot",
    twin: Annotated[Path | None, typer.Option(help="A calibrated bar_rolling twin whose mill is used.")] = None,
    every: Annotated[int, typer.Option(help="Seconds between two records of the signals.", min=1, max=3600)] = 10,
    recordings: Annotated[int, typer.Option(help="Also record the passes of the last N bars at 500 Hz.", min=0)] = 0,
    json_out: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    lang: Annotated[str | None, typer.Option("--lang", help="en or ko")] = None,
) -> None:
    """Run a line for some hours; write its record as Parquet and print its key figures."""
    from steelyard.studies.line_run import run_line

    chosen = language(lang)
    with progress("run", silent=json_out) as report:
        result = run_line(line, hours, seed, out, scenario, plant, twin, every, recordings, report)
    emit(result, json_out, lambda: _show(result, chosen))


def _show(result: dict[str, Any], lang: str) -> None:
    from rich.table import Table

    table = Table(*folding(TEXT["columns"][lang]), title=TEXT["title"][lang].format(**result))
    for row in result["kpis"]:
        table.add_row(row["name"][lang], "–" if row["value"] is None else f"{row['value']:,.4g}", row["unit"])
    console().print(table)
    if not result["bars"]:
        typer.secho(TEXT["none"][lang].format(first=result["first_bar_min"]), fg=typer.colors.YELLOW, err=True)
    if result["out"]:
        typer.echo(TEXT["record"][lang].format(out=result["out"]))
