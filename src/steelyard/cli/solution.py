"""`steelyard solution`: check a solution against the contract, write a new one, list the reference solutions."""

from pathlib import Path
from typing import Annotated, Any

import typer

from steelyard.cli.output import console, emit, language

app = typer.Typer(no_args_is_help=True, help="Digital solutions: check one against the contract, write a new one.")

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Lang = Annotated[str | None, typer.Option("--lang", help="Language of the texts: en or ko.")]


WEAK = {
    "en": "weak isolation: bubblewrap (bwrap 0.8 or later) is not to be had here; run only solutions that you trust",
    "ko": "약한 격리: bubblewrap(bwrap 0.8 이상)을 사용할 수 없습니다. 신뢰하는 솔루션만 실행하십시오",
}


NO_PASSWORD = {
    "en": "no password of {user!r} is known for {url}; give it in STEELYARD_PASSWORD or by --password-file",
    "ko": "{url}에서 쓸 {user!r}의 비밀번호를 알 수 없습니다. STEELYARD_PASSWORD나 --password-file로 지정하십시오",
}


def warn_of_isolation(isolation: dict[str, Any] | None, lang: str) -> None:
    """Say on the terminal that a solution runs (or ran) in weak isolation, when it does."""
    if isolation and isolation.get("level") == "weak":
        typer.secho(WEAK[lang], fg=typer.colors.YELLOW, err=True)


@app.command("check")
def check_command(
    file: Annotated[Path, typer.Argument(help="A .py file, an executable file, or a folder with solution.py.")],
    network: Annotated[bool, typer.Option("--network", help="Leave the network open to the solution.")] = False,
    json_out: Json = False,
    lang: Lang = None,
) -> None:
    """Check whether a solution keeps the contract; exit code 2 when it does not."""
    from steelyard.plant.board import PLANTS, ROLE_WRITES, public_signals
    from steelyard.solutions.checker import check
    from steelyard.solutions.contract import signal_infos

    chosen = language(lang)
    result = check(file, [signal_infos(public_signals(plant), ROLE_WRITES) for plant in PLANTS], chosen, network)
    warn_of_isolation(result["isolation"], chosen)
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


@app.command("connect")
def connect_command(
    file: Annotated[Path, typer.Argument(help="The solution: a .py file, an executable file, or a folder.")],
    url: Annotated[
        str, typer.Argument(help="http://…, opc.tcp://…, mqtt://…; rest, opcua or mqtt of a server of yours.")
    ] = "rest",
    works: Annotated[
        str, typer.Option("--works", help="A live works such as main, or a trial such as trial-1.")
    ] = "main",
    user: Annotated[str | None, typer.Option("--user", help="Log in as; by default the solution's kind.")] = None,
    password: Annotated[
        str | None,
        typer.Option(
            envvar="STEELYARD_PASSWORD",
            help="Password; better by --password-file or the variable. For a server of yours it is looked up.",
        ),
    ] = None,
    password_file: Annotated[
        Path | None, typer.Option("--password-file", help="Read the password from the first line of this file.")
    ] = None,
    timeout: Annotated[float, typer.Option(help="Seconds for one answer of the solution.")] = 2.0,
    network: Annotated[bool, typer.Option("--network", help="Leave the network open to the solution.")] = False,
    decisions: Annotated[int | None, typer.Option(help="On a live works: end after so many decisions.")] = None,
    json_out: Json = False,
    lang: Lang = None,
) -> None:
    """Let a solution answer for a trial, or steer a live works, over the wire; it runs here, in its sandbox."""
    from steelyard.server.connector import connect, kind_of
    from steelyard.server.own_servers import address
    from steelyard.solutions.process import Limits, isolation

    chosen = language(lang)
    warn_of_isolation(isolation(network), chosen)
    if password_file is not None:
        password = _first_line(password_file)
    name, url = user or kind_of(file), address(url)
    result = connect(
        file, url, name, password if password is not None else _own_password(url, name, chosen), works,
        timeout_s=timeout, limits=Limits(network=network), decisions=decisions, say=lambda text: typer.echo(text, err=True),
    )  # fmt: skip
    emit(result, json_out, lambda: _print_connection(result, chosen))


def _first_line(path: Path) -> str:
    """Return the password in a file (or a pipe, which can be read only once); DataError when there is none."""
    from steelyard.errors import DataError

    try:
        line = path.expanduser().read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"--password-file {path}: {getattr(error, 'strerror', None) or error}") from error
    if not line:
        raise DataError(f"--password-file {path}: its first line is empty")
    return line


def _own_password(url: str, user: str, lang: str) -> str:
    """Return the password of a user of a server of one's own at this very address; AccessError when there is none."""
    from steelyard.errors import AccessError
    from steelyard.server.own_servers import known_password

    found = known_password(url, user)
    if found is None:
        raise AccessError(NO_PASSWORD[lang].format(user=user, url=url))
    return found


def _print_connection(result: dict[str, Any], lang: str) -> None:
    words = {
        "questions": {"en": "questions answered", "ko": "응답한 질문"},
        "decisions": {"en": "decisions", "ko": "결정 횟수"},
        "seconds": {"en": "seconds", "ko": "초"},
        "time_s": {"en": "plant time [s]", "ko": "공장 시각 [s]"},
        "written": {"en": "set-points written", "ko": "기록한 설정값"},
        "refused": {"en": "writes refused", "ko": "거부된 쓰기"},
        "first_refusal": {"en": "first refusal", "ko": "첫 거부 사유"},
        "faults": {"en": "faults", "ko": "결함"},
        "alarms": {"en": "alarms", "ko": "경보"},
    }
    for key, value in result.items():
        if isinstance(value, dict):
            value = ", ".join(f"{name}: {count}" for name, count in value.items() if count)
        if value not in ("", None):
            print(f"{words[key][lang]}: {value}")


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
