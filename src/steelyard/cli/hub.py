"""`steelyard hub`: bring data in, look at them, check whether they can be true, remove them."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from steelyard.cli.hub_passes import passes
from steelyard.cli.output import console, emit, folding, language, progress
from steelyard.hub.texts import table_word

app = typer.Typer(no_args_is_help=True, help="Recorded data: import, look, check for plausibility.")
app.command()(passes)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Lang = Annotated[str | None, typer.Option("--lang", help="en or ko.")]
Map = Annotated[Path | None, typer.Option("--map", help="Mapping file (TOML): other file names, columns, units.")]
_DROPPED = ("file", "row", "key", "column", "value", "reason")
_PRODUCT = {
    "ladle-furnace": {"en": "heat", "ko": "히트"},
    "freiberg-passes": {"en": "trial", "ko": "봉"},
    "rod-mill": {"en": "stand", "ko": "스탠드"},
    "rolling-recordings": {"en": "recording", "ko": "기록"},
}
_KINDS = "ladle-furnace, freiberg-passes, rod-mill, rolling-recordings (folders), or table (any CSV or Parquet)."
_STYLE = {"error": "bold red", "warning": "yellow", "note": "cyan"}


@contextmanager
def _interruptible(lang: str) -> Iterator[None]:
    """End on Ctrl-C with one sentence and exit code 130.

    A stop may surface as another error: inside compiled code it becomes a PanicException, no child of Exception.
    """
    pressed: list[int] = []

    def press(number: int, frame: Any) -> None:
        pressed.append(number)
        raise KeyboardInterrupt

    mine = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, press) if mine else None
    try:
        import numpy  # noqa: F401  before polars, whose compiled code panics when a stop falls into this import

        yield
    except BaseException as error:
        if not (pressed or isinstance(error, KeyboardInterrupt)):
            raise
        said = {
            "en": "stopped; the store is unchanged and readable",
            "ko": "중단했습니다. 저장소는 그대로이며 읽을 수 있습니다",
        }
        print(said[lang], file=sys.stderr)
        raise typer.Exit(130) from None
    finally:
        if mine:
            signal.signal(signal.SIGINT, before)


@app.command("import")
def import_(
    kind: Annotated[str, typer.Argument(help=_KINDS)],
    directory: Annotated[Path, typer.Argument(help="Folder of the files; for table: the file.")],
    name: Annotated[str | None, typer.Option("--name", help="Name in the store.")] = None,
    mapping: Map = None,
    replace: Annotated[bool, typer.Option("--replace", help="Overwrite a data set of this name.")] = False,
    lang: Lang = None,
    json_out: Json = False,
) -> None:
    """Import recorded data; what cannot be read is refused, what is left out is listed."""
    chosen = language(lang)
    with _interruptible(chosen), progress("import", silent=json_out) as tell:
        from steelyard.hub.ingest import import_dataset

        result = import_dataset(kind, directory, name, mapping, replace=replace, progress=tell)
    emit(result, json_out, lambda: _print_import(result, chosen))


@app.command("list")
def list_(lang: Lang = None, json_out: Json = False) -> None:
    """List the data sets in the store."""
    from steelyard.hub.store import open_store

    store = open_store()
    rows = [store.info(name) for name in store.names()]
    chosen = language(lang)
    emit([_brief(row) for row in rows], json_out, lambda: _print_list(rows, str(store.root), chosen))


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="Data set.")],
    dropped: Annotated[bool, typer.Option("--dropped", help="List every dropped value.")] = False,
    lang: Lang = None,
    json_out: Json = False,
) -> None:
    """Show what a data set holds and every value that was left out, with the reason."""
    chosen = language(lang)
    with _interruptible(chosen):
        from steelyard.hub.describe import describe

        result = describe(name, chosen)
    emit(result, json_out, lambda: _print_show(result, chosen, None if dropped else 20))


@app.command()
def check(
    what: Annotated[list[str], typer.Argument(help="Data sets, or CSV / Parquet files.")],
    group: Annotated[str | None, typer.Option("--group", help="Column that numbers the batches.")] = None,
    time: Annotated[str | None, typer.Option("--time", help="Column of times.")] = None,
    target: Annotated[str | None, typer.Option("--target", help="Column that is to be predicted.")] = None,
    mapping: Map = None,
    lang: Lang = None,
    json_out: Json = False,
) -> None:
    """Check whether data can be the record of a process: findings with evidence, in plain words.

    Exit code: 0 nothing serious, 1 findings of severity error, 2 the data cannot be read.
    """
    chosen = language(lang)
    with _interruptible(chosen), progress("check", silent=json_out) as tell:
        from steelyard.hub.plausibility.check import check_all

        reports = check_all(what, mapping, tell, group=group, time=time, target=target)
    emit(reports[0] if len(reports) == 1 else reports, json_out, lambda: _print_checks(reports, chosen))
    if any(report["counts"]["error"] for report in reports):
        raise typer.Exit(1)


@app.command()
def remove(
    name: Annotated[str, typer.Argument(help="Data set.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    lang: Lang = None,
    json_out: Json = False,
) -> None:
    """Remove a data set from the store (the files it came from stay)."""
    from steelyard.hub.store import open_store

    chosen, store = language(lang), open_store()
    store.info(name)
    ask = {"en": f"Remove data set {name!r}?", "ko": f"데이터 세트 {name!r}을(를) 삭제할까요?"}[chosen]
    answer = "y" if yes else _answer(ask)
    if answer not in ("y", "yes", "예", "네"):
        kept = {"en": "kept", "ko": "그대로 두었습니다"}[chosen]
        emit({"removed": False, "name": name}, json_out, lambda: print(kept))
        raise typer.Exit(0 if answer else 1)
    store.remove(name)
    emit(
        {"removed": True, "name": name},
        json_out,
        lambda: print({"en": f"removed {name}", "ko": f"{name} 삭제함"}[chosen]),
    )


def _answer(question: str) -> str:
    """Ask on stderr (stdout holds results only) and return the answer; "" when none came."""
    print(f"{question} [y/N]: ", end="", file=sys.stderr, flush=True)
    try:
        said = sys.stdin.readline()
    except KeyboardInterrupt:
        said = ""
    if not said.endswith("\n"):
        print(file=sys.stderr)
    return said.strip().lower() or ("n" if said else "")


def _brief(info: dict[str, Any]) -> dict[str, Any]:
    tables = {table: entry["rows"] for table, entry in info["tables"].items()}
    running = {"running": info["source"]["running"]} if info["kind"] == "recording" else {}
    return {key: info[key] for key in ("name", "kind", "created", "hash")} | {"tables": tables} | running


def _print_import(result: dict[str, Any], lang: str) -> None:
    out = console()
    rows = ", ".join(f"{table_word(table, lang)} {count}" for table, count in result["tables"].items())
    said = {"en": "imported", "ko": "가져옴"}[lang]
    out.print(f"[bold]{result['name']}[/] {said} ({result['kind']}): {rows}", highlight=False)
    for file, account in result["files"].items():
        more = {
            "en": "rows in, {k} kept, {d} dropped; single values emptied: {v}",
            "ko": "행 중 {k} 보존, {d} 제외; 비운 개별 값: {v}",
        }[lang]
        line = more.format(k=account["rows_kept"], d=account["rows_dropped"], v=account["cells_emptied"])
        out.print(f"  {file}: {account['rows_in']} {line}", highlight=False)
    _print_notes(result["notes"], lang)
    if result["dropped"]:
        hint = {"en": "value(s) left out; every one with its reason:", "ko": "개 값을 제외했습니다. 사유 전체:"}[lang]
        out.print(f"  {result['dropped']} {hint} steelyard hub show {result['name']} --dropped", highlight=False)


def _print_notes(notes: list[dict[str, Any]], lang: str) -> None:
    for note in notes:
        console().print(f"  · {note['message'].get(lang, note['message']['en'])}", highlight=False, markup=False)


def _print_list(rows: list[dict[str, Any]], root: str, lang: str) -> None:
    from rich.table import Table

    if not rows:
        empty = {
            "en": f"The store {root} is empty. Import a folder of heats:\n  steelyard hub import "
            "ladle-furnace FOLDER\nor any table:  steelyard hub import table FILE.csv",
            "ko": f"저장소 {root}가 비어 있습니다. 히트 기록 폴더 가져오기:\n  steelyard hub import "
            "ladle-furnace 폴더\n표 하나 가져오기:  steelyard hub import table 파일.csv",
        }
        print(empty[lang])
        return
    heads = {"en": ("name", "kind", "rows", "imported"), "ko": ("이름", "종류", "행", "가져온 시각")}[lang]
    table = Table(*folding(heads), box=None)
    for row in rows:
        tables = {name: entry["rows"] for name, entry in row["tables"].items() if name != "dropped"}
        counts = ", ".join(f"{table_word(name, lang)} {rows}" for name, rows in tables.items())
        table.add_row(row["name"], row["kind"], counts, row["created"])
    console().print(table)


def _print_show(result: dict[str, Any], lang: str, most: int | None) -> None:
    from rich.table import Table

    out = console()
    content = f", sha256 {result['hash'][:16]}…" if result["hash"] else ""
    out.print(f"[bold]{result['name']}[/] ({result['kind']}), {result['created']}{content}", highlight=False)
    for name, table in result["tables"].items():
        columns = ", ".join(column + (f" [{e['unit']}]" if e["unit"] else "") for column, e in table["columns"].items())
        word = table_word(name, lang)
        shown = name if word == name else f"{word}({name})"
        out.print(f"  {shown}: {table['rows']} · {columns}", markup=False, highlight=False)
    _print_notes(result["notes"], lang)
    values = result["dropped"]
    if result["kind"] == "recording":
        return
    if not values:
        print({"en": "Nothing was left out.", "ko": "제외한 값이 없습니다."}[lang])
        return
    product = _PRODUCT.get(result["kind"], {"en": "key", "ko": "키"})
    heads = {
        "en": ("file", "row", product["en"], "column", "value", "reason"),
        "ko": ("파일", "행", product["ko"], "열", "값", "사유"),
    }[lang]
    table = Table(
        *folding(heads),
        box=None,
        title={"en": f"Left out: {len(values)}", "ko": f"제외한 값: {len(values)}"}[lang],
        title_justify="left",
    )
    for entry in values[:most]:
        cells = entry | {"key": entry.get("label") or entry["key"]}
        table.add_row(*("" if cells[k] is None else str(cells[k]) for k in _DROPPED))
    out.print(table)
    if most is not None and len(values) > most:
        print(
            {"en": f"… {len(values) - most} more: --dropped", "ko": f"… {len(values) - most}개 더 있음: --dropped"}[
                lang
            ]
        )


def _print_checks(reports: list[dict[str, Any]], lang: str) -> None:
    from rich.markup import escape

    from steelyard.hub.plausibility.check import IMPORT_FINDINGS
    from steelyard.hub.plausibility.finding import SEVERITY_TEXT

    out = console()
    for report in reports:
        rows = ", ".join(f"{table_word(table, lang)} {count}" for table, count in report["tables"].items())
        out.print(f"[bold]{escape(report['name'])}[/] ({escape(rows)})", highlight=False)
        for finding in report["findings"]:
            word, style = SEVERITY_TEXT[finding["severity"]][lang], _STYLE[finding["severity"]]
            where = escape(table_word(finding["table"], lang))
            out.print(f"[{style}]{word}[/] {finding['id']} · {where}", highlight=False)
            out.print(f"  {finding['message'][lang]}", highlight=False, markup=False)
        _print_notes([note for note in report["notes"] if note["id"] not in IMPORT_FINDINGS], lang)
        counts = report["counts"]
        if not report["findings"]:
            print({"en": "Nothing odd was found.", "ko": "이상한 점을 찾지 못했습니다."}[lang])
        else:
            tail = ", ".join(f"{SEVERITY_TEXT[s][lang]} {counts[s]}" for s in counts)
            print({"en": f"Findings: {tail}", "ko": f"발견: {tail}"}[lang])
