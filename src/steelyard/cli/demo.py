"""`steelyard demo`: the main job in one go, from recorded heats to a report with a verdict."""

from pathlib import Path
from typing import Annotated, Any

import typer

from steelyard.cli.output import console, emit, folding, language, progress

TEXT = {
    "title": {"en": "From recorded heats to a verified solution", "ko": "기록된 히트에서 검증된 솔루션까지"},
    "synthetic": {
        "en": "packaged SYNTHETIC heats: they show how it works and prove nothing about any furnace",
        "ko": "함께 제공되는 합성 히트: 작동 방식을 보여 줄 뿐 실제 설비에 대해 아무것도 증명하지 않습니다",
    },
    "heats": {"en": "heats to calibrate / to score", "ko": "보정용 / 평가용 히트"},
    "interval": {"en": "next dip, unseen heats: mean error [K]", "ko": "다음 측온, 처음 보는 히트: 평균 오차 [K]"},
    "final": {"en": "final temperature from the first dip [K]", "ko": "첫 측온에서 예측한 최종 온도 [K]"},
    "boosting": {"en": "gradient boosting on the same heats [K]", "ko": "같은 히트에서 그래디언트 부스팅 [K]"},
    "coverage": {"en": "share inside the 90 % interval [%]", "ko": "90 % 구간 안에 든 비율 [%]"},
    "causal": {"en": "the twin's own response [K/MWh, K/min]", "ko": "트윈의 고유 응답 [K/MWh, K/min]"},
    "verdict": {"en": "verdict of the advisor trial", "ko": "조언기 시험의 판정"},
    "effect": {"en": "primary KPI, effect and 95 % interval", "ko": "주 KPI의 효과와 95 % 구간"},
    "predictor": {"en": "verdict of the soft-sensor trial", "ko": "소프트 센서 시험의 판정"},
    "report": {"en": "the report is in", "ko": "보고서 위치:"},
}


def demo(
    data: Annotated[Path | None, typer.Option("--data", help="Folder with your seven CSV files.")] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for store, twin and reports.")] = Path("demo-report"),
    lang: Annotated[str | None, typer.Option("--lang", help="en or ko.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the calibration.")] = 1,
    json_out: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Import heats, calibrate the twin, score it on unseen heats, run the trials, write the reports."""
    chosen = language(lang)
    from steelyard.studies.demonstration import demonstrate

    with progress("steelyard demo", silent=json_out) as report:
        result = demonstrate(data, out, chosen, seed, report)
    emit(result, json_out, lambda: _show(result, chosen))


def _show(result: dict[str, Any], lang: str) -> None:
    from rich.table import Table

    scores, trial = result["agreement"], result["trial"]
    primary, boosting = trial["primary"], scores["baselines"]["boosting"]
    table = Table(*folding(("", "")), title=TEXT["title"][lang], show_header=False)
    rows = (
        ("heats", f"{result['split']['calibrating']} / {result['split']['scoring']}"),
        ("interval", f"{scores['interval']['mae_k']:.2f}"),
        ("final", f"{scores['final']['mae_k']:.2f}"),
        ("boosting", " / ".join(_number(boosting[f"{task}_mae_k"]) for task in ("interval", "final"))),
        ("coverage", " / ".join(f"{100 * scores[task]['coverage_90']:.0f}" for task in ("interval", "final"))),
        ("causal", f"{scores['causal']['k_per_mwh']:.1f}, {scores['causal']['k_per_min']:.2f}"),
        ("verdict", trial["verdict_text"]),
        (
            "effect",
            f"{primary['kpi']}: {primary['effect']:.2f} [{primary['low']:.2f}, {primary['high']:.2f}] {primary['unit']}",
        ),
        ("predictor", result["predictor"]["verdict_text"]),
    )
    for key, value in rows:
        table.add_row(TEXT[key][lang], value)
    if result["data"]["synthetic"]:
        console().print(f"[yellow]{TEXT['synthetic'][lang]}[/yellow]")
    console().print(table)
    typer.echo(f"{TEXT['report'][lang]} {trial['report']}")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
