"""`steelyard sample`: the packaged synthetic heats, as the CSV files a plant would hand over."""

from pathlib import Path
from typing import Annotated

import typer

from steelyard.cli.output import emit, language

DONE = {
    "en": "{count} files of SYNTHETIC heats are in {directory}\nnext: steelyard hub import ladle-furnace {directory} --name synthetic-heats",
    "ko": "합성 히트 파일 {count}개를 {directory}에 두었습니다\n다음: steelyard hub import ladle-furnace {directory} --name synthetic-heats",
}  # fmt: skip


def sample(
    directory: Annotated[Path, typer.Argument(help="A folder to fill; created when it is not there.")],
    lang: Annotated[str | None, typer.Option("--lang", help="en or ko.")] = None,
    json_out: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Copy the packaged synthetic heats of a ladle furnace into a folder."""
    from steelyard.studies.samples import copy_samples

    files = copy_samples(directory)
    text = DONE[language(lang)].format(count=len(files), directory=directory)
    emit({"directory": str(directory), "files": files, "synthetic": True}, json_out, lambda: typer.echo(text))
