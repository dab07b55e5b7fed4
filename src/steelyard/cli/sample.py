"""`steelyard sample`: packaged synthetic records, as the CSV files a plant would hand over."""

from pathlib import Path
from typing import Annotated

import typer

from steelyard.cli.output import emit, language

NEXT = {
    "heats": "steelyard hub import ladle-furnace {directory} --name synthetic-heats",
    "bars": "steelyard hub import freiberg-passes {directory} --name synthetic-bars",
}
DONE = {
    "heats": {
        "en": "{count} files of SYNTHETIC heats are in {directory}\nnext: ",
        "ko": "합성 히트 파일 {count}개를 {directory}에 두었습니다\n다음: ",
    },
    "bars": {
        "en": "{count} files of SYNTHETIC bar passes are in {directory}\nnext: ",
        "ko": "합성 봉 패스 파일 {count}개를 {directory}에 두었습니다\n다음: ",
    },
}


def sample(
    directory: Annotated[Path, typer.Argument(help="A folder to fill; created when it is not there.")],
    what: Annotated[
        str, typer.Option("--what", help="heats (ladle furnace) or bars (passes of a bar mill).")
    ] = "heats",
    lang: Annotated[str | None, typer.Option("--lang", help="en or ko.")] = None,
    json_out: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Copy packaged synthetic records into a folder: heats of a ladle furnace, or passes of a bar mill."""
    chosen = language(lang)
    from steelyard.studies.samples import copy_samples

    files = copy_samples(directory, what)
    text = (DONE[what][chosen] + NEXT[what]).format(count=len(files), directory=directory)
    result = {"what": what, "directory": str(directory), "files": files, "synthetic": True}
    emit(result, json_out, lambda: typer.echo(text))
