"""`steelyard hub passes`: find the passes in raw rolling recordings."""

from pathlib import Path
from typing import Annotated, Any

import typer

from steelyard.cli.output import console, emit, folding, language

REASONS = {
    "no_torque": {"en": "force without a torque that fits", "ko": "맞는 토크가 없는 하중"},
    "failed_bite": {"en": "a bite that failed", "ko": "물림 실패"},
    "repeated": {"en": "tried again in the same direction", "ko": "같은 방향으로 다시 시도함"},
}
HEADS = {
    "en": ("trial", "pass", "start", "contact s", "force kN", "torque kN·m", "in °C", "out °C"),
    "ko": ("봉", "패스", "시작", "접촉 s", "하중 kN", "토크 kN·m", "입측 °C", "출측 °C"),
}


def passes(
    what: Annotated[str, typer.Argument(help="A data set of recordings, or a Parquet / CSV file or folder of them.")],
    trial: Annotated[list[str] | None, typer.Option("--trial", help="Only this recording (may be repeated).")] = None,
    compare: Annotated[str | None, typer.Option("--compare", help="A data set of passes to compare with.")] = None,
    first: Annotated[str, typer.Option("--first", help="Label of a bar's first pass on the reversing stand.")] = "R1",
    mapping: Annotated[Path | None, typer.Option("--map", help="Mapping file (TOML) for a file.")] = None,
    lang: Annotated[str | None, typer.Option("--lang", help="en or ko.")] = None,
    json_out: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Find the passes of a bar mill in its 500 Hz recordings, and compare them with a table of passes."""
    chosen = language(lang)
    from steelyard.hub.find_passes import find_passes

    result = find_passes(what, trial, compare, first, mapping)
    emit(result, json_out, lambda: _print(result, chosen))


def _print(result: dict[str, Any], lang: str) -> None:
    from rich.table import Table

    table, out = Table(*folding(HEADS[lang]), box=None), console()
    for trial in result["trials"]:
        for one in trial["passes"]:
            numbers = (f"{one['roll_force_kn']:.1f}", _shown(one["roll_torque_knm"], 2))
            sides = (_shown(one["in_temperature_c"], 0), _shown(one["out_temperature_c"], 0))
            contact = f"{one['contact_time_s']:.2f}"
            table.add_row(trial["trial"], one["pass_label"], one["start"][11:], contact, *numbers, *sides)
    out.print(table)
    for trial in result["trials"]:
        if not trial["passes"]:
            print({"en": f"{trial['trial']}: no pass found", "ko": f"{trial['trial']}: 패스를 찾지 못했습니다"}[lang])
        for one in trial["rejected"]:
            said = {"en": "no pass", "ko": "패스 아님"}[lang]
            reason = REASONS[one["reason"]][lang]
            out.print(f"{trial['trial']} {one['start'][11:]} {one['roll_force_kn']:.0f} kN: {said}: {reason}")
    if result["compare"]:
        _print_compare(result["compare"], lang)


def _shown(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _print_compare(found: dict[str, Any], lang: str) -> None:
    words = {
        "en": ("beside {n} passes of {d}:", "{k}: worst {w} %, median {m} %", "missing", "not in the table"),
        "ko": ("{d}의 패스 {n}개와 비교:", "{k}: 최대 {w} %, 중앙값 {m} %", "못 찾음", "표에 없음"),
    }[lang]
    kinds = {"force": "하중", "torque": "토크", "temperature": "온도"}
    print(words[0].format(n=found["passes"], d=found["dataset"]))
    for kind, worst in found["worst_percent"].items():
        name = kind if lang == "en" else kinds[kind]
        if worst is not None:
            print("  " + words[1].format(k=name, w=worst, m=found["median_percent"][kind]))
    if found["temperature_side"] in ("in", "out"):
        side = found["temperature_side"]
        said = {
            "en": f"the table holds one temperature per pass; it agrees with the {side} side of the contact",
            "ko": f"표에는 패스마다 온도가 하나뿐이며, 접촉의 {'입측' if side == 'in' else '출측'} 값과 일치합니다",
        }
        print("  " + said[lang])
    for key, word in (("missing", words[2]), ("extra", words[3])):
        if found[key]:
            print(f"  {word}: {', '.join(found[key])}")
