"""`steelyard replay`: publish recorded data over all protocols, as fast or slow as you like."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from steelyard.cli.output import language

if TYPE_CHECKING:
    from steelyard.live.replay import Replay

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
    site: Annotated[str, typer.Option(help="Name of the site; each has its own users and files.")] = "steelyard",
    listen: Annotated[str, typer.Option(help="Address to listen on; other than loopback opens it.")] = "127.0.0.1",
    http_port: Annotated[int, typer.Option(help="REST; 0 any free port, -1 off.", min=-1)] = 8080,
    opcua_port: Annotated[int, typer.Option(help="OPC UA; 0 any free port, -1 off.", min=-1)] = 4840,
    mqtt_port: Annotated[int, typer.Option(help="Embedded MQTT broker; 0 any free port, -1 off.", min=-1)] = 1883,
    modbus_port: Annotated[int, typer.Option(help="Modbus TCP; 0 any free port, -1 off.", min=-1)] = 5020,
    mqtt_tls: Annotated[bool, typer.Option("--mqtt-tls", help="Encrypt the embedded broker.")] = False,
    broker: Annotated[str | None, typer.Option(help="Use this MQTT broker: mqtt://host:port, mqtts://…")] = None,
    broker_user: Annotated[str | None, typer.Option(help="User there; password: $STEELYARD_BROKER_PASSWORD.")] = None,
    broker_ca: Annotated[str | None, typer.Option(help="Certificate authority of that broker.")] = None,
    anonymous: Annotated[bool, typer.Option("--anonymous/--no-anonymous", help="Reading without login.")] = True,
    show_passwords: Annotated[bool, typer.Option("--show-passwords", help="Print the passwords made here.")] = False,
    json_out: Annotated[bool, typer.Option("--json", help="Print one line of JSON when ready.")] = False,
    lang: Annotated[str | None, typer.Option("--lang", help="en or ko")] = None,
) -> None:
    """Replay recorded data over OPC UA, MQTT, Sparkplug B, Modbus TCP and REST until Ctrl-C."""
    from steelyard.cli.serve import run_until_stopped
    from steelyard.errors import SteelyardError
    from steelyard.hub.store import open_store
    from steelyard.live.replay import open_replay
    from steelyard.live.replay_script import Wish
    from steelyard.server.settings import Settings

    chosen = language(lang)
    if timestamps not in ("shifted", "original"):
        raise SteelyardError(f"--timestamps is shifted or original, not {timestamps!r}")
    settings = Settings(
        site=site, host=listen, http_port=http_port, opcua_port=opcua_port, mqtt_port=mqtt_port, modbus_port=modbus_port,
        broker=broker, broker_user=broker_user, broker_password=os.environ.get("STEELYARD_BROKER_PASSWORD"),
        broker_ca=broker_ca, mqtt_tls=mqtt_tls, anonymous=anonymous, speed=None if lock_step else speed,
        record=False, lang=chosen,
    )  # fmt: skip
    wish = Wish(speed, step, timestamps == "original", utc_offset, start, until, max_gap, loop, spread)
    opened = open_replay(open_store(), dataset, wish, time)
    _say(dataset, opened, chosen, quiet=json_out)
    run_until_stopped(_build(dataset, opened), settings, json_out, show_passwords, chosen)


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
