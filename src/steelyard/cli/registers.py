"""`steelyard registers`: the Modbus register map of a works, for the one who programs the master."""

from pathlib import Path
from typing import Annotated, Any

import typer

from steelyard.cli.output import console, emit, folding, language

HEADS = {"en": ("table", "address", "registers", "type", "signal", "unit", "low", "high", "written by"),
         "ko": ("테이블", "주소", "레지스터 수", "형식", "신호", "단위", "최소", "최대", "쓰기 역할")}  # fmt: skip
FIELDS = ("table", "address", "registers", "type", "signal", "unit", "low", "high", "writable_by")
TITLE = {"en": "{process}: {rows} entries; big-endian bytes and words, addresses from 0, scale 1",
         "ko": "{process}: 항목 {rows}개. 바이트와 워드 모두 빅 엔디언, 주소는 0부터, 배율 1"}  # fmt: skip
WRITTEN = {"en": "{rows} entries are in {path}", "ko": "항목 {rows}개를 {path}에 기록했습니다"}


def registers(
    process: Annotated[str, typer.Argument(help="The works, e.g. hot_bar_line or ladle_furnace.")],
    csv: Annotated[Path | None, typer.Option("--csv", help="Write the map to this CSV file; - is stdout.")] = None,
    json_out: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    lang: Annotated[str | None, typer.Option("--lang", help="en or ko.")] = None,
) -> None:
    """Show the Modbus register map of a works, or write it as CSV."""
    chosen = language(lang)
    from steelyard.live.live_signals import live_signals
    from steelyard.plant.board import public_signals
    from steelyard.protocols.modbus.register_map import register_map, write_csv

    signals = [*public_signals(process), *live_signals().values()]
    rows = register_map(signals)
    if csv is not None:
        to_stdout = str(csv) == "-"
        write_csv(signals, None if to_stdout else csv)
        if not to_stdout:
            done = {"process": process, "rows": len(rows), "file": str(csv)}
            emit(done, json_out, lambda: typer.echo(WRITTEN[chosen].format(rows=len(rows), path=csv)))
        return
    emit(rows, json_out, lambda: _show(process, rows, chosen))


def _show(process: str, rows: list[dict[str, Any]], lang: str) -> None:
    from rich.table import Table

    table = Table(*folding(HEADS[lang]), title=TITLE[lang].format(process=process, rows=len(rows)))
    for row in rows:
        cells = [row[field] for field in FIELDS]
        table.add_row(
            *("" if cell is None else f"{cell:g}" if isinstance(cell, float) else str(cell) for cell in cells)
        )
    console().print(table)
