"""`steelyard validate`: runs every published case against the laws and the houses."""

from pathlib import Path
from typing import Annotated, Any

import typer

from steelyard.cli.output import console, emit, progress


def validate(
    process: Annotated[str | None, typer.Option(help="Only the cases of one process, e.g. ladle_furnace.")] = None,
    write_docs: Annotated[Path | None, typer.Option(help="Write the reference page to this file.")] = None,
    json_out: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Run the validation cases: exit code 0 when none failed, 1 when one did."""
    from steelyard.validation.page import page
    from steelyard.validation.runner import validate as run

    with progress("validating", silent=json_out) as report:
        rows = run(process, report)
    if write_docs:
        write_docs.write_text(page(rows), encoding="utf-8")
    emit(rows, json_out, lambda: _show(rows))
    if any(row["passed"] is False for row in rows):
        raise typer.Exit(1)


def _show(rows: list[dict[str, Any]]) -> None:
    from rich.markup import escape
    from rich.table import Table

    from steelyard.validation.page import number

    table = Table(title="Validation", show_lines=False)
    for name in ("process", "id", "case", "expected", "got", "result"):
        table.add_column(name, overflow="fold")
    colours = {True: "[green]passed[/]", False: "[red]failed[/]", None: "[yellow]not run[/]"}
    for row in rows:
        got = [number(row["got"][name]) for name in row["expected"] if name in row["got"]]
        text = "; ".join(got) or row["reason"]
        expected = "; ".join(number(value) for value in row["expected"].values())
        result = colours[row["passed"]]
        table.add_row(row["process"], row["id"], escape(row["title"]), expected, escape(text), result)
    console().print(table)
    counts = [sum(row["passed"] is state for row in rows) for state in (True, False, None)]
    console().print(f"{counts[0]} passed, {counts[1]} failed, {counts[2]} not run")
    for row in rows:
        if row["passed"] is not True:
            console().print(f"  {row['id']}: {row['reason']}", markup=False)
