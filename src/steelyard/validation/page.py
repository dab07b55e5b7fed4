"""The reference page of validation, written from the rows of a run."""

from typing import Any

HEAD = """# Validation

Every case below lies as a TOML file in `tests/validation/` and runs with `steelyard validate` and in the tests.
This page is written by `steelyard validate --write-docs docs/reference/validation.md`.

Kinds: *exact* (analytic or computed with an independent oracle), *published measurement*, *published simulation*,
*plant data*, *requirement*. Where a source is marked "unverified literature", the formula was recalled from the
literature and its original was not opened. *Missed* is a published value that the model is known not to meet: it shows
what comes out instead, and the run fails when that changes, for better or worse. A case without its measured data is
not run and says so; such data are never shipped.
"""


def number(value: Any) -> str:
    """Return a number, list or table of numbers in a short readable form.

    >>> number([1.23456, 20000.0])
    '1.235, 2e+04'
    """
    if isinstance(value, list):
        return ", ".join(number(v) for v in value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def lines_of(values: dict[str, Any]) -> list[str]:
    """Return one line per value: name = number."""
    return [f"{name} = {number(value)}" for name, value in values.items()]


def tolerance_text(tolerance: dict[str, Any]) -> str:
    """Return the tolerance in words.

    >>> tolerance_text({"kind": "relative", "value": 0.01, "reason": "rounding"})
    '± 1 %: rounding'
    """
    way, size, unit = tolerance["kind"], tolerance.get("value", 0.0), tolerance.get("unit", "")
    words = {
        "absolute": f"± {size:g} {unit}".rstrip(),
        "relative": f"± {100 * size:g} %",
        "factor": f"factor {size:g}",
        "range": "inside the range",
    }
    own = [
        f"{name} ± {t['value']:g} {t.get('unit', unit)}".rstrip()
        for name, t in tolerance.items()
        if isinstance(t, dict) and "value" in t
    ]
    return f"{'; '.join([words.get(way, way), *own])}: {tolerance['reason']}"


def mark(row: dict[str, Any]) -> str:
    """Return passed, failed, missed or not run; what is not as it should be stands out."""
    result = str(row["result"])
    return result if result in ("passed", "not run") else f"**{result}**"


def page(rows: list[dict[str, Any]]) -> str:
    """Return the Markdown page of a run. Speeds are not printed: they differ from machine to machine."""
    text = [HEAD]
    for process in dict.fromkeys(row["process"] for row in rows):
        text.append(f"\n## {process.replace('_', ' ')}\n")
        text.append("| id | case | kind | expected | got | tolerance | result |\n|---|---|---|---|---|---|---|")
        for row in (r for r in rows if r["process"] == process):
            got = "<br>".join(lines_of(row["got"])) if row["id"] != "S1" else "measured on each machine"
            cells = [
                row["id"], f"{row['title']}<br>*{row['source']}*", row["kind"], "<br>".join(lines_of(row["expected"])),
                got or row["reason"], tolerance_text(row["tolerance"]), mark(row),
            ]  # fmt: skip
            text.append("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
    return "\n".join(text) + "\n"
