"""`steelyard solution check`: does a solution keep the contract? Each check says what it found and how to mend it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from steelyard.errors import SolutionError
from steelyard.solutions import contract, script, script_line
from steelyard.solutions.bundle import bundle
from steelyard.solutions.contract import Answer, Hello, SignalInfo
from steelyard.solutions.host import Host, Limits
from steelyard.solutions.texts import TEXTS

_LINE_ROOMS = ("reheating_furnace.", "descaling.", "bar_rolling.", "cooling_bed.", "line.")
_TIMEOUT_S, _START_S = 2.0, 10.0
_FAULT_CHECKS = {
    "answers": ("crashed", "fallback"),
    "in_time": ("hung",),
    "well_formed": ("nonsense",),
    "permitted": ("forbidden",),
    "in_range": ("out_of_range",),
}


@dataclass
class _Findings:
    lang: str
    checks: list[dict[str, Any]] = field(default_factory=list)

    def add(self, check: str, passed: bool, evidence: str = "") -> bool:
        what, remedy = TEXTS[check]["passed" if passed else "failed"], TEXTS[check]["remedy"]
        found = what[self.lang] + (f": {evidence}" if evidence else "")
        self.checks.append(
            {"id": check, "passed": passed, "what": found, "remedy": "" if passed else remedy[self.lang]}
        )
        return passed


_Boards = Mapping[str, SignalInfo] | Sequence[Mapping[str, SignalInfo]]


def check(path: str | Path, signals: _Boards | None = None, lang: str = "en", network: bool = False) -> dict[str, Any]:
    """Check the solution at `path` against the contract on scripted heats or a scripted shift of a bar line.

    `signals` are the signals of a board, or of several of which the one that knows the solution's names is taken: with
    them, names, roles and ranges are checked; without, only their form.
    `network` leaves it the network.
    Returns {passed, path, hash, solution, isolation, checks: [{id, passed, what, remedy}]}; texts in `lang` (en, ko).
    A faulty solution raises nothing here.
    """
    findings = _Findings(lang)
    result: dict[str, Any] = {"passed": False, "path": str(path), "hash": "", "solution": None, "isolation": None}
    try:
        result["hash"] = bundle(path).hash
        findings.add("file", True)
    except SolutionError as error:
        findings.add("file", False, str(error))
        return {**result, "checks": findings.checks}
    limits = Limits(network=network)
    with Host(path, timeout_s=_TIMEOUT_S, start_timeout_s=_START_S, restarts=0, limits=limits) as host:
        hello = _introduced(host, findings)
        if hello is not None:
            result["solution"] = {"name": hello.name, "version": hello.version, "kind": hello.kind}
            result["isolation"] = host.isolation
            board = _board_of(hello, signals)
            if _signals_exist(hello, board, findings):
                _behaves(host, board, findings)
    result["passed"] = all(found["passed"] for found in findings.checks)
    return {**result, "checks": findings.checks}


def _introduced(host: Host, findings: _Findings) -> Hello | None:
    try:
        hello = host.open()
    except SolutionError as error:
        findings.add("hello", False, str(error))
        return None
    findings.add("hello", True, f"{hello.name} {hello.version} ({hello.kind})")
    return hello


def _board_of(hello: Hello, signals: _Boards | None) -> Mapping[str, SignalInfo] | None:
    """Return the board that knows most of the names that the solution uses."""
    if signals is None or isinstance(signals, Mapping):
        return signals
    stems = [name.removesuffix("*]") for name in (*hello.reads, *hello.writes)]

    def known(board: Mapping[str, SignalInfo]) -> int:
        return sum(stem in board or any(name.startswith(stem) for name in board) for stem in stems)

    return max(signals, key=known)


def _signals_exist(hello: Hello, signals: Mapping[str, SignalInfo] | None, findings: _Findings) -> bool:
    if signals is None:
        return True
    try:
        contract.expand(hello.reads, signals)
        contract.check_writes(hello, signals)
    except SolutionError as error:
        return findings.add("signals", False, str(error))
    return findings.add("signals", True)


def _behaves(host: Host, signals: Mapping[str, SignalInfo] | None, findings: _Findings) -> None:
    """Run the scripted heats: well-behaved answers, nothing measured yet, the same again, an orderly end."""
    host.signals = signals
    infos = dict(signals or {})
    story = _story(host.hello)
    names = contract.expand(host.hello.reads, infos or [*story.known_names(), *_plain(host.hello.reads)])
    first = _replay(host, names, infos)
    if not _faultless(host, findings):
        return
    empty = _unmeasured(host, names)
    if not findings.add("no_signals_yet", not empty, empty):
        return
    same = _replay(host, names, infos) == first
    findings.add("repeats_in_process", same)
    with Host(host.bundle.path, timeout_s=_TIMEOUT_S, restarts=0, signals=signals, limits=host.limits) as other:
        findings.add("repeats_in_new_process", _replay(other, names, infos) == first)
        findings.add("stops", other.close())


def _faultless(host: Host, findings: _Findings) -> bool:
    """Add one check per kind of fault; a next start shows whether questions and answers still belong together."""
    faults, reasons = dict(host.faults), list(host.reasons)
    if not host.fallback:
        host.start({"seed_label": "between two runs", "plant": _story(host.hello).PLANT})
        faults = {kind: count + host.faults[kind] for kind, count in faults.items()}
        reasons += host.reasons
    fine = True
    for name, kinds in _FAULT_CHECKS.items():
        count = sum(faults[kind] for kind in kinds)
        evidence = next((reason for reason in reasons if reason.split(":")[0] in kinds), "")
        fine &= findings.add(name, count == 0, evidence if count else "")
    return fine


def _plain(reads: tuple[str, ...]) -> list[str]:
    return [name for name in reads if not name.endswith("[*]")]


def _story(hello: Hello) -> Any:
    """Return the script that a solution is shown: the bar line when it uses a signal of it, else the ladle furnace."""
    return script_line if any(name.startswith(_LINE_ROOMS) for name in (*hello.reads, *hello.writes)) else script


def _replay(host: Host, names: list[str], infos: Mapping[str, SignalInfo]) -> list[Answer]:
    """Return all answers over the script: a predictor is asked before each measurement and told after it."""
    story, interval = _story(host.hello), host.hello.interval_s
    answers = [host.start({"seed_label": "contract check", "plant": story.PLANT})]
    known = dict.fromkeys(names, math.nan)
    for time_s, values, measured in story.rows(names, interval, infos):
        if host.fallback:
            break
        if host.hello.kind != "predictor":
            answers.append(host.decide(time_s, values))
            continue
        if measured:
            late = story.MEASURED
            before = {name: known[name] if name.startswith(late) else value for name, value in values.items()}
            answers.append(host.predict(time_s, before, story.PREDICTED))
        answers.append(host.observe(time_s, values))
        known = values
    return answers


def _unmeasured(host: Host, names: list[str]) -> str:
    """Return what goes wrong when no signal has been measured yet ("" when nothing does)."""
    story = _story(host.hello)
    host.start({"seed_label": "nothing measured yet", "plant": story.PLANT})
    values = dict.fromkeys(names, math.nan)
    for time_s in (0.0, 10.0):
        if host.hello.kind == "predictor":
            host.observe(time_s, values)
            host.predict(time_s, values, story.PREDICTED)
        else:
            host.decide(time_s, values)
    return host.reasons[0] if host.reasons else ""
