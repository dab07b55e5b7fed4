"""`steelyard replay`: publish recorded data over all protocols, as fast or slow as you like."""

import functools
import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from steelyard.cli.output import language
from steelyard.cli.serve import run_until_stopped, serve

if TYPE_CHECKING:
    from steelyard.live.replay import Replay

SERVER = ("site", "listen", "http_port", "opcua_port", "mqtt_port", "modbus_port", "mqtt_tls", "broker", "broker_user",
          "broker_ca", "anonymous", "show_passwords", "json_out", "lang")  # fmt: skip
TEXT: dict[str, dict[str, str]] = {
    "coming": {"en": "{name}: {rows:,} rows of {signals} signals over {span}; step {step_s:g} s",
               "ko": "{name}: 신호 {signals}개, 행 {rows:,}개, 길이 {span}; 시간 간격 {step_s:g} s"},
    "hidden": {"en": "{hidden:,} of {values:,} values share a frame ({frame_s:g} s) with a later value of the same signal; "
                     "subscribers see the later one. A lower --speed shows more of them, --spread all",
               "ko": "값 {values:,}개 중 {hidden:,}개는 같은 신호의 다음 값과 한 프레임({frame_s:g} s)에 들어 있어 구독자는 "
                     "나중 값만 봅니다. --speed를 낮추면 더 많이, --spread를 쓰면 모두 보입니다"},
    "left_out": {"en": "not replayed: {what}", "ko": "재생하지 않음: {what}"},
    "original": {"en": "time stamps as recorded; the first is {first}", "ko": "기록된 시각 그대로 보냅니다. 첫 시각: {first}"},
    "title": {"en": "Replay of {name}", "ko": "{name} 재생"},
}  # fmt: skip


def _with_server(function: Callable[..., None]) -> Callable[..., None]:
    """Let a command have the options of `steelyard serve` that are about the server; they come as `server`."""
    theirs = {name: p for name, p in inspect.signature(serve).parameters.items() if name in SERVER}
    own = {name: p for name, p in inspect.signature(function).parameters.items() if name != "server"}

    @functools.wraps(function)
    def command(**given: Any) -> None:
        function(**{name: given[name] for name in own}, server={name: given[name] for name in theirs})

    parameters = [*own.values(), *theirs.values()]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    return command


@_with_server
def replay(
    dataset: Annotated[str, typer.Argument(help="A data set in the hub; see `steelyard hub list`.")],
    speed: Annotated[float, typer.Option(help="Times real time, 0.1 to 1000.", min=0.1, max=1000.0)] = 1.0,
    timestamps: Annotated[str, typer.Option(help="shifted (to now) or original (as recorded).")] = "shifted",
    utc_offset: Annotated[float, typer.Option(help="Hours by which the recording clock is ahead of UTC.")] = 0.0,
    start: Annotated[
        str | None, typer.Option("--from", help="First moment: ISO time or seconds from the start.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", help="Last moment: ISO time or seconds from the start.")
    ] = None,
    max_gap: Annotated[float | None, typer.Option(help="Shorten pauses longer than this many seconds.")] = None,
    step: Annotated[
        float | None, typer.Option(help="Seconds between two looks at the data; default: as needed.")
    ] = None,
    spread: Annotated[
        bool, typer.Option("--spread", help="Show every value: rows that share a frame follow each other.")
    ] = False,
    loop: Annotated[bool, typer.Option("--loop", help="Begin anew at the end.")] = False,
    time: Annotated[str | None, typer.Option("--time", help="Column of times, where there are several.")] = None,
    lock_step: Annotated[bool, typer.Option("--lock-step", help="Wait for orders; clients advance the clock.")] = False,
    *,
    server: dict[str, Any],
) -> None:
    """Replay recorded data over OPC UA, MQTT, Sparkplug B, Modbus TCP and REST until Ctrl-C."""
    from steelyard.errors import SteelyardError
    from steelyard.hub.store import open_store
    from steelyard.live.replay import open_replay
    from steelyard.live.replay_script import Wish

    lang, json_out, show_passwords = language(server["lang"]), server["json_out"], server["show_passwords"]
    if timestamps not in ("shifted", "original"):
        raise SteelyardError(f"--timestamps is shifted or original, not {timestamps!r}")
    wish = Wish(speed, step, timestamps == "original", utc_offset, start, until, max_gap, loop, spread)
    store = open_store()
    opened = open_replay(store, dataset, wish, time)
    store.close()
    _say(dataset, opened, lang, quiet=json_out)
    settings = _settings(server, lang, None if lock_step else speed)
    run_until_stopped(_build(dataset, opened), settings, json_out, show_passwords, lang)


def _settings(server: dict[str, Any], lang: str, speed: float | None) -> Any:
    """Return the settings of the server; a replay is not recorded again and takes no writes."""
    from steelyard.server.settings import Settings

    same = {name: server[name] for name in server if name not in ("listen", "show_passwords", "json_out", "lang")}
    password = os.environ.get("STEELYARD_BROKER_PASSWORD")
    return Settings(**same, host=server["listen"], broker_password=password, speed=speed, record=False, lang=lang)


def _build(name: str, opened: "Replay") -> Any:
    """Return what puts a replay on the wire."""

    def build(folder: Path, audit: Any) -> Any:
        from steelyard.live.replay_history import Past
        from steelyard.live.works import LiveWorks

        title = {lang: text.format(name=name) for lang, text in TEXT["title"].items()}
        return LiveWorks(
            "main", opened.works, "replay", audit=audit, epoch=opened.epoch, dt=opened.step_s,
            publish_hz=opened.publish_hz, title=title, record=Past(opened.works.script),
        )  # fmt: skip

    return build


def _say(name: str, opened: "Replay", lang: str, quiet: bool) -> None:
    """Say on stderr what will come, and what will not."""
    about = opened.about
    if about["hidden"]:
        typer.secho(TEXT["hidden"][lang].format(**about), fg=typer.colors.YELLOW, err=True)
    if quiet:
        return
    typer.echo(TEXT["coming"][lang].format(name=name, span=_span(about["seconds"]), **about), err=True)
    if opened.epoch is not None:
        typer.echo(TEXT["original"][lang].format(first=opened.epoch.isoformat()), err=True)
    for what in about["left_out"]:
        typer.echo(TEXT["left_out"][lang].format(what=what), err=True)


def _span(seconds: float) -> str:
    """Return a length of time in its best unit."""
    for size, symbol in ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min")):
        if seconds >= 2.0 * size:
            return f"{seconds / size:.1f} {symbol}"
    return f"{seconds:.1f} s"
