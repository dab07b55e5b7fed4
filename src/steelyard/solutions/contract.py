"""The contract, in one place: what is said over the pipe, and the strict reading of what a solution says.

Every message is one JSON object in one line of UTF-8, at most `MAX_LINE` bytes. The plant asks, the solution answers
exactly one line. Nothing a solution sends can raise anything but `Nonsense`, `Forbidden` or `OutOfRange` here.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from steelyard.errors import SolutionError
from steelyard.signals import Signal

CONTRACT = 1
KINDS = ("advisor", "controller", "predictor", "detector")
WRITERS = ("advisor", "controller")
RESERVED_KINDS = ("planner",)
ALARM_RAISED = 0.5  # an alarm is raised while its score is at least this
MAX_LINE = 65536
MAX_NAMES = 256
MAX_ALARM_NAME = 64
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+(\[([a-z0-9_]+|\*)\])?")
_ALARM = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*(\[[a-z0-9_]+\])?")
_HELLO_KEYS = ("type", "name", "version", "kind", "reads", "writes", "interval_s")


class Nonsense(SolutionError):
    """The line is no message of the contract."""


class Forbidden(SolutionError):
    """The solution wants to write a signal that it may not write."""


class OutOfRange(SolutionError):
    """The solution wants to write a value outside the range of the set-point."""


@dataclass(frozen=True)
class SignalInfo:
    """What a solution may know of a signal: `unit` and range as on the board; `role` ("" = read only) may write it."""

    name: str
    unit: str = "1"
    low: float = -math.inf
    high: float = math.inf
    role: str = ""


@dataclass(frozen=True)
class Hello:
    """How a solution introduces itself: `reads` and `writes` are signal names, `interval_s` plant seconds.

    `alarms` are the names of the scores that a detector gives.
    """

    name: str
    version: str
    kind: str
    reads: tuple[str, ...]
    writes: tuple[str, ...] = ()
    interval_s: float = 10.0
    alarms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Estimate:
    """A prediction: `value` and its 90 % interval from `low` to `high`, in the unit of the predicted signal."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Answer:
    """What the plant gets from a request. With a `fault` nothing of the answer is used and `reason` says why.

    `alarm` holds the scores (0 to 1) that a detector gave in this answer.
    """

    set: dict[str, float] = field(default_factory=dict)
    estimate: Estimate | None = None
    alarm: dict[str, float] = field(default_factory=dict)
    fault: str = ""
    reason: str = ""


def signal_infos(
    signals: Iterable[Signal], role_writes: Mapping[str, Iterable[str]] | None = None
) -> dict[str, SignalInfo]:
    """Return the board's signals as a solution may know them.

    `role_writes` says which kind of solution may write which set-points (the board's own table); without it, names
    ending in ``_advice`` are for advisors and the other set-points for controllers.
    """
    roles = {name: role for role, names in (role_writes or {}).items() for name in names}
    infos = {}
    for signal in signals:
        fallback = "advisor" if signal.name.endswith("_advice") else "controller"
        role = (fallback if role_writes is None else roles.get(signal.name, "")) if signal.writable else ""
        infos[signal.name] = SignalInfo(signal.name, signal.unit, signal.declaration.low, signal.declaration.high, role)
    return infos


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def encode(message: Mapping[str, Any]) -> bytes:
    """Return a message as one line; TypeError or ValueError when the house put in what JSON cannot say."""
    return _encode(message).encode() + b"\n"


def readable(signals: Mapping[str, float]) -> dict[str, float | None]:
    """Return signals as they go over the pipe: nothing measured (nan or infinite) becomes null."""
    return {name: (float(value) if -math.inf < value < math.inf else None) for name, value in signals.items()}


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise Nonsense("a key stands twice in the same JSON object; write every key once")
    return result


def _constant(token: str) -> None:
    raise Nonsense(f"{token} is not a number of JSON; leave the value out or answer null where null is allowed")


_decoder = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_constant)


def decode(line: bytes) -> dict[str, Any]:
    """Return the JSON object in a line; Nonsense when it is none, however it was made."""
    if len(line) > MAX_LINE:
        raise Nonsense(f"the line is longer than {MAX_LINE} bytes; answer in one short line")
    try:
        message = _decoder.decode(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Nonsense(f"the line is not UTF-8 ({error.reason} at byte {error.start})") from None
    except RecursionError:
        raise Nonsense("the line is nested too deeply") from None
    except ValueError as error:
        raise Nonsense(f"the line is not JSON ({str(error)[:120]}): {_shown(line)}") from None
    if not isinstance(message, dict):
        raise Nonsense(f"the line is not a JSON object: {_shown(line)}")
    return message


def _shown(value: Any) -> str:
    """Return a short printable picture of anything a solution sent."""
    try:
        text = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else repr(value)
    except RecursionError:
        text = "something nested too deeply"
    text = "".join(c if c.isprintable() else "?" for c in text[:200])
    return text if len(text) <= 80 else text[:77] + "..."


def expect(message: Mapping[str, Any], kind: str, keys: tuple[str, ...], optional: tuple[str, ...] = ()) -> None:
    """Nonsense unless the message is of this type, has these keys besides ``type``, and at most the `optional` ones."""
    got = message.get("type")
    if got == "error" and kind != "hello":
        raise Nonsense(f"the solution says that it cannot answer: {_shown(message.get('reason', ''))}")
    if got != kind:
        raise Nonsense(f'"type" is {_shown(got)}, expected "{kind}"')
    known = ("type", *keys, *optional)
    unknown = sorted(set(message) - set(known))
    if unknown:
        raise Nonsense(f'unknown key {_shown(unknown[0])} in "{kind}"; known keys are: {", ".join(known)}')
    missing = [key for key in keys if key not in message]
    if missing:
        raise Nonsense(f'key "{missing[0]}" is missing in "{kind}"')


def number(value: Any, what: str) -> float:
    """Return a finite float; Nonsense for text, booleans, null, nan and numbers beyond float64."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Nonsense(f"{what} is {_shown(value)}, expected a number")
    try:
        result = float(value)
    except OverflowError:
        raise Nonsense(f"{what} is too large for a number") from None
    if not math.isfinite(result):
        raise Nonsense(f"{what} is {value!r}, expected a finite number")
    return result


def _text(message: Mapping[str, Any], key: str, longest: int = 120) -> str:
    value = message[key]
    if not isinstance(value, str) or not value.strip() or len(value) > longest or not value.isprintable():
        raise Nonsense(f'"{key}" is {_shown(value)}, expected 1 to {longest} printable characters')
    return value


def _names(message: Mapping[str, Any], key: str) -> tuple[str, ...]:
    names = message[key]
    if not isinstance(names, list) or len(names) > MAX_NAMES or not all(isinstance(n, str) for n in names):
        raise Nonsense(f'"{key}" is {_shown(names)}, expected a list of at most {MAX_NAMES} signal names')
    for name in names:
        if not _NAME.fullmatch(name[:200]):
            raise Nonsense(f'"{key}" holds {_shown(name)}, which is no signal name such as "ladle_furnace.arc_energy"')
    if len(set(names)) != len(names):
        raise Nonsense(f'"{key}" names a signal twice')
    return tuple(names)


def _alarms(message: Mapping[str, Any], kind: str) -> tuple[str, ...]:
    """Return the names of the scores that a detector declares; only a detector may declare any."""
    names = message.get("alarms", [])
    if not isinstance(names, list) or len(names) > MAX_NAMES or not all(isinstance(n, str) for n in names):
        raise Nonsense(f'"alarms" is {_shown(names)}, expected a list of at most {MAX_NAMES} names')
    for name in names:
        if len(name) > MAX_ALARM_NAME or not _ALARM.fullmatch(name):
            raise Nonsense(f'"alarms" holds {_shown(name)}, which is no name such as "clogging[top_1]"')
    if len(set(names)) != len(names):
        raise Nonsense('"alarms" names an alarm twice')
    if kind == "detector" and not names:
        raise Nonsense('a detector must name at least one alarm in "alarms"')
    if kind != "detector" and names:
        raise Nonsense(f'"alarms" is for a detector; a solution of kind {kind} gives none')
    return tuple(names)


def read_hello(message: Mapping[str, Any]) -> Hello:
    """Return the checked introduction of a solution; Nonsense with the reason otherwise."""
    expect(message, "hello", _HELLO_KEYS[1:], ("alarms",))
    kind = message["kind"]
    if kind in RESERVED_KINDS:
        raise Nonsense(f'"kind" is "{kind}": reserved, contract {CONTRACT} asks only {", ".join(KINDS)}')
    if kind not in KINDS:
        raise Nonsense(f'"kind" is {_shown(kind)}, expected one of: {", ".join(KINDS)}')
    reads, writes = _names(message, "reads"), _names(message, "writes")
    if any(name.endswith("[*]") for name in writes):
        raise Nonsense('"writes" must name each set-point; [*] is for "reads" only')
    if kind not in WRITERS and writes:
        raise Nonsense(f'a {kind} writes nothing: "writes" must be []')
    if kind in WRITERS and not writes:
        raise Nonsense(f'a solution of kind {kind} must name at least one set-point in "writes"')
    interval = number(message["interval_s"], '"interval_s"')
    if not 1.0 <= interval <= 86400.0:
        raise Nonsense(f'"interval_s" is {interval:g}, expected 1 to 86400 plant seconds')
    name, version = _text(message, "name"), _text(message, "version", 40)
    return Hello(name, version, kind, reads, writes, interval, _alarms(message, kind))


def expand(reads: Iterable[str], known: Iterable[str] | None) -> list[str]:
    """Return the names to read, ``[*]`` replaced by all known slots; Nonsense when a name is not known.

    With `known` None any plain name is taken as it stands.
    """
    known = [name for name in reads if not name.endswith("[*]")] if known is None else list(known)
    names: list[str] = []
    for name in reads:
        prefix = name[:-2]
        found = [k for k in known if k.startswith(prefix)] if name.endswith("[*]") else [name] * (name in known)
        if not found:
            raise Nonsense(f"it reads {name!r}, which no board has{_near(name, known)}")
        names.extend(found)
    return list(dict.fromkeys(names))


def _near(name: str, known: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, known, 1)
    return f"; did you mean {near[0]!r}?" if near else ""


def check_writes(hello: Hello, infos: Mapping[str, SignalInfo]) -> None:
    """Forbidden unless every name in `writes` is a set-point of the solution's own kind."""
    allowed = sorted(name for name, info in infos.items() if info.role == hello.kind)
    for name in hello.writes:
        if name not in infos:
            raise Forbidden(f"it writes {name!r}, which no board has{_near(name, allowed)}")
        if infos[name].role != hello.kind:
            may = ", ".join(allowed) or "nothing"
            raise Forbidden(f"it writes {name!r}, but a solution of kind {hello.kind} may write: {may}")


def read_set(message: Mapping[str, Any], hello: Hello, infos: Mapping[str, SignalInfo] | None) -> dict[str, float]:
    """Return the set-points of an answer. Raises Nonsense, Forbidden or OutOfRange: then none of them may be used."""
    expect(message, "answer", ("set",))
    wanted = message["set"]
    if not isinstance(wanted, dict):
        raise Nonsense(f'"set" is {_shown(wanted)}, expected an object such as {{"name": 1.5}}')
    result = {}
    for name, value in wanted.items():
        if name not in hello.writes:
            raise Forbidden(f'it sets {_shown(name)}, which is not in its "writes": {", ".join(hello.writes)}')
        result[name] = number(value, name)
        info = infos.get(name) if infos else None
        if info and not info.low <= result[name] <= info.high:
            raise OutOfRange(f"{name} = {result[name]:g} is outside {info.low:g} to {info.high:g} {info.unit}")
    return result


def read_alarm(message: Mapping[str, Any], hello: Hello) -> dict[str, float]:
    """Return the scores in the answer of a detector; what it does not name stays as it was.

    Raises Nonsense, Forbidden for a name that was not declared and for any set-point, OutOfRange outside 0 to 1.
    """
    expect(message, "answer", ("alarm",), ("set",))
    scores = message["alarm"]
    if not isinstance(scores, dict):
        raise Nonsense(f'"alarm" is {_shown(scores)}, expected an object such as {{"{hello.alarms[0]}": 0.7}}')
    if message.get("set", {}) != {}:
        raise Forbidden(f'it sets {_shown(message["set"])}, but a detector writes nothing: leave "set" out')
    result = {}
    for name, score in scores.items():
        if name not in hello.alarms:
            raise Forbidden(f'it raises {_shown(name)}, which is not in its "alarms": {", ".join(hello.alarms)}')
        result[name] = number(score, name)
        if not 0.0 <= result[name] <= 1.0:
            raise OutOfRange(f"the score {name} = {result[name]:g} is outside 0 to 1")
    return result


def read_estimate(message: Mapping[str, Any], info: SignalInfo | None = None) -> Estimate:
    """Return the estimate of an answer; Nonsense unless low <= value <= high, OutOfRange beyond the signal's range."""
    expect(message, "answer", ("estimate",))
    found = message["estimate"]
    if not isinstance(found, dict) or set(found) != {"value", "low", "high"}:
        raise Nonsense(f'"estimate" is {_shown(found)}, expected an object with the keys value, low, high')
    value, low, high = (number(found[key], f'"{key}"') for key in ("value", "low", "high"))
    if not low <= value <= high:
        raise Nonsense(f"the estimate {value:g} is not inside its own interval {low:g} to {high:g}")
    if info and not info.low <= value <= info.high:
        raise OutOfRange(f"estimate of {info.name} = {value:g} is outside {info.low:g} to {info.high:g} {info.unit}")
    return Estimate(value, low, high)
