"""`steelyard twin`: calibrate a twin on recorded heats or bars, score it on unseen ones, show what it knows."""

from pathlib import Path
from typing import Annotated, Any

import typer

from steelyard.cli.output import console, emit, folding, language, progress
from steelyard.cli.twin_bars import show_bar_agreement, show_bar_calibration
from steelyard.errors import DataError

app = typer.Typer(no_args_is_help=True, help="The twin: calibrate it on records, score it on unseen heats, show it.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Lang = Annotated[str | None, typer.Option("--lang", help="en or ko.")]
Data = Annotated[str, typer.Option("--data", help="Data set in the hub (`steelyard hub list`).")]
File = Annotated[Path, typer.Argument(help="A twin file from `steelyard twin calibrate`.")]

BARS = "bar_rolling"
FEW = 50
TEXT: dict[str, Any] = {
    "saved": {"en": "twin of {heats} heats saved in {path}", "ko": "히트 {heats}개로 보정한 트윈을 {path}에 저장했습니다"},
    "known": {"en": "{known} of {all} numbers are identified by the records; the rest stay at their priors",
              "ko": "{all}개 수치 중 {known}개가 기록으로 식별되고, 나머지는 사전값에 머뭅니다"},
    "next": {"en": "next: steelyard twin agreement {path} --data {data} --from {key}",
             "ko": "다음: steelyard twin agreement {path} --data {data} --from {key}"},
    "numbers": {"en": "Numbers of the twin", "ko": "트윈의 수치"},
    "columns": {"en": ("number", "unit", "prior", "estimate", "identified"), "ko": ("수치", "단위", "사전값", "추정값", "식별")},
    "yes": {"en": "yes", "ko": "예"}, "no": {"en": "at its prior", "ko": "사전값"},
    "card": {"en": "Credibility card (levels 0 to 4)", "ko": "신뢰성 카드 (0~4단계)"},
    "cards": {"en": ("factor", "level", "evidence"), "ko": ("항목", "단계", "근거")},
    "agreement": {"en": "Agreement with {n} heats, keys {a} to {b}", "ko": "히트 {n}개(키 {a}~{b})와의 일치도"},
    "seen": {"en": "WARNING: {n} of these heats were used in the calibration; this is no test on unseen heats",
             "ko": "경고: 이 가운데 {n}개 히트는 보정에 쓰였습니다. 처음 보는 히트에 대한 시험이 아닙니다"},
    "few": {"en": "WARNING: only {n} heats were scored; shares and errors of so few say little",
            "ko": "경고: 평가한 히트가 {n}개뿐입니다. 이렇게 적은 수의 비율과 오차는 의미가 작습니다"},
    "tasks": {"en": ("", "next dip", "final temperature"), "ko": ("", "다음 측온", "최종 온도")},
    "twin": {"en": "twin: mean absolute error [K]", "ko": "트윈: 평균 절대 오차 [K]"},
    "rmse": {"en": "root mean square error [K]", "ko": "제곱평균제곱근 오차 [K]"},
    "bias": {"en": "bias [K]", "ko": "편향 [K]"},
    "c50": {"en": "inside the 50 % interval [%]", "ko": "50 % 구간 안 [%]"},
    "c90": {"en": "inside the 90 % interval [%]", "ko": "90 % 구간 안 [%]"},
    "n": {"en": "forecasts", "ko": "예측 수"},
    "persistence": {"en": "baseline: the last dip again [K]", "ko": "기준: 직전 측온값 그대로 [K]"},
    "mean": {"en": "baseline: the mean [K]", "ko": "기준: 평균 [K]"},
    "linear": {"en": "baseline: linear regression [K]", "ko": "기준: 선형 회귀 [K]"},
    "boosting": {"en": "baseline: gradient boosting [K]", "ko": "기준: 그래디언트 부스팅 [K]"},
    "causal": {"en": "response of the twin: {a:.1f} K/MWh, {b:.2f} K/min; robust regression of the records: {c:.1f} K/MWh, {d:.2f} K/min",
               "ko": "트윈의 응답: {a:.1f} K/MWh, {b:.2f} K/min; 기록의 강건 회귀: {c:.1f} K/MWh, {d:.2f} K/min"},
}  # fmt: skip
FACTORS: dict[str, dict[str, str]] = {
    "en": {},
    "ko": {
        "code_verification": "코드 검증", "solution_verification": "해 검증", "validation": "타당성 확인",
        "input_pedigree": "입력의 출처", "uncertainty": "불확실성", "robustness": "강건성", "use_history": "사용 이력",
    },
}  # fmt: skip


@app.command("calibrate")
def calibrate_command(
    process: Annotated[str, typer.Argument(help="The process: ladle_furnace or bar_rolling.")],
    data: Data,
    out: Annotated[Path, typer.Option("--out", help="Where the twin file goes.")] = Path("twin.json"),
    until: Annotated[
        list[str] | None,
        typer.Option("--until", help="Use heats (bars) before this key (trial) only; bars: once per campaign."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed; the same seed gives the same file.")] = 1,
    json_out: Json = False,
    lang: Lang = None,
) -> None:
    """Estimate the twin's numbers from recorded heats or bars, with their doubt, and save the twin."""
    from steelyard.hub.store import open_store
    from steelyard.processes.catalogue import house
    from steelyard.twin.bar_rolling.calibrate import calibrate_bars
    from steelyard.twin.calibrate import calibrate
    from steelyard.twin.file import save

    chosen = language(lang)
    house(process)
    with progress("calibrate", silent=json_out) as report:
        if process == BARS:
            twin: Any = calibrate_bars(data, until or [], open_store(), seed, report)
        else:
            twin = calibrate(process, data, _key(until), open_store(), seed, report)
    path = save(twin, out)
    result = {**_summary(twin), "file": str(path)}
    emit(result, json_out, lambda: _show_calibration(result, chosen))


@app.command("agreement")
def agreement_command(
    file: File,
    data: Data,
    start: Annotated[
        str | None,
        typer.Option("--from", help="Score from this key (trial) on; default: where the calibration ended."),
    ] = None,
    json_out: Json = False,
    lang: Lang = None,
) -> None:
    """Score a twin on heats or bars it has not seen, beside plain baselines in the same run."""
    from steelyard.hub.store import open_store
    from steelyard.twin.agreement import agreement
    from steelyard.twin.bar_rolling.agreement import bar_agreement
    from steelyard.twin.file import load

    chosen = language(lang)
    twin = load(file)
    with progress("agreement", silent=json_out) as report:
        report(0.3)
        if twin.process == BARS:
            result = bar_agreement(twin, data, start, open_store())
        else:
            key = _key([start] if start else None)
            result = agreement(twin, data, (twin.until or 0) if key is None else key, open_store())
    show = show_bar_agreement if twin.process == BARS else _show_agreement
    emit(result, json_out, lambda: show(result, chosen))


@app.command("show")
def show_command(file: File, json_out: Json = False, lang: Lang = None) -> None:
    """Show a twin's numbers, which of them the records identify, and its credibility card."""
    from steelyard.twin.file import load

    chosen = language(lang)
    result = _summary(load(file))
    emit(result, json_out, lambda: _show_twin(result, chosen))


def _key(given: list[str] | None) -> int | None:
    """Return the key of a heat from --until or --from; DataError when it is no single whole number."""
    if not given:
        return None
    if len(given) > 1 or not given[0].lstrip("-").isdigit():
        raise DataError(f"{' '.join(given)!r} is no key of a heat; give one whole number, e.g. --until 700")
    return int(given[0])


def _summary(twin: Any) -> dict[str, Any]:
    about = ("process", "plant", "dataset", "dataset_hash", "until", "seed", "heats", "figures", "card")
    return {name: getattr(twin, name) for name in about} | {"estimates": twin.estimates()}


def _show_calibration(result: dict[str, Any], lang: str) -> None:
    rows = result["estimates"]
    known = sum(row["identified"] for row in rows)
    if result["process"] == BARS:
        show_bar_calibration(result, known, lang)
        return
    typer.echo(TEXT["saved"][lang].format(heats=result["heats"], path=result["file"]))
    typer.echo(TEXT["known"][lang].format(known=known, all=len(rows)))
    key = result["until"] if result["until"] is not None else 0
    typer.echo(TEXT["next"][lang].format(path=result["file"], data=result["dataset"], key=key))


def _show_twin(result: dict[str, Any], lang: str) -> None:
    from rich.markup import escape
    from rich.table import Table

    numbers = Table(*folding(TEXT["columns"][lang]), title=TEXT["numbers"][lang])
    for row in result["estimates"]:
        prior, value = (f"{row[a]:.4g} ± {row[b]:.2g}" for a, b in (("prior", "prior_sd"), ("value", "sd")))
        numbers.add_row(
            escape(row["name"]), row["unit"], prior, value, TEXT["yes" if row["identified"] else "no"][lang]
        )
    card = Table(*folding(TEXT["cards"][lang]), title=TEXT["card"][lang])
    for factor, entry in result["card"].items():
        card.add_row(
            FACTORS[lang].get(factor, factor.replace("_", " ")), str(entry["level"]), _said(entry["evidence"], lang)
        )
    console().print(numbers)
    console().print(card)


def _said(text: Any, lang: str) -> str:
    return text[lang] if isinstance(text, dict) else str(text)


def _show_agreement(result: dict[str, Any], lang: str) -> None:
    from rich.table import Table

    tasks, split = [result["interval"], result["final"]], result["split"]
    title = TEXT["agreement"][lang].format(n=split["heats_scored"], a=split["first_key"], b=split["last_key"])
    table = Table(*folding(TEXT["tasks"][lang]), title=title)
    for key, field, factor in (
        ("twin", "mae_k", 1), ("rmse", "rmse_k", 1), ("bias", "bias_k", 1), ("c50", "coverage_50", 100),
        ("c90", "coverage_90", 100), ("n", "n", 1),
    ):  # fmt: skip
        digits = 0 if key in {"c50", "c90", "n"} else 2
        table.add_row(TEXT[key][lang], *(f"{factor * task[field]:.{digits}f}" for task in tasks))
    table.add_section()
    for name, scores in result["baselines"].items():
        values = (scores["interval_mae_k"], scores["final_mae_k"])
        table.add_row(TEXT[name][lang], *("–" if value is None else f"{value:.2f}" for value in values))
    console().print(table)
    if split["heats_seen_before"]:
        typer.secho(TEXT["seen"][lang].format(n=split["heats_seen_before"]), fg=typer.colors.RED, err=True)
    if split["heats_scored"] < FEW:
        typer.secho(TEXT["few"][lang].format(n=split["heats_scored"]), fg=typer.colors.YELLOW, err=True)
    c = result["causal"]
    rates = {"a": c["k_per_mwh"], "b": c["k_per_min"], "c": c["records_k_per_mwh"], "d": c["records_k_per_min"]}
    typer.echo(TEXT["causal"][lang].format(**rates))
