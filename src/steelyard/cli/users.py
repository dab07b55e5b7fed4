"""`steelyard users`: who may log in to a served works, and under which roles."""

from typing import Annotated, Any

import typer

from steelyard.cli.output import console, emit, folding, language

app = typer.Typer(help="Who may log in to a served works, and under which roles.", no_args_is_help=True)

TEXT: dict[str, dict[str, Any]] = {
    "title": {"en": "Users of {site}", "ko": "{site}의 사용자"},
    "columns": {"en": ("user", "roles"), "ko": ("사용자", "역할")},
    "password": {"en": "Password of {name}", "ko": "{name}의 비밀번호"},
    "set": {"en": "{name} has a new password and the roles {roles}; a running server takes it at its next start",
            "ko": "{name}의 비밀번호를 바꾸었습니다(역할: {roles}). 실행 중인 서버에는 다시 시작할 때 적용됩니다"},
}  # fmt: skip

SITE = Annotated[str, typer.Option(help="Name of the site.")]
LANG = Annotated[str | None, typer.Option("--lang", help="en or ko")]


@app.command("list")
def list_users(
    site: SITE = "steelyard",
    json_out: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    lang: LANG = None,
) -> None:
    """List the users of a site; they are made at the first start."""
    from steelyard.live.users import Users
    from steelyard.server.serve import server_folder

    chosen = language(lang)
    table = Users(server_folder(site)).table()
    emit(table, json_out, lambda: _show(table, site, chosen))


def _show(users: list[dict[str, Any]], site: str, lang: str) -> None:
    from rich.table import Table

    table = Table(*folding(TEXT["columns"][lang]), title=TEXT["title"][lang].format(site=site))
    for user in users:
        table.add_row(user["name"], ", ".join(user["roles"]))
    console().print(table)


@app.command("set")
def set_user(
    name: Annotated[str, typer.Argument(help="The user; a new name adds one.")],
    role: Annotated[list[str] | None, typer.Option(help="A role of the user; give it again for more.")] = None,
    site: SITE = "steelyard",
    lang: LANG = None,
) -> None:
    """Set the password of a user (asked for, or the first line of standard input) and the roles."""
    import sys

    from steelyard.live.users import Users
    from steelyard.server.serve import server_folder

    chosen = language(lang)
    users = Users(server_folder(site))
    ask = TEXT["password"][chosen].format(name=name)
    password = (
        typer.prompt(ask, hide_input=True, confirmation_prompt=True)
        if sys.stdin.isatty()
        else sys.stdin.readline().rstrip("\n")
    )
    users.set(name, password, role)
    roles = next(user["roles"] for user in users.table() if user["name"] == name)
    typer.echo(TEXT["set"][chosen].format(name=name, roles=", ".join(roles)))
