"""Which server `steelyard live` speaks with, and as whom: the options that every one of its commands has."""

import functools
import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any

import typer

from steelyard.cli.output import emit, language
from steelyard.errors import AccessError

ENGINEER, MAIN, PASSWORD = "engineer", "main", "STEELYARD_PASSWORD"
NO_PASSWORD = {
    "en": "no password of {user!r} is known here for {url} (it was changed by hand, or the server is another one's): "
          "say --user {user} (or another) with --password-file FILE or STEELYARD_PASSWORD",
    "ko": "{url}에서 쓸 {user!r}의 비밀번호가 여기에 없습니다(직접 바꾸었거나 다른 서버입니다). "
          "--user {user}(또는 다른 사용자)를 --password-file 파일이나 STEELYARD_PASSWORD와 함께 지정하십시오",
}  # fmt: skip
TRIED = {
    "en": "tried as {user!r} with the password of {source}: "
          "say --user {user} (or another) with --password-file FILE or STEELYARD_PASSWORD",
    "ko": "{user!r}(으)로 시도했습니다(비밀번호: {source}). "
          "--user {user}(또는 다른 사용자)를 --password-file 파일이나 STEELYARD_PASSWORD와 함께 지정하십시오",
}  # fmt: skip


@dataclass(frozen=True)
class On:
    """A works on a server, who speaks, and how the answer is printed; one field for each option."""

    works: str | None = None
    user: str | None = None
    password_file: Path | None = None
    url: str | None = None
    site: str = "steelyard"
    json_out: bool = False
    lang: str | None = None

    @property
    def language(self) -> str:
        """The language of what is printed: en or ko."""
        return language(self.lang)

    def at(self, path: str) -> str:
        """Return the address of something of the works."""
        return f"/works/{self.works or MAIN}{path}"

    def client(self, role: str | None = None, *, shy: bool = True) -> Any:
        """Return a client; the owner of the server's files speaks as `role` (engineer) unless told otherwise.

        A `shy` one reads without a login unless told one; a password that the server made goes to that server only.
        Without --user that one comes before STEELYARD_PASSWORD, which may be another user's.
        """
        from steelyard.server.own_servers import known_password, site_address
        from steelyard.server.serve import server_folder
        from steelyard.web.client import Client

        url = self.url or site_address(server_folder(self.site))
        user, lang = self.user or role or ENGINEER, self.language
        made, given = (known_password(url, user), "passwords.json"), (os.environ.get(PASSWORD), PASSWORD)
        known = [found for found in ((given, made) if self.user else (made, given)) if found[0]]
        if self.password_file is not None:
            known.insert(0, (self.password_file.read_text(encoding="utf-8").strip(), str(self.password_file)))
        if not known:
            nothing = NO_PASSWORD[lang].format(user=user, url=url)
            if self.user:
                raise AccessError(nothing)
            return Client(url, lang=lang, shy=shy, remedy=nothing)
        password, source = known[0]
        tried = TRIED[lang].format(user=user, source=source)
        return Client(url, user, password, lang, shy=shy and self.user is None, remedy=tried)

    def show(self, found: Any, human: Callable[[], None]) -> None:
        """Print what was found as JSON when asked, else by `human`."""
        emit(found, self.json_out, human)


def _fitting(ctx: typer.Context, incomplete: str, path: str, pick: Callable[[Any], list[str]]) -> list[str]:
    """Return what can follow on the command line; nothing when no server answers."""
    from steelyard.errors import SteelyardError

    given = {"works": MAIN} | {f.name: ctx.params[f.name] for f in fields(On) if ctx.params.get(f.name) is not None}
    try:
        return [name for name in pick(On(**given).client().get(path.format(**given))) if name.startswith(incomplete)]
    except (SteelyardError, OSError, KeyError):
        return []


def signal_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the signals that begin like this."""
    return _fitting(ctx, incomplete, "/works/{works}/signals", lambda found: [row["name"] for row in found])


def set_points(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the set-points that begin like this, with their equals sign."""

    def pick(found: Any) -> list[str]:
        return [f"{row['name']}=" for row in found if row["writable_by"]]

    return _fitting(ctx, incomplete, "/works/{works}/signals", pick)


def works_ids(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the works that begin like this."""
    return _fitting(ctx, incomplete, "/works", lambda found: [row["id"] for row in found])


def snapshot_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the snapshots that begin like this."""
    return _fitting(ctx, incomplete, "/works/{works}/snapshots", lambda found: [row["name"] for row in found])


def fault_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the faults that begin like this."""
    return _fitting(ctx, incomplete, "/works/{works}/faults", lambda found: list(found["faults"]))


def _options(
    works: Annotated[
        str | None, typer.Option(help="`main` (the default), a fork or a trial.", autocompletion=works_ids)
    ] = None,
    user: Annotated[str | None, typer.Option(help="Speak as this user; default: who may do it.")] = None,
    password_file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Its password; or $STEELYARD_PASSWORD.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="The server; default: the one that runs on these files.")] = None,
    site: Annotated[str, typer.Option(help="The site whose files are here.")] = "steelyard",
    json_out: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    lang: Annotated[str | None, typer.Option("--lang", help="en or ko")] = None,
) -> None:
    """The options of every command."""


def on_server(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command that takes the options of `On` besides its own, and gets them as its first argument."""

    @functools.wraps(command)
    def with_options(**given: Any) -> None:
        on = On(**{f.name: given.pop(f.name) for f in fields(On)})
        command(on, **given)

    own = list(inspect.signature(command).parameters.values())[1:]
    shared = list(inspect.signature(_options).parameters.values())
    together = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in (*own, *shared)]
    with_options.__signature__ = inspect.Signature(together)  # type: ignore[attr-defined]
    with_options.__annotations__ = {p.name: p.annotation for p in together}
    return with_options
