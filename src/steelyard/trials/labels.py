"""The fixed words of the report, English and Korean: templates/labels.toml."""

import tomllib
from functools import cache
from importlib.resources import files


@cache
def labels() -> dict[str, dict[str, str]]:
    """Return every fixed text by key and language."""
    text = (files("steelyard.trials") / "templates" / "labels.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def label(key: str, lang: str, **values: object) -> str:
    """Return a fixed text in `lang` ("en" or "ko") with its values filled in."""
    text = labels()[key]["ko" if lang == "ko" else "en"]
    return text.format(**values) if values else text
