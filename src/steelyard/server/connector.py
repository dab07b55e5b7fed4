"""Connects a solution on this machine to a works somewhere else: the solution's own process, and the client's end.

The solution speaks the contract over its pipe, in the same sandbox as in a trial; what it says goes over the wire
unchanged, so that the trial at the other end checks and counts it as if it ran there.
"""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from steelyard.errors import AccessError, SolutionError, SteelyardError
from steelyard.server.links import Link, Refused, RestLink
from steelyard.solutions.bundle import Bundle, bundle
from steelyard.solutions.contract import Nonsense, expand, read_hello
from steelyard.solutions.host import Host
from steelyard.solutions.lockstep import Late
from steelyard.solutions.process import Limits, Process

TRIAL = "trial-"
START_S = 10.0
WAIT = {"type": "wait"}
FOR_THE_CLIENT = ("number", "of", "why")  # what a question says to the client, not to the solution
SCHEMES = ("http", "https", "opc.tcp", "mqtt")
LONGEST_NAP_S = 1.0


def open_link(url: str, user: str, password: str, works: str) -> Link:
    """Connect to a works; SteelyardError for an address of no known kind, or when nobody lets us in."""
    scheme = urlsplit(url).scheme
    if scheme in ("http", "https"):
        try:
            return RestLink(url, user, password, works)
        except Refused as error:
            if str(error).startswith("401"):
                said = str(error).removeprefix("401").strip() or "check user and password"
                raise AccessError(f"{url} refuses the login of {user!r} (401): {said}") from error
            raise
    if scheme == "opc.tcp":
        from steelyard.server.opcua_link import OpcUaLink

        return OpcUaLink(url, user, password, works)
    if scheme == "mqtt":
        from steelyard.server.mqtt_link import MqttLink

        return MqttLink(url, user, password, works)
    raise SteelyardError(f"{url}: no address of a works; it begins with one of: {', '.join(SCHEMES)}")


def connect(
    path: str | Path, url: str, user: str, password: str, works: str = "main", *, timeout_s: float = 2.0,
    limits: Limits | None = None, decisions: int | None = None, say: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:  # fmt: skip
    """Let the solution at `path` answer for a trial, or steer a live works, until that ends; return what came of it.

    `timeout_s` is the time for one answer of the solution; `decisions` ends it on a live works after so many.
    SolutionError when the solution cannot be used, SteelyardError when the works cannot be reached.
    """
    files, link = bundle(path), open_link(url, user, password, works)
    try:
        if works.startswith(TRIAL):
            return _Player(files, link, timeout_s, limits or Limits()).play(say)
        with Host(path, timeout_s=timeout_s, limits=limits) as host:
            return _steer(host, link, decisions, say)
    finally:
        link.close()


def kind_of(path: str | Path) -> str:
    """Return the kind of a solution, as it introduces itself."""
    with Host(path) as host:
        return host.open().kind


class _Player:
    """Answers for one solution in one trial, question by question."""

    def __init__(self, files: Bundle, link: Link, timeout_s: float, limits: Limits) -> None:
        self._files, self._link, self._timeout_s, self._limits = files, link, timeout_s, limits
        self._process: Process | None = None
        self._asked = 0

    def play(self, say: Callable[[str], None]) -> dict[str, Any]:
        """Answer until the trial says stop."""
        began, message = time.monotonic(), WAIT
        try:
            while (question := self._link.exchange(message))["type"] != "stop":
                _follow(question, self._files.path.name, say)
                message = WAIT if question["type"] == "wait" else self._answer(question)
        finally:
            self._end()
        return {"questions": self._asked, "seconds": round(time.monotonic() - began, 3)}

    def _answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """Return what the solution says, or that it is gone; a hello begins it anew."""
        self._asked += 1
        question = {key: value for key, value in question.items() if key not in FOR_THE_CLIENT}
        patience = self._timeout_s if question["type"] not in ("hello", "start") else START_S
        try:
            if question["type"] == "hello":
                self._end()
                self._process = Process(self._files, self._limits)
            if self._process is None:
                return {"type": "gone", "fault": "crashed", "reason": "its client has no process of it"}
            if self._link.native and question.get("signals"):
                question = {**question, "signals": self._link.read(question["signals"])[1]}
            answer = self._process.ask(question, patience)
        except Nonsense as error:
            return {"type": "gone", "fault": "nonsense", "reason": str(error)}
        except SolutionError as error:
            return {"type": "gone", "fault": "hung" if isinstance(error, Late) else "crashed", "reason": str(error)}
        if self._asked == 1:
            self._see_introduction(answer)
        return self._written(answer) if self._link.native else answer

    def _see_introduction(self, hello: dict[str, Any]) -> None:
        """SolutionError for a first hello that no trial would take."""
        try:
            read_hello(hello)
        except Nonsense as error:
            raise SolutionError(f"{self._files.path}: {error}") from None

    def _written(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Write the set-points of an answer to their signals; what was refused stays in it, to be counted there."""
        wanted = answer.get("set")
        if set(answer) != {"type", "set"} or not isinstance(wanted, dict) or not all(map(_plain, wanted.values())):
            return answer
        left = {}
        for name, value in wanted.items():
            try:
                self._link.write({name: float(value)})
            except Refused:
                left[name] = value
        return {**answer, "set": left}

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.end({"type": "stop"})


def _follow(question: dict[str, Any], name: str, say: Callable[[str], None]) -> None:
    """Say how the trial goes: that a hello is asked for (again, and why), and which run begins."""
    if question["type"] == "hello":
        say(f"{name} introduces itself" + (f" again, after a fault: {question['why']}" if "why" in question else ""))
    elif question["type"] == "start" and "number" in question:
        say(f"run {question['number']}" + (f" of {question['of']}" if "of" in question else ""))


def _plain(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _steer(host: Host, link: Link, decisions: int | None, say: Callable[[str], None]) -> dict[str, Any]:
    """Let a solution steer a live works: with its clock when that runs, else step by step; until it is interrupted."""
    hello = host.open()
    names = expand(hello.reads, link.signals())
    count, written, refused, first = 0, 0, 0, ""
    host.start({"seed_label": "live", "plant": {}})
    time_s, values = link.read(names)
    due = time_s + hello.interval_s
    while decisions is None or count < decisions:
        try:
            time_s, values = _at(link, names, due)
        except KeyboardInterrupt:
            break
        answer = host.decide(time_s, {name: math.nan if v is None else v for name, v in values.items()})
        count, due = count + 1, time_s + hello.interval_s
        try:
            if answer.set:
                link.write(answer.set)
                written += len(answer.set)
        except Refused as error:
            refused, first = refused + 1, first or str(error)
            say(f"refused: {error}")
        if host.fallback:
            raise SolutionError(f"{host.bundle.path}: it was given up: {host.reasons[-1] if host.reasons else ''}")
    return {
        "decisions": count, "time_s": time_s, "written": written, "refused": refused, "first_refusal": first,
        "faults": host.faults, "alarms": host.alarms,
    }  # fmt: skip


def _at(link: Link, names: list[str], due: float) -> tuple[float, dict[str, float | None]]:
    """Return time and values at plant time `due` or soon after; a works that stands still is advanced."""
    while True:
        status = link.status()
        left = due - float(status["time_s"])
        if left <= 0:
            return link.read(names)
        if not status["running"]:
            link.advance(max(1, math.ceil(left / float(status.get("dt_s") or 1.0))))
            return link.read(names)
        time.sleep(min(left / float(status.get("speed") or 1.0), LONGEST_NAP_S))
