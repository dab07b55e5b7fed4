"""What clients ask for on the command topics: set-points, steps, leases, run and pause, answers of a trial."""

import json
import math
from collections.abc import Awaitable, Callable
from typing import Any

from steelyard.errors import AccessError, SignalError, SteelyardError
from steelyard.live.access import VIEWER, Session, role_of
from steelyard.plant.frame import Frame
from steelyard.protocols.mqtt.topics import Command, Message, level, parse_command, reply_topic, works_base

LONGEST_COMMAND = 1 << 20


class Commands:
    """Does what a message on a command topic asks for, and replies where it gave an id.

    `told(works, frame)` waits until a frame has been published, so that it comes before the reply to its `advance`;
    `settled(works)` has the state published after run and pause.
    """

    def __init__(
        self, site: Any, publish: Callable[[list[Message]], Awaitable[None]],
        told: Callable[[str, Frame], Awaitable[None]], settled: Callable[[str], Awaitable[None]],
    ) -> None:  # fmt: skip
        self.site, self._publish, self._told, self._settled = site, publish, told, settled
        self.counted = {"writes": 0, "commands": 0, "refused": 0, "malformed": 0}

    async def take(self, session: Session, topic: str, payload: bytes) -> None:
        """Do what a message asks for; what cannot be done is counted, logged and replied."""
        command = parse_command(self.site.name, topic)
        if command is None:
            self.refuse(session, topic, "it is no command topic")
            return
        base, request = works_base(self.site.name, command.works), None
        try:
            asked = _parse(payload)
            request = asked.get("id")
            result = await self._do(session, command, asked)
        except _Malformed as error:
            self.malformed(session, topic, str(error))
            await self._reply(base, request, {"ok": False, "error": str(error)})
        except SteelyardError as error:
            self.counted["refused"] += 1
            if not isinstance(error, _Logged):
                self.site.audit.note("refused", session, topic=topic[:200], why=str(error))
            await self._reply(base, request, {"ok": False, "error": str(error)})
        else:
            await self._reply(base, request, {"ok": True, **result})

    async def _reply(self, base: str, request: object, result: dict[str, Any]) -> None:
        topic = reply_topic(base, request)
        if topic is not None:
            await self._publish([Message(topic, json.dumps(result, ensure_ascii=False, default=str).encode())])

    async def _do(self, session: Session, command: Command, asked: dict[str, Any]) -> dict[str, Any]:
        works = self._works(command.works)
        if command.role is not None and command.role not in session.roles:
            raise AccessError(f"user {session.user!r} has no role {command.role!r}")
        do = getattr(self, f"_{command.kind}")
        found: dict[str, Any] = await do(session, works, command, asked)
        if command.kind != "set":
            self.counted["commands"] += 1
        return found

    def _works(self, name: str) -> Any:
        for works_id, works in self.site.works.items():
            if level(works_id) == name:
                return works
        return self.site.get(name)

    async def _set(self, session: Session, works: Any, command: Command, asked: dict[str, Any]) -> dict[str, Any]:
        values = asked.get("values") if command.signal is None else {command.signal: asked.get("value")}
        if not isinstance(values, dict) or not values:
            raise _Malformed('a write is a number, {"value": number} or, without a signal in the topic, {"values": …}')
        numbers = {str(name): _number(value) for name, value in values.items()}
        for name in numbers:
            if name in works.signals and role_of(name) != command.role:
                raise SignalError(f"{name!r} is not a set-point of a {command.role}")
        try:
            await works.write(session, numbers)
        except SteelyardError as error:
            raise _Logged(str(error)) from error
        self.counted["writes"] += len(numbers)
        return {"written": numbers}

    async def _advance(self, session: Session, works: Any, command: Command, asked: dict[str, Any]) -> dict[str, Any]:
        n = _number(asked.get("n", asked.get("value", 1)))
        if n != int(n):
            raise _Malformed(f"n is a whole number of steps, not {n:g}")
        frame = await works.advance(session, int(n))
        await self._told(works.id, frame)
        return {"step": frame.step, "time_s": frame.time_s, "time": works.stamp(frame.time_s).isoformat()}

    async def _run(self, session: Session, works: Any, command: Command, asked: dict[str, Any]) -> dict[str, Any]:
        speed = asked.get("speed", asked.get("value"))
        await works.run(session, None if speed is None else _number(speed))
        await self._settled(works.id)
        return {}

    async def _pause(self, session: Session, works: Any, command: Command, asked: dict[str, Any]) -> dict[str, Any]:
        await works.pause(session)
        await self._settled(works.id)
        return {}

    async def _lease(self, session: Session, works: Any, command: Command, asked: dict[str, Any]) -> dict[str, Any]:
        if command.role is None:
            raise _Malformed("say the role in the topic: …/lease/<role>")
        action = asked.get("action", "take")
        if action == "take":
            works.leases.take(command.role, session)
        elif action == "release":
            works.leases.release(session, command.role)
        else:
            raise _Malformed('action is "take" or "release"')
        return {"leases": works.leases.table()}

    async def _exchange(self, session: Session, works: Any, command: Command, asked: dict[str, Any]) -> dict[str, Any]:
        if session.roles <= {VIEWER}:
            raise AccessError(f"user {session.user!r} has no role that takes part in a trial")
        if not hasattr(works, "exchange"):
            raise SteelyardError(f"works {works.id!r} is no trial")
        question = await works.exchange(session, asked)
        base = works_base(self.site.name, works.id)
        told = json.dumps(question, ensure_ascii=False, default=str).encode()
        await self._publish([Message(f"{base}/exchange/question", told)])
        return {}

    def refuse(self, session: Session, topic: str, why: str) -> None:
        """Count and log something that may not be done."""
        self.counted["refused"] += 1
        self.site.audit.note("refused", session, topic=topic[:200], why=why)

    def malformed(self, session: Session, topic: str, why: str) -> None:
        """Count and log something that cannot be read."""
        self.counted["malformed"] += 1
        self.site.audit.note("malformed", session, topic=topic[:200], why=why[:400])


class _Malformed(Exception):
    """The payload is not what the topic asks for; the text says what is."""


class _Logged(SteelyardError):
    """A refusal that the works itself has logged."""


def _parse(payload: bytes) -> dict[str, Any]:
    """Return the payload as an object; a bare number or nothing becomes one."""
    if not payload.strip():
        return {}
    try:
        found = json.loads(payload, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise _Malformed(f"the payload is not JSON ({str(error)[:100]})") from None
    if isinstance(found, dict):
        return found
    return {"value": found}


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is not JSON")


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Malformed(f"{str(value)[:50]!r} is not a number")
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise _Malformed("a number is finite")
    return found
