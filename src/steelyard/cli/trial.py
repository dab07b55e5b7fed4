"""`steelyard trial`: run a paired trial and write its report, verify a report, show a plan and its hash."""

from pathlib import Path
from typing import Annotated, Any

import typer

from steelyard.cli.output import console, emit, language, progress

app = typer.Typer(no_args_is_help=True, help="Trials: weigh a solution against a baseline; verify a report.")

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Lang = Annotated[str | None, typer.Option("--lang", help="Language of report and texts: en or ko.")]
Plan = Annotated[str, typer.Argument(help="A plan file (TOML), or a shipped plan: advisor, predictor.")]
Solution = Annotated[Path | None, typer.Option("--solution", help="Weigh this solution instead of the plan's.")]
Kind = Annotated[str | None, typer.Option("--kind", help="Its kind, when the plan has another: advisor, controller.")]
Twin = Annotated[
    Path | None, typer.Option("--twin", help="A twin file from `steelyard twin calibrate`: your own plant.")
]
Data = Annotated[str | None, typer.Option("--data", help="Data set of a predictor trial (`steelyard hub list`).")]
Draws = Annotated[int | None, typer.Option(help="Plausible plants to repeat it in; 10 when --twin is given.")]
Count = Annotated[int | None, typer.Option(help="Change this number of the plan; a change makes a new trial.")]


def _plan(name: str, changes: dict[str, dict[str, Any]]) -> Any:
    from steelyard.trials.plan import load_plan

    plan = load_plan(name)
    kept = {section: {k: v for k, v in values.items() if v is not None} for section, values in changes.items()}
    return plan.with_changes(**{section: values for section, values in kept.items() if values})


def _absolute(path: Path | None) -> str | None:
    return None if path is None else str(path.expanduser().resolve())


@app.command("run")
def run_command(
    plan: Plan = "advisor",
    solution: Solution = None,
    kind: Kind = None,
    twin: Twin = None,
    data: Data = None,
    campaigns: Count = None,
    heats: Count = None,
    draws: Draws = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for report.html and report.json.")] = Path("trial-report"),
    json_out: Json = False,
    lang: Lang = None,
) -> None:
    """Run a trial and write its report; a bad solution ends in a finished report, a bad plan in exit code 2."""
    from steelyard.trials.report import prepare, write
    from steelyard.trials.run import run_plan

    chosen = language(lang)
    changes: dict[str, dict[str, Any]] = {
        "solution": {"path": _absolute(solution), "kind": kind},
        "plant": {"twin": _absolute(twin)},
        "data": {"name": data},
        "runs": {"campaigns": campaigns, "heats": heats},
        "ensemble": {"draws": draws if draws is not None or twin is None else 10},
    }
    made = _plan(plan, changes)
    prepare(out)
    with progress({"en": "trial", "ko": "시험"}[chosen], silent=json_out) as bar:
        report = run_plan(made, progress=bar)
    write(report, out, chosen)
    short = {key: report[key] for key in ("verdict", "primary", "report", "plan_hash", "result_hash")}
    short["sentence"] = report["result"]["verdict"]["sentence"][chosen]
    emit(short, json_out, lambda: _print_run(report, chosen))


@app.command("verify")
def verify_command(
    report: Annotated[Path, typer.Argument(help="The report.json of a trial.")],
    solution: Annotated[Path | None, typer.Option("--solution", help="Where the solution is now.")] = None,
    baseline: Annotated[Path | None, typer.Option("--baseline", help="Where the baseline predictor is now.")] = None,
    twin: Annotated[Path | None, typer.Option("--twin", help="Where the twin file is now.")] = None,
    prices: Annotated[Path | None, typer.Option("--prices", help="Where the price list is now.")] = None,
    json_out: Json = False,
    lang: Lang = None,
) -> None:
    """Run a reported trial again and compare bit for bit; exit code 1 when anything differs."""
    from steelyard.trials.verify import verify

    chosen = language(lang)
    given = {"solution": solution, "baseline": baseline, "twin": twin, "prices": prices}
    places = {name: str(path.resolve()) for name, path in given.items() if path is not None}
    with progress({"en": "verify", "ko": "검증"}[chosen], silent=json_out) as bar:
        result = verify(report, places, progress=bar)
    emit(result, json_out, lambda: _print_verify(result, chosen))
    raise typer.Exit(0 if result["verified"] else 1)


@app.command("plan")
def plan_command(
    plan: Plan = "advisor",
    seal: Annotated[Path | None, typer.Option("--seal", help="Make a new seal file for the plan's suite.")] = None,
    json_out: Json = False,
    lang: Lang = None,
) -> None:
    """Check a plan and print it with its hash; with --seal make a secret seed and the commitment to publish."""
    from steelyard.trials.plan import load_plan
    from steelyard.trials.seal import new_seal, write_seal

    chosen = language(lang)
    loaded = load_plan(plan)
    if seal is not None:
        made = new_seal(loaded.suite.name)
        write_seal(made, seal)
        result: dict[str, Any] = {"suite": made.suite, "seal": str(seal), "commitment": made.commitment()}
        emit(result, json_out, lambda: _print_seal(result, chosen))
        return
    result = {"hash": loaded.hash(), "plan": loaded.record()}
    emit(result, json_out, lambda: _print_plan(result, chosen))


@app.command("list")
def list_command(json_out: Json = False, lang: Lang = None) -> None:
    """List shipped plans, scenarios and KPIs."""
    from steelyard.trials.listing import listing

    chosen = language(lang)
    result = listing(chosen)
    emit(result, json_out, lambda: _print_list(result))


def _print_run(report: dict[str, Any], lang: str) -> None:
    from rich.panel import Panel

    verdict = report["result"]["verdict"]
    colours = {"better": "green", "not worse": "blue", "worse": "red", "unsafe": "red", "inconclusive": "yellow"}
    lines = [f"[bold]{verdict['sentence'][lang]}[/bold]"]
    lines += [f"• {_plain(reason[lang])}" for reason in verdict["reasons"]]
    lines += [f"[dim]· {_plain(condition[lang])}[/dim]" for condition in verdict["conditions"]]
    title = f"{verdict['label'][lang]}"
    console().print(Panel("\n".join(lines), title=title, border_style=colours[report["verdict"]], title_align="left"))
    print({"en": "report", "ko": "보고서"}[lang] + f": {report['report']}")


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def _print_verify(result: dict[str, Any], lang: str) -> None:
    if result["verified"]:
        said = {"en": "verified: the same result, bit for bit", "ko": "검증됨: 비트 단위로 동일한 결과"}[lang]
        print(f"{said}\n{result['result_hash']}")
        return
    print({"en": "NOT verified; this differs:", "ko": "검증 실패. 다른 부분:"}[lang])
    for line in result["differences"]:
        print(f"  {line}")


def _print_seal(result: dict[str, Any], lang: str) -> None:
    said = {
        "en": "Keep the seal file secret until the runs are done. Publish this in the plan, section [suite]:",
        "ko": "실행이 끝날 때까지 봉인 파일을 비밀로 보관하고, 다음을 계획의 [suite]에 공개하십시오:",
    }[lang]
    print(f'{said}\n  tag = "sealed"\n  commitment = "{result["commitment"]}"\n  seal = "{result["seal"]}"')


def _print_plan(result: dict[str, Any], lang: str) -> None:
    import json

    print(json.dumps(result["plan"], ensure_ascii=False, indent=2))
    print({"en": "plan hash", "ko": "계획 해시"}[lang] + f": {result['hash']}")


def _print_list(result: dict[str, Any]) -> None:
    from rich.table import Table

    for title, rows in result.items():
        columns = [column for column in rows[0] if column != "trend"]
        table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
        for column in columns:
            table.add_column(column, overflow="fold", style="bold" if column == "id" else None, no_wrap=column == "id")
        for row in rows:
            table.add_row(*(str(row[column]) for column in columns))
        console().print(table)
