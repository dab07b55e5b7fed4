"""How signals and commands are called on MQTT: steelyard/v1/<site>/<works>/<unit>/<signal>[/<label>], and back."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from steelyard.live.access import ROLES

ROOT = "steelyard/v1"
COMMANDS = ("set", "advance", "run", "pause", "lease", "exchange")
_NAME = re.compile(r"^(?P<unit>\w+)\.(?P<signal>\w+)(\[(?P<label>[^\]]+)\])?$")
_ID = re.compile(r"[\w.-]{1,64}")


class Message(NamedTuple):
    """One message to publish; retained ones are given to whoever subscribes later."""

    topic: str
    payload: bytes
    retain: bool = False
    qos: int = 0


@dataclass(frozen=True)
class Command:
    """What somebody asks for by a topic: kind, works, the role that the topic names (None: none), the signal."""

    kind: str
    works: str
    role: str | None = None
    signal: str | None = None


def level(text: str) -> str:
    """Return `text` as one level of a topic.

    >>> level("Werk 1/Süd #2")
    'Werk_1_Süd__2'
    """
    return re.sub(r"[\s/+#$\x00-\x1f]", "_", text) or "_"


def site_base(site: str) -> str:
    """Return the topic under which everything of a site lies."""
    return f"{ROOT}/{level(site)}"


def works_base(site: str, works: str) -> str:
    """Return the topic under which everything of a works lies."""
    return f"{site_base(site)}/{level(works)}"


def signal_path(name: str) -> str:
    """Return the levels of a signal.

    >>> signal_path("reheating_furnace.zone_setpoint[top_1]")
    'reheating_furnace/zone_setpoint/top_1'
    """
    found = _NAME.match(name)
    if found is None:
        return level(name)
    parts = [found["unit"], found["signal"], *([found["label"]] if found["label"] else [])]
    return "/".join(level(part) for part in parts)


def signal_name(path: str) -> str:
    """Return the name of a signal from its levels; a name written in one level stays what it is.

    >>> signal_name("line/pace_setpoint"), signal_name("line.pace_setpoint")
    ('line.pace_setpoint', 'line.pace_setpoint')
    """
    parts = path.split("/")
    if len(parts) == 1:
        return path
    return ".".join(parts[:2]) + (f"[{'/'.join(parts[2:])}]" if len(parts) > 2 else "")


def parse_command(site: str, topic: str) -> Command | None:
    """Return the command that a topic of this site means, None when it means none.

    >>> parse_command("plant", "steelyard/v1/plant/main/set/planner/line/pace_setpoint")
    Command(kind='set', works='main', role='planner', signal='line.pace_setpoint')
    """
    base = site_base(site) + "/"
    parts = topic.removeprefix(base).split("/")
    if not topic.startswith(base) or len(parts) < 2 or parts[1] not in COMMANDS:
        return None
    works, kind, rest = parts[0], parts[1], parts[2:]
    if kind == "exchange":
        if not rest or rest[0] != "answer":
            return None
        rest = rest[1:]
    role = rest[0] if rest else None
    if role is not None and role not in ROLES:
        return None
    if kind == "set":
        return Command(kind, works, role, signal_name("/".join(rest[1:])) if rest[1:] else None) if role else None
    return Command(kind, works, role) if len(rest) <= 1 else None


def reply_topic(base: str, request: object) -> str | None:
    """Return where the reply to a request with this id goes, None when there is no (good) id."""
    if isinstance(request, bool) or not isinstance(request, str | int) or not _ID.fullmatch(str(request)):
        return None
    return f"{base}/reply/{request}"
