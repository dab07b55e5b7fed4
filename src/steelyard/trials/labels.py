"""The fixed words of a report, English and Korean: templates/labels.toml, and what a process says in its own words."""

import tomllib
from functools import cache
from importlib.resources import files


@cache
def labels(process: str = "ladle_furnace") -> dict[str, dict[str, str]]:
    """Return every fixed text by key and language, those of the process included."""
    places = (files("steelyard.trials") / "templates", files("steelyard.trials") / "subjects" / process)
    found: dict[str, dict[str, str]] = {}
    for place in places:
        found |= tomllib.loads((place / "labels.toml").read_text(encoding="utf-8"))
    return found


def label(key: str, lang: str, process: str = "ladle_furnace", /, **values: object) -> str:
    """Return a fixed text in `lang` ("en" or "ko") with its values filled in."""
    text = labels(process)[key]["ko" if lang == "ko" else "en"]
    return text.format(**values) if values else text


def texts(key: str, process: str, /, **values: object) -> dict[str, str]:
    """Return a fixed text in both languages."""
    return {lang: label(key, lang, process, **values) for lang in ("en", "ko")}


def several(prefix: str, process: str) -> list[dict[str, str]]:
    """Return the fixed texts whose keys begin with `prefix`, in the order of the files."""
    return [text for key, text in labels(process).items() if key.startswith(prefix)]
