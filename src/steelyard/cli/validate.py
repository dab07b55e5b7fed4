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
    """Run the validation cases: exit code 0 when none failed, 1 when one did; known misses are told and do not count."""
    from steelyard.validation.page import page
    from steelyard.validation.runner import validate as run

    with progress("validating", silent=json_out) as report:
        rows = run(process, report)
    if write_docs:
        write_docs.write_text(page(rows), encoding="utf-8")
    emit(rows, json_out, lambda: _show(rows))
    if any(row["result"] == "failed" for row in rows):
        raise typer.Exit(1)


def _show(rows: list[dict[str, Any]]) -> None:
    from rich.markup import escape
    from rich.table import Table

    from steelyard.validation.page import number

    table = Table(title="Validation", show_lines=False)
    for name in ("process", "id", "case", "expected", "got", "result"):
        table.add_column(name, overflow="fold")
    colours = {"passed": "green", "failed": "red", "missed": "magenta", "not run": "yellow"}
    for row in rows:
        got = [number(row["got"][name]) for name in row["expected"] if name in row["got"]]
        text = "; ".join(got) or row["reason"]
        expected = "; ".join(number(value) for value in row["expected"].values())
        result = f"[{colours[row['result']]}]{row['result']}[/]"
        table.add_row(row["process"], row["id"], escape(row["title"]), expected, escape(text), result)
    console().print(table)
    counts = [f"{sum(row['result'] == word for row in rows)} {word}" for word in colours]
    console().print(", ".join(counts))
    for row in rows:
        if row["passed"] is not True:
            console().print(f"  {row['id']}: {row['reason']}", markup=False)
