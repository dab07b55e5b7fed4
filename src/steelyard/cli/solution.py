"""`steelyard solution`: check a solution against the contract, write a new one, list the reference solutions."""

from pathlib import Path
from typing import Annotated, Any

import typer

from steelyard.cli.output import console, emit, language

app = typer.Typer(no_args_is_help=True, help="Digital solutions: check one against the contract, write a new one.")

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Lang = Annotated[str | None, typer.Option("--lang", help="Language of the texts: en or ko.")]


@app.command("check")
def check_command(
    file: Annotated[Path, typer.Argument(help="A .py file, an executable file, or a folder with solution.py.")],
    json_out: Json = False,
    lang: Lang = None,
) -> None:
    """Check whether a solution keeps the contract; exit code 2 when it does not."""
    from steelyard.plant.board import PLANTS, ROLE_WRITES, public_signals
    from steelyard.solutions.checker import check
    from steelyard.solutions.contract import signal_infos

    chosen = language(lang)
    result = check(file, [signal_infos(public_signals(plant), ROLE_WRITES) for plant in PLANTS], chosen)
    emit(result, json_out, lambda: _print_check(result, chosen))
    raise typer.Exit(0 if result["passed"] else 2)


@app.command("new")
def new_command(
    file: Annotated[Path, typer.Argument(help="The file to write, for example my_advisor.py.")],
    kind: Annotated[str, typer.Option("--kind", help="advisor, controller, predictor or detector.")] = "advisor",
    json_out: Json = False,
    lang: Lang = None,
) -> None:
    """Write a commented solution that passes the check, as a start for your own."""
    from steelyard.solutions.template import write_template

    chosen = language(lang)
    path = write_template(file, kind)
    words = {"en": ("written", "next"), "ko": ("작성함", "다음 단계")}[chosen]
    result = {"path": str(path), "kind": kind, "next": f"steelyard solution check {path}"}
    emit(result, json_out, lambda: print(f"{words[0]}: {path}\n{words[1]}: {result['next']}"))


@app.command("list")
def list_command(json_out: Json = False, lang: Lang = None) -> None:
    """List the reference solutions with the path from which to copy them."""
    from steelyard.solutions.reference import REFERENCE, reference_path

    chosen = language(lang)
    found = [
        {"name": name, "what": text[chosen], "path": str(reference_path(name))} for name, text in REFERENCE.items()
    ]
    emit(found, json_out, lambda: _print_list(found))


def _print_check(result: dict[str, Any], lang: str) -> None:
    from rich.text import Text

    screen = console()
    for found in result["checks"]:
        mark = ("✓", "green") if found["passed"] else ("✗", "red")
        screen.print(Text.assemble(mark, " ", found["what"]))
        if not found["passed"]:
            screen.print(Text(f"  → {found['remedy']}"))
    verdict = {"en": ("passed", "failed"), "ko": ("적합", "부적합")}[lang][0 if result["passed"] else 1]
    screen.print(Text(f"{result['path']}: {verdict}", style="bold"))


def _print_list(found: list[dict[str, str]]) -> None:
    screen = console()
    for one in found:
        screen.print(f"[bold]{one['name']}[/bold]: {one['what']}")
        screen.print(f"  {one['path']}", soft_wrap=True, markup=False)
