"""`steelyard users`: who may log in to a served works, and under which roles."""

from pathlib import Path
from typing import Annotated, Any

import typer

from steelyard.cli.output import console, emit, language, plain_table
from steelyard.errors import AccessError, SteelyardError

app = typer.Typer(help="Who may log in to a served works, and under which roles.", no_args_is_help=True)

TEXT: dict[str, dict[str, Any]] = {
    "title": {"en": "Users of {site}", "ko": "{site}의 사용자"},
    "columns": {"en": ("user", "roles"), "ko": ("사용자", "역할")},
    "password": {"en": "Password of {name}", "ko": "{name}의 비밀번호"},
    "set": {"en": "{name} has a new password and the roles {roles}; a running server takes it at once",
            "ko": "{name}의 비밀번호를 바꾸었습니다(역할: {roles}). 실행 중인 서버에도 바로 적용됩니다"},
    "removed": {"en": "{name} is no user any more; a running server lets nobody in under this name from now on",
                "ko": "사용자 {name}을(를) 삭제했습니다. 실행 중인 서버에도 바로 적용됩니다"},
    "no_site": {"en": "there is no site {site!r} here; sites are: {sites}. "
                      "`steelyard serve … --site NAME` makes one at its first start",
                "ko": "여기에는 사이트 {site!r}이(가) 없습니다. 있는 사이트: {sites}. "
                      "`steelyard serve … --site 이름`을 처음 실행하면 만들어집니다"},
    "mosquitto": {"en": "written to {folder}: {files}\n"
                        "1. mosquitto -d -c {folder}/mosquitto.conf\n"
                        "2. export STEELYARD_BROKER_PASSWORD=\"$(cat {folder}/server-password)\"\n"
                        "3. steelyard serve … --broker mqtt://127.0.0.1:{port} --broker-user steelyard --broker-commands",
                  "ko": "{folder}에 파일을 만들었습니다: {files}\n"
                        "1. mosquitto -d -c {folder}/mosquitto.conf\n"
                        "2. export STEELYARD_BROKER_PASSWORD=\"$(cat {folder}/server-password)\"\n"
                        "3. steelyard serve … --broker mqtt://127.0.0.1:{port} --broker-user steelyard --broker-commands"},
    "without": {"en": "left out, since their password was changed: {names}; add them with mosquitto_passwd {folder}/passwords NAME",
                "ko": "비밀번호를 바꾼 사용자는 빠졌습니다: {names}. mosquitto_passwd {folder}/passwords 이름 으로 추가하십시오"},
}  # fmt: skip

SITE = Annotated[str, typer.Option(help="Name of the site.")]
LANG = Annotated[str | None, typer.Option("--lang", help="en or ko")]


@app.command("list")
def list_users(
    site: SITE = "steelyard",
    json_out: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    lang: LANG = None,
) -> None:
    """List the users of a site; they are made at its first start."""
    from steelyard.live.users import Users

    chosen = language(lang)
    table = Users(_folder(site, chosen)).table()
    emit(table, json_out, lambda: _show(table, site, chosen))


def _show(users: list[dict[str, Any]], site: str, lang: str) -> None:
    rows = [(user["name"], ", ".join(user["roles"])) for user in users]
    console().print(plain_table(TEXT["columns"][lang], rows, TEXT["title"][lang].format(site=site)))


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
    _note(server_folder(site), "set", name, roles=roles)
    typer.echo(TEXT["set"][chosen].format(name=name, roles=", ".join(roles)))


@app.command("remove")
def remove_user(
    name: Annotated[str, typer.Argument(help="The user.")],
    site: SITE = "steelyard",
    lang: LANG = None,
) -> None:
    """Take a user away; the last engineer stays."""
    from steelyard.live.users import Users

    chosen = language(lang)
    folder = _folder(site, chosen)
    Users(folder).remove(name)
    _note(folder, "removed", name)
    typer.echo(TEXT["removed"][chosen].format(name=name))


def _folder(site: str, lang: str) -> Path:
    """Return the folder of a site that is there; SteelyardError that lists the sites when it is not."""
    from steelyard.live.users import USERS
    from steelyard.server.serve import server_folder

    folder = server_folder(site)
    if not (folder / USERS).exists():
        known = [path.parent.name for path in sorted(folder.parent.glob(f"server*/{USERS}"))]
        sites = ", ".join(name.partition("-")[2] or "steelyard" for name in known)
        raise SteelyardError(TEXT["no_site"][lang].format(site=site, sites=sites or "–"))
    return folder


def _note(folder: Path, what: str, name: str, **more: Any) -> None:
    """Append to the audit log of a site what its owner did to a user; a server that runs there writes it, too."""
    import getpass
    import json
    import os
    from datetime import UTC, datetime

    from steelyard.live.audit import LARGEST
    from steelyard.live.audit_files import DONE, LogFile

    try:
        who = getpass.getuser()
    except (KeyError, OSError):
        who = str(os.getuid())
    when = datetime.now(UTC).isoformat(timespec="milliseconds")
    entry = {"when": when, "kind": "users", "user": who, "via": "cli", "what": what, "name": name, **more}
    file = LogFile(folder / DONE, LARGEST)
    file.write(json.dumps(entry, ensure_ascii=False))
    file.close()


@app.command("mosquitto")
def mosquitto_files(
    folder: Annotated[Path, typer.Argument(help="Where to write them; files there are replaced.")],
    port: Annotated[int, typer.Option(help="Where mosquitto shall listen, on 127.0.0.1.", min=1, max=65535)] = 1883,
    writer: Annotated[str | None, typer.Option(help="The role of Sparkplug hosts, who may send DCMD.")] = None,
    anonymous: Annotated[bool, typer.Option(help="Whether anybody may read without a login.")] = True,
    site: SITE = "steelyard",
    json_out: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    lang: LANG = None,
) -> None:
    """Write what a mosquitto broker needs to let in the same users: configuration, access list, passwords."""
    from steelyard.live.access import ROLES
    from steelyard.live.audit import Audit
    from steelyard.live.site import Site
    from steelyard.live.users import Users
    from steelyard.protocols.mqtt.acl import write_mosquitto_files
    from steelyard.server.serve import server_folder

    chosen, place = language(lang), folder.expanduser().resolve()
    if writer is not None and writer not in ROLES:
        raise AccessError(f"there is no role {writer!r}; roles are: {', '.join(ROLES)}")
    users = Users(server_folder(site))
    write_mosquitto_files(Site(site, users, Audit(None), server_folder(site), anonymous), place, port, writer)
    left_out = sorted({user["name"] for user in users.table()} - set(users.passwords()))
    files = sorted(path.name for path in place.iterdir() if path.is_file())
    found = {"folder": str(place), "files": files, "left_out": left_out}
    said = TEXT["mosquitto"][chosen].format(folder=place, files=", ".join(files), port=port)
    emit(found, json_out, lambda: typer.echo(said))
    if left_out:
        typer.echo(TEXT["without"][chosen].format(names=", ".join(left_out), folder=place), err=True)
