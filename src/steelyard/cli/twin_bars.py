"""What `steelyard twin` prints of a bar mill: the calibration in two lines, the agreement as tables, en and ko."""

from typing import Any

import typer

from steelyard.cli.output import console, folding

FEW = 8
TEXT: dict[str, Any] = {
    "saved": {"en": "twin of {n} bars saved in {path}", "ko": "봉 {n}개로 보정한 트윈을 {path}에 저장했습니다"},
    "saved_set": {"en": "twin of one measured set saved in {path}", "ko": "측정 한 벌로 보정한 트윈을 {path}에 저장했습니다"},
    "known": {"en": "{known} of {all} numbers are identified by the records; the rest stay at their priors",
              "ko": "{all}개 수치 중 {known}개가 기록으로 식별되고, 나머지는 사전값에 머뭅니다"},
    "next": {"en": "next: steelyard twin agreement {path} --data {data}",
             "ko": "다음: steelyard twin agreement {path} --data {data}"},
    "agreement": {"en": "Agreement with {n} later bars, {a} to {b}; passes R2-R10",
                  "ko": "이후의 봉 {n}개({a}~{b})와의 일치도, 패스 R2~R10"},
    "columns": {"en": ("", "force [%]", "torque [%]", "temperature [K]", "s per bar"),
                "ko": ("", "하중 [%]", "토크 [%]", "온도 [K]", "봉당 시간 [s]")},
    "given": {"en": "twin, temperatures given", "ko": "트윈, 측정 온도 사용"},
    "predicted": {"en": "twin, temperatures predicted", "ko": "트윈, 온도까지 예측"},
    "uncalibrated": {"en": "uncalibrated twin", "ko": "보정 전 트윈"},
    "global_factor": {"en": "baseline: one global factor", "ko": "기준: 전체 계수 하나"},
    "pass_mean": {"en": "baseline: mean of the pass", "ko": "기준: 패스 평균"},
    "steel_pass_mean": {"en": "baseline: mean of pass and steel", "ko": "기준: 패스·강종 평균"},
    "pyroll": {"en": "PyRolL {version} ({model} force)", "ko": "PyRolL {version}({model} 하중식)"},
    "no_pyroll": {"en": 'PyRolL: not installed (pip install "steelyard[bench]")',
                  "ko": 'PyRolL: 설치되지 않음 (pip install "steelyard[bench]")'},
    "passes": {"en": "By pass: twin with temperatures given; temperatures predicted",
               "ko": "패스별: 측정 온도를 준 트윈; 온도 예측"},
    "pass": {"en": ("pass", "force [%]", "torque [%]", "temperature [K]"), "ko": ("패스", "하중 [%]", "토크 [%]", "온도 [K]")},
    "left": {"en": "{n} bar(s) rolled off schedule are left out, by their elongation", "ko": "스케줄을 벗어난 봉 {n}개는 연신으로 판정해 제외했습니다"},
    "seen": {"en": "WARNING: {n} of these bars were used in the calibration; this is no test on unseen bars",
             "ko": "경고: 이 가운데 {n}개 봉은 보정에 쓰였습니다. 처음 보는 봉에 대한 시험이 아닙니다"},
    "few": {"en": "WARNING: only {n} bars were scored; errors of so few say little",
            "ko": "경고: 평가한 봉이 {n}개뿐입니다. 이렇게 적은 수의 오차는 의미가 작습니다"},
    "worse": {"en": "WARNING: a plain baseline predicts these bars better: this is no twin of their mill, or not of now",
              "ko": "경고: 단순 기준이 이 봉들을 더 잘 예측합니다. 이 압연기의 트윈이 아니거나 지금 상태의 트윈이 아닙니다"},
    "rod": {"en": "Agreement with the measured set(s) {sets} of the rod mill", "ko": "선재 압연기와의 일치도(측정 세트 {sets})"},
    "rods": {"en": ("", "torque [%]", "temperature [K]"), "ko": ("", "토크 [%]", "온도 [K]")},
    "twin": {"en": "twin", "ko": "트윈"},
    "left_out": {"en": "twin, each stand left out in turn", "ko": "트윈, 스탠드를 하나씩 제외"},
    "own": {"en": "WARNING: this set calibrated the twin; the line with stands left out is the fairer figure",
            "ko": "경고: 이 세트로 트윈을 보정했습니다. 스탠드를 하나씩 제외한 줄이 더 공정한 값입니다"},
}  # fmt: skip


def show_bar_calibration(result: dict[str, Any], known: int, lang: str) -> None:
    """Print what a calibration gave and what to do next."""
    saved = "saved" if result["plant"] == "pilot" else "saved_set"
    typer.echo(TEXT[saved][lang].format(n=result["heats"], path=result["file"]))
    typer.echo(TEXT["known"][lang].format(known=known, all=len(result["estimates"])))
    typer.echo(TEXT["next"][lang].format(path=result["file"], data=result["dataset"]))


def show_bar_agreement(result: dict[str, Any], lang: str) -> None:
    """Print the agreement of a bar mill or a rod mill."""
    if "given_temperature" in result:
        _show_bars(result, lang)
    else:
        _show_rod_mill(result, lang)


def _show_bars(result: dict[str, Any], lang: str) -> None:
    from rich.table import Table

    split, rod = result["split"], result["pyroll"]
    title = TEXT["agreement"][lang].format(n=split["bars"], a=_short(split["first"]), b=_short(split["last"]))
    table = Table(*folding(TEXT["columns"][lang]), title=title)
    _row(table, TEXT["given"][lang], result["given_temperature"])
    _row(table, TEXT["predicted"][lang], result["predicted_temperature"])
    table.add_section()
    for name in ("uncalibrated", "global_factor", "pass_mean", "steel_pass_mean"):
        _row(table, TEXT[name][lang], result[name])
    if rod["force_mape"] is None:
        table.add_row(TEXT["no_pyroll"][lang], "–", "–", "–", "–")
    else:
        _row(table, TEXT["pyroll"][lang].format(version=rod["version"], model=rod["model"]), rod)
    console().print(table)
    passes = Table(*folding(TEXT["pass"][lang]), title=TEXT["passes"][lang])
    for name, row in result["passes"].items():
        scores = (row[key] for key in ("force_mape", "torque_mape", "temperature_mae_k"))
        passes.add_row(name, *("–" if v is None else f"{v:.1f}" for v in scores))
    console().print(passes)
    if split["off_schedule"]:
        typer.echo(TEXT["left"][lang].format(n=split["off_schedule"]))
    if split["bars_seen_before"]:
        typer.secho(TEXT["seen"][lang].format(n=split["bars_seen_before"]), fg=typer.colors.RED, err=True)
    plain = min(result[name]["force_mape"] for name in ("uncalibrated", "pass_mean"))
    if result["given_temperature"]["force_mape"] > plain:
        typer.secho(TEXT["worse"][lang], fg=typer.colors.YELLOW, err=True)
    if split["bars"] < FEW:
        typer.secho(TEXT["few"][lang].format(n=split["bars"]), fg=typer.colors.YELLOW, err=True)


def _row(table: Any, label: str, scores: dict[str, Any]) -> None:
    values = (scores.get(key) for key in ("force_mape", "torque_mape", "temperature_mae_k"))
    seconds = scores.get("seconds")
    table.add_row(
        label, *("–" if v is None else f"{v:.1f}" for v in values), "–" if seconds is None else f"{seconds:.2g}"
    )


def _short(trial: str) -> str:
    """Return the telling part of a long trial name."""
    return trial if len(trial) <= 24 else f"{trial[:20]}…"


def _show_rod_mill(result: dict[str, Any], lang: str) -> None:
    from rich.table import Table

    split = result["split"]
    title = TEXT["rod"][lang].format(sets=", ".join(str(s) for s in split["sets_scored"]))
    table = Table(*folding(TEXT["rods"][lang]), title=title)
    rows = (
        (TEXT["twin"][lang], result), (TEXT["left_out"][lang], result["left_out_one_stand"]),
        (TEXT["uncalibrated"][lang], result["uncalibrated"]), ("WICON", result["wicon"]),
    )  # fmt: skip
    for label, scores in rows:
        values = (scores["torque_mape"], scores["temperature_mae_k"])
        table.add_row(label, *("–" if v is None else f"{v:.1f}" for v in values))
    console().print(table)
    if split["seen_before"]:
        typer.secho(TEXT["own"][lang], fg=typer.colors.RED, err=True)
