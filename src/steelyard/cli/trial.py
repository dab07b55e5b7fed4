"""`steelyard trial`: run a paired trial and write its report, verify a report, show a plan and its hash."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from steelyard.cli.output import console, emit, language, progress
from steelyard.cli.solution import warn_of_isolation

app = typer.Typer(no_args_is_help=True, help="Trials: weigh a solution against a baseline; verify a report.")

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Lang = Annotated[str | None, typer.Option("--lang", help="Language of report and texts: en or ko.")]
Plan = Annotated[
    str,
    typer.Argument(help="A plan file (TOML), or a shipped plan: advisor, predictor, furnace, detector, bar_predictor."),
]
Solution = Annotated[Path | None, typer.Option("--solution", help="Weigh this solution instead of the plan's.")]
Kind = Annotated[str | None, typer.Option("--kind", help="Its kind, when the plan has another: advisor, controller.")]
Twin = Annotated[
    Path | None, typer.Option("--twin", help="A twin file from `steelyard twin calibrate`: your own plant.")
]
Data = Annotated[str | None, typer.Option("--data", help="Data set of a predictor trial (`steelyard hub list`).")]
Draws = Annotated[int | None, typer.Option(help="Plausible plants to repeat it in; 10 when --twin is given.")]
Count = Annotated[int | None, typer.Option(help="Change this number of the plan; a change makes a new trial.")]


OPTIONS = {
    "network": ("solution", "network"), "solution": ("solution", "path"), "kind": ("solution", "kind"), "twin": ("plant", "twin"), "data": ("data", "name"),
    "campaigns": ("runs", "campaigns"), "heats": ("runs", "heats"), "bars": ("runs", "bars"), "draws": ("ensemble", "draws"),
}  # fmt: skip
INTERRUPTED = {"en": "interrupted; nothing was half-written", "ko": "중단됨; 쓰다 만 파일은 없습니다"}
HELD = {
    "en": "--out {out}: a report lies there already; give another folder, or --force to replace it",
    "ko": "--out {out}: 이미 보고서가 있습니다. 다른 폴더를 지정하거나 --force로 바꾸십시오",
}
STOPPING = {"en": "interrupt: the solution is being stopped …", "ko": "중단 요청: 솔루션을 종료하는 중 …"}


def _plan(name: str, given: dict[str, Any]) -> Any:
    """Load a plan and change it by the options that were given; an error names the option."""
    from steelyard.errors import SteelyardError
    from steelyard.trials.plan import load_plan

    plan = load_plan(name)
    for option, value in given.items():
        if value is None:
            continue
        section, key = OPTIONS[option]
        try:
            plan = plan.with_changes(**{section: {key: _absolute(value) if isinstance(value, Path) else value}})
        except SteelyardError as error:
            raise type(error)(f"--{option} {value}: {str(error).removeprefix('plan: ')}") from error
    return plan


def _there(**files: Path | None) -> None:
    """See that the files named by options are there."""
    from steelyard.errors import DataError

    for option, path in files.items():
        if path is not None and not path.expanduser().exists():
            raise DataError(f"--{option} {path}: there is no file {path}; check the path, or leave the option out")


def _vacant(out: Path, force: bool, lang: str) -> None:
    """See that no report of another trial is lost."""
    from steelyard.errors import DataError

    if not force and any((out / name).exists() for name in ("report.json", "report.html")):
        raise DataError(HELD[lang].format(out=out))


@contextmanager
def _interruptible(lang: str) -> Iterator[None]:
    """Make Ctrl-C end a command in good order with exit code 130; a second Ctrl-C does not disturb the cleaning up."""

    def once(*_: object) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        typer.echo(STOPPING[lang], err=True)
        raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGINT)
    mine = before is signal.default_int_handler and threading.current_thread() is threading.main_thread()
    if mine:
        signal.signal(signal.SIGINT, once)
    try:
        yield
    except KeyboardInterrupt:
        typer.echo(INTERRUPTED[lang], err=True)
        raise typer.Exit(130) from None
    finally:
        if mine:
            signal.signal(signal.SIGINT, before)


@contextmanager
def _folder(out: Path, force: bool, lang: str) -> Iterator[None]:
    """Make the folder of the report; take away again what was made when nothing comes into it."""
    from steelyard.trials.report import prepare

    _vacant(out, force, lang)
    new = [path for path in (out, *out.parents) if not path.exists()]
    try:
        prepare(out)
        yield
    finally:
        for path in new:
            with suppress(OSError):
                path.rmdir()  # only empty ones go


def _absolute(path: Path) -> str:
    return str(path.expanduser().resolve())


@app.command("run")
def run_command(
    plan: Plan = "advisor",
    solution: Solution = None,
    kind: Kind = None,
    twin: Twin = None,
    data: Data = None,
    campaigns: Count = None,
    heats: Count = None,
    bars: Count = None,
    draws: Draws = None,
    network: Annotated[
        bool | None, typer.Option("--network", help="The solution needs the network; the report says so.")
    ] = None,
    over: Annotated[
        str | None, typer.Option("--over", help="Ask the solution over rest, opcua or mqtt instead of a pipe.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for report.html and report.json.")] = Path("trial-report"),
    force: Annotated[bool, typer.Option("--force", help="Replace a report that lies there.")] = False,
    json_out: Json = False,
    lang: Lang = None,
) -> None:
    """Run a trial and write its report; a bad solution ends in a finished report, a bad plan in exit code 2."""
    chosen = language(lang)
    with _interruptible(chosen):
        from steelyard.trials.report import write

        _there(solution=solution, twin=twin)
        made = _plan(
            plan,
            {
                "network": network, "solution": solution, "kind": kind, "twin": twin, "data": data, "campaigns": campaigns,
                "heats": heats, "bars": bars, "draws": draws if draws is not None or twin is None else 10,
            },
        )  # fmt: skip
        with _folder(out, force, chosen):
            with progress({"en": "trial", "ko": "시험"}[chosen], silent=json_out) as bar:
                report = _run(made, over, bar, json_out, chosen)
            write(report, out, chosen)
    warn_of_isolation(report["facts"].get("isolation"), chosen)
    short = {key: report[key] for key in ("verdict", "primary", "report", "plan_hash", "result_hash")}
    short["sentence"] = report["result"]["verdict"]["sentence"][chosen]
    emit(short, json_out, lambda: _print_run(report, chosen))


def _run(plan: Any, protocol: str | None, bar: Any, json_out: bool, lang: str) -> dict[str, Any]:
    """Return the report of a plan whose solution is asked over a protocol, or over its pipe."""
    if protocol is None:
        from steelyard.trials.run import run_plan

        return run_plan(plan, progress=bar)
    from steelyard.server.over import run_over

    return run_over(plan, protocol, progress=bar if json_out or sys.stderr.isatty() else _tenths(lang))


def _tenths(lang: str) -> Any:
    """Return what prints a plain line on stderr at each tenth; a trial over the wire takes minutes."""
    told = 0

    def report(fraction: float = 0.0, text: str = "") -> None:
        nonlocal told
        if (now := int(10.0 * fraction + 1e-9)) > told:
            told = now
            typer.echo({"en": f"trial: {10 * now} %", "ko": f"시험: {10 * now} %"}[lang], err=True)

    return report


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
    chosen = language(lang)
    given = {"solution": solution, "baseline": baseline, "twin": twin, "prices": prices}
    _there(**given)
    places = {name: _absolute(path) for name, path in given.items() if path is not None}
    with _interruptible(chosen):
        from steelyard.trials.verify import verify

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
    emit(result, json_out, lambda: _print_list(result, chosen))


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
    from steelyard.trials.verify import PARTS

    if result["verified"]:
        said = {"en": "verified: the same result, bit for bit", "ko": "검증됨: 비트 단위로 동일한 결과"}[lang]
        print(f"{said}\n{result['result_hash']}")
    else:
        print({"en": "NOT verified; this differs:", "ko": "검증 실패. 다른 부분:"}[lang])
        for line in result["differences"]:
            print(f"  {line}")
    done = {"en": "compared", "ko": "비교함"}[lang]
    missing = {"en": "NOT checked", "ko": "확인하지 않음"}[lang]
    absent = {"en": "; it does not lie beside report.json", "ko": "; report.json 옆에 없음"}[lang]
    for part in result["compared"]:
        print(f"{done}: {PARTS[part][lang]}")
    for part in result["not_compared"]:
        print(f"{missing}: {PARTS[part][lang]}{absent if part == 'page' else ''}")


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


def _print_list(result: dict[str, Any], lang: str) -> None:
    from rich.table import Table

    from steelyard.trials.listing import heading

    for title, rows in result.items():
        columns = [column for column in rows[0] if column != "trend"]
        table = Table(title=heading(title, lang), title_justify="left", box=None, padding=(0, 2, 0, 0))
        for column in columns:
            table.add_column(
                heading(column, lang), overflow="fold", style="bold" if column == "id" else None, no_wrap=column == "id"
            )
        for row in rows:
            table.add_row(*(_cell(column, str(row[column]), lang) for column in columns))
        console().print(table)


def _cell(column: str, value: str, lang: str) -> str:
    from steelyard.trials.listing import heading

    return heading(value, lang) if column in ("kind", "trial") else value
