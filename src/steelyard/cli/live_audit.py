"""The audit log as sentences: who did what, en and ko, one line for each entry."""

import json
import textwrap
from collections.abc import Mapping
from typing import Any

from steelyard.cli.output import moment

SENTENCES: dict[str, dict[str, str]] = {
    "write": {"en": "wrote {signal}: {old} → {new}", "ko": "{signal} 설정: {old} → {new}"},
    "login": {"en": "logged in", "ko": "로그인"},
    "login_failed": {"en": "login refused: {why}", "ko": "로그인 거부: {why}"},
    "refused": {"en": "refused: {about}{why}", "ko": "거부: {about}{why}"},
    "malformed": {"en": "not understood: {about}{why}", "ko": "잘못된 요청: {about}{why}"},
    "unhandled": {"en": "internal error: {about}{why}", "ko": "내부 오류: {about}{why}"},
    "cut": {"en": "cut off: {why}", "ko": "접속 끊음: {why}"},
    "lost": {"en": "lost: {about}{why}", "ko": "유실: {about}{why}"},
    "started": {"en": "server started with {works} in {seconds} s", "ko": "서버 시작: {works} ({seconds} s)"},
    "stopped": {"en": "server stopped", "ko": "서버 중지"},
    "broker": {"en": "broker: {what}", "ko": "브로커: {what}"},
    "certificate": {"en": "showed certificate {thumbprint}", "ko": "인증서 {thumbprint}"},
    "users": {"en": "{what} user {name} {roles}", "ko": "사용자 {name} {what} {roles}"},
    "removed": {"en": "{entries} older entries of {file}, until {until}, made room",
                "ko": "{file}의 오래된 항목 {entries}개({until}까지)를 지웠습니다"},
}  # fmt: skip
COMMANDS: dict[str, dict[str, str]] = {
    "run": {"en": "started it ×{speed}", "ko": "실행 ×{speed}"},
    "pause": {"en": "paused it", "ko": "일시정지"},
    "snapshot": {"en": "took snapshot {name}", "ko": "스냅샷 {name} 저장"},
    "restore": {"en": "restored snapshot {name} ({to_s} s)", "ko": "스냅샷 {name} 복원({to_s} s)"},
    "fork": {"en": "forked it as {fork}", "ko": "분기 {fork} 생성"},
    "remove_fork": {"en": "dropped the fork", "ko": "분기 닫음"},
    "inject": {"en": "scheduled the fault {faults}", "ko": "고장 예약: {faults}"},
    "start_trial": {"en": "started a trial of plan {plan}", "ko": "시험 시작: 시험집 {plan}"},
    "stop_trial": {"en": "stopped the trial", "ko": "시험 중지"},
    "acknowledge": {"en": "acknowledged alarm {alarm}", "ko": "경보 {alarm} 확인"},
}
SAID = {
    "over": {"en": "{user} over {via}: {what}", "ko": "{user}({via}): {what}"},
    "nobody": {"en": "somebody", "ko": "이름 없음"},
    "again": {"en": " (again, {repeated} times)", "ko": " (같은 일 {repeated}회 더)"},
}
USER_CHANGES = {"set": {"en": "set", "ko": "설정"}, "removed": {"en": "removed", "ko": "삭제"}}
LONGEST_WHY = 160
ABOUT = ("set", "command", "where", "topic", "node", "call", "what")
OWN = {"when", "kind", "user", "via", "peer", "works", "time_s", "role", "repeated"}


class _Known(dict[str, str]):
    """The parts of an entry as texts; one that is not there is a dash, or nothing."""

    def __missing__(self, key: str) -> str:
        return "" if key in ("about", "why", "roles") else "–"


def sentence(entry: Mapping[str, Any], lang: str) -> str:
    """Return an entry of the audit log as one line.

    >>> sentence({"when": "2026-11-23T08:02:05.613+00:00", "kind": "command", "user": "engineer", "via": "rest",
    ...           "works": "main", "time_s": 2640.0, "command": "restore", "name": "healthy", "to_s": 1200.0}, "en")
    '2026-11-23 08:02:05  engineer over rest: restored snapshot healthy (1,200 s) [main, 2,640 s]'
    >>> sentence({"when": "2026-11-23T08:02:05+00:00", "kind": "login_failed", "via": "rest", "repeated": 3}, "ko")
    '2026-11-23 08:02:05  이름 없음(rest): 로그인 거부: (같은 일 3회 더)'
    """
    kind, command = str(entry.get("kind", "")), str(entry.get("command", ""))
    known = _Known({key: _text(value) for key, value in entry.items()})
    known["why"] = textwrap.shorten(known["why"], LONGEST_WHY, placeholder=" …")
    about = [_text(entry[key]) for key in ABOUT if key in entry]
    known["about"] = f"{', '.join(about)} – " if about else ""
    if kind == "users":
        known["what"] = USER_CHANGES.get(known["what"], {}).get(lang, known["what"])
    form = COMMANDS.get(command) if kind == "command" else SENTENCES.get(kind)
    what = form[lang].format_map(known).rstrip(" –") if form else _plain(entry, kind)
    if "via" in entry:
        user = entry.get("user") or SAID["nobody"][lang]
        what = SAID["over"][lang].format(user=user, via=entry["via"], what=what)
    where = [
        _text(entry[key]) + unit
        for key, unit in (("works", ""), ("time_s", " s"))
        if kind != "started" and key in entry
    ]
    what += f" [{', '.join(where)}]" if where else ""
    if "repeated" in entry:
        what += SAID["again"][lang].format(**entry)
    return f"{moment(str(entry.get('when', '')))}  {what}".replace("\n", " ")


def _plain(entry: Mapping[str, Any], kind: str) -> str:
    """Return an entry that has no sentence: its kind, and what it holds."""
    more = ", ".join(f"{key} {_text(value)}" for key, value in entry.items() if key not in OWN and value is not None)
    return f"{kind}: {more}" if more else kind


def _text(value: Any) -> str:
    """Return a value without braces and quotes.

    >>> _text({"line.pace_setpoint": 90.0}), _text(["main"]), _text(905.5000000000001), _text(None)
    ('line.pace_setpoint 90', 'main', '905.5', '–')
    """
    if isinstance(value, dict):
        return ", ".join(f"{key} {_text(one)}" for key, one in value.items())
    if isinstance(value, list):
        return ", ".join(_text(one) for one in value)
    if isinstance(value, float):
        return f"{value:,.6g}"
    return "–" if value is None else value if isinstance(value, str) else json.dumps(value)
