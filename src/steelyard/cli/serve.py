"""`steelyard serve`: run a works live and speak the languages of a plant, until Ctrl-C."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from steelyard.cli.output import console, folding, language

TEXT: dict[str, dict[str, Any]] = {
    "title": {"en": "{title} is on the wire", "ko": "{title}: 접속 준비가 되었습니다"},
    "columns": {"en": ("protocol", "address", "good to know"), "ko": ("프로토콜", "주소", "알아 둘 것")},
    "users": {"en": "Users", "ko": "사용자"},
    "user_columns": {"en": ("user", "role"), "ko": ("사용자", "역할")},
    "password": {"en": "password", "ko": "비밀번호"},
    "changed": {"en": "(set by you)", "ko": "(직접 설정함)"},
    "anonymous": {"en": "without login: read only", "ko": "로그인 없음: 읽기 전용"},
    "file": {"en": "passwords: {passwords_file}", "ko": "비밀번호 파일: {passwords_file}"},
    "running": {"en": "×{speed:g} real time; audit log: {folder}/audit.jsonl; stop with Ctrl-C",
                "ko": "실시간 ×{speed:g}; 감사 로그: {folder}/audit.jsonl; 중지: Ctrl-C"},
    "waiting": {"en": "waiting for orders (lock-step); audit log: {folder}/audit.jsonl; stop with Ctrl-C",
                "ko": "명령 대기 중(동기 실행); 감사 로그: {folder}/audit.jsonl; 중지: Ctrl-C"},
    "open": {"en": "OPEN TO THE NETWORK: everyone who can reach {host} can reach what is listed above; "
                   "Modbus and plain MQTT and HTTP are not encrypted, Modbus knows no login",
             "ko": "네트워크에 공개됨: {host}에 접근할 수 있는 누구나 위 주소에 접속할 수 있습니다. "
                   "Modbus와 일반 MQTT, HTTP는 암호화되지 않으며 Modbus에는 로그인이 없습니다"},
    "stopped": {"en": "stopped; everything is written", "ko": "중지했습니다. 모두 기록되었습니다"},
    "lost": {"en": "stopped; the last {steps} steps could NOT be recorded and are lost (disk full or folder gone?)",
             "ko": "중지했습니다. 마지막 {steps}개 스텝은 기록하지 못해 없어졌습니다(디스크 부족 또는 폴더 삭제 여부 확인)"},
}  # fmt: skip


PROTOCOLS = {"rest": "REST, SSE", "opcua": "OPC UA", "mqtt": "MQTT, Sparkplug B", "modbus": "Modbus TCP"}


def serve(
    works: Annotated[str, typer.Argument(help="The works, e.g. hot_bar_line or ladle_furnace.")],
    speed: Annotated[float, typer.Option(help="Times real time, 0.1 to 1000.", min=0.1, max=1000.0)] = 1.0,
    lock_step: Annotated[bool, typer.Option("--lock-step", help="Wait for orders; clients advance the clock.")] = False,
    seed: Annotated[int, typer.Option(help="Seed; the same seed gives the same works.", min=0)] = 1,
    scenario: Annotated[str, typer.Option(help="What happens to the works and to its wire.")] = "normal",
    plant: Annotated[str | None, typer.Option(help="The shipped plant; default: the usual one.")] = None,
    twin: Annotated[Path | None, typer.Option(help="A calibrated twin to be used.")] = None,
    record: Annotated[bool, typer.Option("--record/--no-record", help="Record every signal in the hub.")] = True,
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
    broker_commands: Annotated[bool, typer.Option(help="Take writes from that broker (its ACL decides).")] = False,
    sparkplug_host: Annotated[str | None, typer.Option(help="Primary host: publish while its STATE is online.")] = None,
    sparkplug_writer: Annotated[str | None, typer.Option(help="Role of Sparkplug hosts (STATE, DCMD).")] = None,
    modbus_writer: Annotated[str | None, typer.Option(help="Let Modbus write as this role; default: nobody.")] = None,
    anonymous: Annotated[bool, typer.Option("--anonymous/--no-anonymous", help="Reading without login.")] = True,
    show_passwords: Annotated[bool, typer.Option("--show-passwords", help="Print the passwords made here.")] = False,
    json_out: Annotated[bool, typer.Option("--json", help="Print one line of JSON when ready.")] = False,
    lang: Annotated[str | None, typer.Option("--lang", help="en or ko")] = None,
) -> None:
    """Run a works live over OPC UA, MQTT, Sparkplug B, Modbus TCP and REST until Ctrl-C."""
    import os

    from steelyard.server.open import live_works
    from steelyard.server.settings import Settings

    chosen = language(lang)
    settings = Settings(
        site, listen, http_port, opcua_port, mqtt_port, modbus_port, broker, broker_user,
        os.environ.get("STEELYARD_BROKER_PASSWORD"), broker_ca, broker_commands, mqtt_tls, sparkplug_host,
        sparkplug_writer, modbus_writer, anonymous, None if lock_step else speed, record, chosen,
    )  # fmt: skip
    run_until_stopped(live_works(works, plant, seed, scenario, twin=twin, record=record), settings,
                      json_out, show_passwords, chosen)  # fmt: skip


def run_until_stopped(build: Any, settings: Any, json_out: bool, show_passwords: bool, lang: str) -> None:
    """Serve what `build` opens, say what was opened, and stop cleanly; shared with `steelyard replay`."""
    from steelyard.server.serve import serve_until_stopped

    def ready(about: dict[str, Any]) -> None:
        if json_out:
            print(json.dumps(about, ensure_ascii=False), flush=True)
        else:
            _show(about, settings, show_passwords, lang)

    lost = serve_until_stopped(build, settings, ready)
    if lost or not json_out:
        typer.echo(TEXT["lost" if lost else "stopped"][lang].format(steps=lost), err=json_out)
    _leave_at_once(1 if lost else 0)


def _leave_at_once(code: int) -> None:
    """End the process: all is written and closed, and taking down the interpreter's heap can take seconds more."""
    import logging
    import os

    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _show(about: dict[str, Any], settings: Any, show_passwords: bool, lang: str) -> None:
    from rich.table import Table

    out, works = console(), about["works"][0]
    table = Table(*folding(TEXT["columns"][lang]), title=TEXT["title"][lang].format(title=works["title"][lang]))
    below = []
    for endpoint in about["endpoints"]:
        name = PROTOCOLS.get(endpoint["protocol"], endpoint["protocol"])
        note, _, docs = endpoint["note"][lang].partition("; ")
        if docs.endswith("/docs"):  # an address is to be copied: it stands below, in one piece
            below.append(f"{name}: {docs}")
        table.add_row(name, endpoint["url"], note if docs.endswith("/docs") else endpoint["note"][lang])
    out.print(table)
    for line in below:
        typer.echo(line)
    out.print(_users(about, show_passwords, lang))
    if not show_passwords:
        typer.echo(TEXT["file"][lang].format(**about))
    if about["open"]:
        typer.secho(TEXT["open"][lang].format(host=settings.host), fg=typer.colors.YELLOW, bold=True)
    how = TEXT["waiting" if settings.speed is None else "running"][lang]
    typer.echo(how.format(speed=settings.speed, **about))


def _users(about: dict[str, Any], show_passwords: bool, lang: str) -> Any:
    from rich.table import Table

    heads = [*TEXT["user_columns"][lang], *([TEXT["password"][lang]] if show_passwords else [])]
    table = Table(*folding(heads), title=TEXT["users"][lang])
    known = json.loads(Path(about["passwords_file"]).read_text(encoding="utf-8")) if show_passwords else {}
    for user in about["users"]:
        shown = [known.get(user["name"], TEXT["changed"][lang])] if show_passwords else []
        table.add_row(user["name"], ", ".join(user["roles"]), *shown)
    if about["anonymous"]:
        table.add_row("–", TEXT["anonymous"][lang])
    return table
