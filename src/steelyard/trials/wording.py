"""Numbers and words for people, in English and Korean."""

import json
import math
from typing import Any

VERDICTS = {
    "better": {"en": "better", "ko": "개선"},
    "not worse": {"en": "not worse", "ko": "동등 이상"},
    "worse": {"en": "worse", "ko": "악화"},
    "unsafe": {"en": "unsafe", "ko": "위험"},
    "inconclusive": {"en": "inconclusive", "ko": "판정 보류"},
}

TROUBLES: dict[type[Exception], str] = {
    FileNotFoundError: "there is no such file",
    IsADirectoryError: "it is a folder, not a file",
    NotADirectoryError: "a part of its path is a file, not a folder",
    FileExistsError: "a file of that name is in the way",
    PermissionError: "you have no right to it",
    UnicodeDecodeError: "it is not UTF-8 text",
}


def number(value: float | None, digits: int | None = None, signed: bool = False) -> str:
    """Return a number for people: thin grouping, a real minus sign, two or three significant digits.

    >>> number(-1234.6), number(0.01234), number(0.5), number(3.0, 1, signed=True), number(None)
    ('−1,235', '0.012', '0.50', '+3.0', '–')
    """
    if value is None or not math.isfinite(value):
        return "–"
    if digits is None:
        size = abs(value)
        digits = (
            0 if size >= 100 or size == 0 else 1 if size >= 10 else 2 if size >= 0.095 else 3 if size >= 0.0095 else 4
        )
    text = f"{abs(value):,.{digits}f}"
    zero = not text.strip("0.,")
    sign = "" if zero else "−" if value < 0 else "+" if signed else ""
    return sign + text


def amount(value: float | None, unit: str, digits: int | None = None, signed: bool = False) -> str:
    """Return a number with its unit; the unit "1" is not written.

    >>> amount(2.5, "kWh/t"), amount(3.0, "1", 0)
    ('2.50 kWh/t', '3')
    """
    shown = number(value, digits, signed)
    return shown if unit == "1" else f"{shown} {unit}"


def points(unit: str, lang: str) -> str:
    """Return the unit of a difference: that of two percentages is percentage points, for 5 % of them is something else.

    >>> points("%", "en"), points("%", "ko"), points("K", "ko")
    ('pp', '%p', 'K')
    """
    return {"en": "pp", "ko": "%p"}[lang] if unit == "%" else unit


def won(value: float | None, lang: str) -> str:
    """Return an amount of money: million won, or 억원 in Korean from 100 million on.

    >>> won(123456789.0, "en"), won(123456789.0, "ko"), won(5.0e6, "ko")
    ('₩123 million', '1.23억 원', '500만 원')
    """
    if value is None or not math.isfinite(value):
        return "–"
    sign = "−" if value < 0 else ""
    size = abs(value)
    if lang == "ko":
        return f"{sign}{number(size / 1e8)}억 원" if size >= 1e8 else f"{sign}{number(size / 1e4, 0)}만 원"
    return f"{sign}₩{number(size / 1e6)} million"


def pick(texts: Any, lang: str) -> str:
    """Return the text in `lang`, English or any other when it is missing.

    >>> pick({"en": "heat"}, "ko")
    'heat'
    """
    if isinstance(texts, dict):
        return str(texts.get(lang) or texts.get("en") or next(iter(texts.values()), ""))
    return str(texts)


def trouble(error: Exception) -> str:
    """Return in plain words why a file could not be read or written.

    >>> trouble(FileNotFoundError(2, "No such file or directory", "a.toml"))
    'there is no such file'
    """
    for kind, words in TROUBLES.items():
        if isinstance(error, kind):
            return words
    if isinstance(error, json.JSONDecodeError):
        return f"it is not JSON (line {error.lineno}, column {error.colno})"
    if isinstance(error, OSError):
        return error.strerror or "the system refuses it"
    return str(error)


def sentence(en: str, ko: str, **values: Any) -> dict[str, str]:
    """Return a text in both languages; a value may itself be a {"en": …, "ko": …}."""
    return {
        lang: template.format(**{name: pick(value, lang) for name, value in values.items()})
        for lang, template in (("en", en), ("ko", ko))
    }
