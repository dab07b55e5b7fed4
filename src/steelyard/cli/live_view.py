"""What `steelyard live` prints: tables, one-line answers and the live table, en and ko."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import typer

from steelyard.cli.live_audit import sentence
from steelyard.cli.output import console, moment, plain_table
from steelyard.errors import SteelyardError

Event = tuple[str, dict[str, Any]]
TEXT: dict[str, dict[str, Any]] = {
    "status": {"en": ("works", "process", "plant time", "clock", "behind [s]", "alarms", "leases"),
               "ko": ("설비", "공정", "설비 시각", "시계", "지연 [s]", "경보", "임차권")},
    "runs": {"en": "runs ×{speed:g}", "ko": "실행 ×{speed:g}"},
    "waits": {"en": "waits", "ko": "대기"},
    "failed": {"en": "{id} stands still: {failure}", "ko": "{id} 정지: {failure}"},
    "lost": {"en": "the wire to the plant is down", "ko": "설비와의 연결이 끊겼습니다"},
    "signals": {"en": ("signal", "unit", "range", "written by", "what it is"),
                "ko": ("신호", "단위", "범위", "쓰는 역할", "설명")},
    "values": {"en": ("signal", "value", "unit", "status"), "ko": ("신호", "값", "단위", "상태")},
    "at": {"en": "step {step}, {time_s:,.0f} s, {time}", "ko": "스텝 {step}, {time_s:,.0f} s, {time}"},
    "uncertain": {"en": "uncertain", "ko": "불확실"},
    "bad": {"en": "bad", "ko": "불량"},
    "good": {"en": "good", "ko": "정상"},
    "written": {"en": "written: {what}", "ko": "설정했습니다: {what}"},
    "stepped": {"en": "{n} steps made; step {step}, {time_s:,.0f} s of plant time",
                "ko": "{n}스텝 진행했습니다. 현재 스텝 {step}, 설비 시각 {time_s:,.0f} s"},
    "kept": {"en": "snapshot {name} kept at {time_s:,.0f} s", "ko": "스냅샷 {name}을(를) {time_s:,.0f} s에서 저장했습니다"},
    "forked": {"en": "{id} is on the wire; take it off with: steelyard live drop {id}",
               "ko": "분기 {id}을(를) 열었습니다. 닫으려면: steelyard live drop {id}"},
    "dropped": {"en": "{id} is off the wire", "ko": "분기 {id}을(를) 닫았습니다"},
    "scheduled": {"en": "fault {name} is scheduled at severity {severity:g}",
                  "ko": "고장 {name}을(를) 심각도 {severity:g}(으)로 예약했습니다"},
    "snapshots": {"en": {"name": "snapshot", "time_s": "plant time [s]", "works": "works", "created": "made at (UTC)"},
                  "ko": {"name": "스냅샷", "time_s": "설비 시각 [s]", "works": "설비", "created": "만든 때 (UTC)"}},
    "leases": {"en": {"role": "role", "user": "user", "via": "over", "left_s": "left [s]"},
               "ko": {"role": "역할", "user": "사용자", "via": "접속", "left_s": "남은 시간 [s]"}},
    "no_set_point": {"en": "{text!r} is no set-point; write NAME=VALUE, e.g. line.pace_setpoint=90",
                     "ko": "{text!r}은(는) 설정값이 아닙니다. 이름=값으로 쓰십시오. 예: line.pace_setpoint=90"},
    "no_number": {"en": "{value!r} is no number; write it alone, in {unit}: {name}={number}",
                  "ko": "{value!r}은(는) 수가 아닙니다. 단위 {unit}의 수만 쓰십시오: {name}={number}"},
    "its_unit": {"en": "the unit of the signal", "ko": "(신호의 단위)"},
    "no_severity": {"en": "{text!r} is no severity; write 0 to 1, or a percentage such as 80%",
                    "ko": "{text!r}은(는) 심각도가 아닙니다. 0에서 1 사이의 수나 80%처럼 쓰십시오"},
    "no_steps": {"en": "{text!r} are no steps of {dt_s:g} s; write how many (1 to {most:,}), or a time such as 10min",
                 "ko": "{text!r}만큼 진행할 수 없습니다({dt_s:g} s 스텝). 스텝 수(1 … {most:,})나 10min 같은 시간을 쓰십시오"},
    "none": {"en": "none", "ko": "없음"},
    "alarms": {"en": ("alarm", "severity", "since [s]", "signal", "what it says"),
               "ko": ("경보", "심각도", "발생 [s]", "신호", "내용")},
    "more_rows": {"en": "… {n} rows in all; --csv or --json gives them", "ko": "… 모두 {n}행; --csv 또는 --json으로 볼 수 있습니다"},
    "thinned": {"en": "one row in {stride} of {total:,}: ask for a shorter time, or raise --limit",
                "ko": "{total:,}행 가운데 {stride}행마다 1행입니다. 기간을 줄이거나 --limit을 늘리십시오"},
    "gap": {"en": "no rows between {start_s:,.0f} s and {end_s:,.0f} s: the works was set to a snapshot further on",
            "ko": "{start_s:,.0f} s와 {end_s:,.0f} s 사이에는 행이 없습니다. 뒤 시점의 스냅샷으로 옮겼기 때문입니다"},
    "counted": {"en": {"values_out": "values out", "values_lost": "values lost", "lost_frames": "frames lost",
                       "connected": "clients", "messages_out": "messages out", "messages_in": "messages in"},
                "ko": {"clients": "접속", "connected": "접속", "requests": "요청", "values_out": "보낸 값", "writes": "쓰기",
                       "refused": "거부", "malformed": "잘못된 요청", "dropped": "건너뜀", "lost": "유실",
                       "values_lost": "유실된 값", "lost_frames": "유실된 프레임", "cut": "끊음", "unhandled": "내부 오류", "messages_out": "보낸 메시지",
                       "messages_in": "받은 메시지"}},
    "missed": {"en": "this screen was too slow: {count} events were dropped", "ko": "화면이 느려 이벤트 {count}개를 건너뛰었습니다"},
}  # fmt: skip
LONGEST_TABLE, MOST_STEPS = 40, 86_400
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
COUNTED = TEXT["counted"]["ko"].keys()


def say(line: str, lang: str, /, **values: Any) -> None:
    """Print one line."""
    typer.echo(TEXT[line][lang].format(**values))


def together(values: dict[str, float]) -> str:
    """Return set-points in one line.

    >>> together({"line.pace_setpoint": 90.0})
    'line.pace_setpoint = 90'
    """
    return ", ".join(f"{name} = {value:g}" for name, value in values.items())


def assigned(texts: list[str], lang: str = "en", units: Mapping[str, str] = MappingProxyType({})) -> dict[str, float]:
    """Return what ``NAME=VALUE`` says; SteelyardError, with the unit of the signal, when it says something else.

    >>> assigned(["line.pace_setpoint=90"])
    {'line.pace_setpoint': 90.0}
    """
    found = {}
    for text in texts:
        name, equal, value = text.rpartition("=")
        if not equal or not name:
            raise SteelyardError(TEXT["no_set_point"][lang].format(text=text))
        try:
            found[name] = float(value)
        except ValueError:
            unit = units.get(name) or TEXT["its_unit"][lang]
            number = found_number[0] if (found_number := _NUMBER.match(value)) else "90"
            raise SteelyardError(
                TEXT["no_number"][lang].format(name=name, value=value, unit=unit, number=number)
            ) from None
    return found


def severity(text: str, lang: str) -> float:
    """Return a severity, also one in percent; SteelyardError when it is none.

    >>> severity("0.5", "en"), severity("80%", "en")
    (0.5, 0.8)
    """
    try:
        value = float(text.rstrip(" %")) / (100.0 if text.endswith("%") else 1.0)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 1.0:
        raise SteelyardError(TEXT["no_severity"][lang].format(text=text))
    return value


def steps(text: str, dt_s: float, lang: str) -> int:
    """Return how many steps of `dt_s` [s] a number or a time is; SteelyardError when it is neither.

    >>> steps("60", 1.0, "en"), steps("10min", 1.0, "en")
    (60, 600)
    """
    from steelyard.web.client import seconds

    try:
        found = int(text) if text.isdecimal() else round(seconds(text) / dt_s)
    except SteelyardError:
        found = 0
    if not 1 <= found <= MOST_STEPS:
        raise SteelyardError(TEXT["no_steps"][lang].format(text=text, dt_s=dt_s, most=MOST_STEPS))
    return found


def show_status(works: list[dict[str, Any]], lang: str, passed: dict[str, dict[str, int]] | None = None) -> None:
    """Print how each works runs, and below what `passed` over each protocol."""
    rows = []
    for row in works:
        clock = TEXT["runs" if row["running"] else "waits"][lang].format(**row)
        leases = ", ".join(_lease(lease) for lease in row["leases"])
        rows.append((row["id"], row["title"][lang], f"{row['time_s']:,.0f} s", clock, f"{row['lag_s']:g}",
                     str(row.get("alarms", 0)), leases or "–"))  # fmt: skip
    console().print(plain_table(TEXT["status"][lang], rows))
    for protocol, counts in (passed or {}).items():
        said = ", ".join(f"{TEXT['counted'][lang].get(k, k)} {n:,}" for k, n in counts.items() if n and k in COUNTED)
        typer.echo(f"{protocol}: {said or TEXT['none'][lang]}")
    for row in works:
        if row["failure"]:
            typer.secho(TEXT["failed"][lang].format(**row), fg=typer.colors.RED, err=True)
        if not row["connected"]:
            typer.secho(f"{row['id']}: {TEXT['lost'][lang]}", fg=typer.colors.YELLOW, err=True)


def show_signals(found: list[dict[str, Any]], lang: str) -> None:
    """Print what signals there are."""
    rows = []
    for row in found:
        ends = ["" if row[end] is None else f"{row[end]:,g}" for end in ("low", "high")]
        rows.append((row["name"], row["unit"], " … ".join(ends) if any(ends) else "–", row["writable_by"] or "–",
                     row["description"][lang]))  # fmt: skip
    console().print(plain_table(TEXT["signals"][lang], rows))


def values_table(found: dict[str, Any], signals: list[dict[str, Any]], lang: str) -> Any:
    """Return a table of values."""
    units = {row["name"]: row["unit"] for row in signals}
    rows, styles = [], []
    for name, value in found["values"].items():
        status = found["status"].get(name, "good")
        styles.append({"good": "", "uncertain": "yellow", "bad": "red"}[status])
        rows.append((name, "–" if value is None else f"{value:,.6g}", units.get(name, ""), TEXT[status][lang]))
    return plain_table(TEXT["values"][lang], rows, TEXT["at"][lang].format(**found), styles)


def show_values(found: dict[str, Any], signals: list[dict[str, Any]], lang: str) -> None:
    """Print values."""
    console().print(values_table(found, signals, lang))


def show_rows(found: list[dict[str, Any]], kind: str, lang: str) -> None:
    """Print rows under the heads of their kind."""
    heads = TEXT[kind][lang]
    if not found:
        say("none", lang)
        return
    console().print(plain_table(heads.values(), [[_cell(key, row.get(key, "–")) for key in heads] for row in found]))


def _lease(lease: dict[str, Any]) -> str:
    """Return who holds a role; a user of the same name need not be named again."""
    role, user = lease["role"], lease["user"]
    return f"{role} ({lease['via']})" if role == user else f"{role}: {user} ({lease['via']})"


def _cell(key: str, value: Any) -> str:
    if key == "created":
        return moment(value)
    return f"{value:,.0f}" if isinstance(value, float) else str(value)


def show_alarms(found: list[dict[str, Any]], lang: str) -> None:
    """Print the alarms that stand."""
    if not found:
        say("none", lang)
        return
    rows = [
        (row["id"], str(row["severity"]), f"{row['time_s']:,.0f}", row["signal"], row["text"][lang]) for row in found
    ]
    console().print(plain_table(TEXT["alarms"][lang], rows))


def show_audit(found: list[dict[str, Any]], lang: str) -> None:
    """Print entries of the audit log, a sentence each; nothing folds, so that lines can be searched and copied."""
    if not found:
        say("none", lang)
    for row in found:
        typer.echo(sentence(row, lang))


def show_history(found: dict[str, Any], lang: str) -> None:
    """Print the last rows of what was recorded."""
    rows = [
        (f"{time_s:,.0f}", *("–" if value is None else f"{value:,.6g}" for value in values))
        for time_s, *values in zip(found["time_s"], *found["columns"].values(), strict=True)
    ]
    console().print(plain_table(["s", *found["columns"]], rows[-LONGEST_TABLE:]))
    if len(rows) > LONGEST_TABLE:
        say("more_rows", lang, n=len(rows))
    if not found["full"]:
        say("thinned", lang, **found)
    for start_s, end_s in found["gaps"]:
        say("gap", lang, start_s=start_s, end_s=end_s)


def first_frames(events: Iterable[Event], count: int | None) -> Iterator[Event]:
    """Give events up to the given number of frames; all when None."""
    seen = 0
    for kind, data in events:
        yield kind, data
        seen += kind == "frame"
        if count is not None and seen >= count:
            return


def follow(events: Iterable[Event], signals: list[dict[str, Any]], json_out: bool, lang: str) -> None:
    """Show events as they come: one line of JSON each, or one table that changes."""
    if json_out:
        for kind, data in events:
            print(json.dumps({"event": kind, **data}, ensure_ascii=False), flush=True)
        return
    from rich.live import Live

    with Live(console=console(), auto_refresh=False) as screen:
        for kind, data in events:
            if kind == "frame":
                screen.update(values_table(data, signals, lang), refresh=True)
            elif kind == "lost":
                screen.console.print(TEXT["lost"][lang], style="yellow")
            elif kind == "dropped":
                screen.console.print(TEXT["missed"][lang].format(**data), style="yellow")
            elif kind == "alarm":
                screen.console.print(
                    f"{data['time_s']:,.0f} s  {data['id']}  {data['text'][lang]}", style="red", markup=False
                )
