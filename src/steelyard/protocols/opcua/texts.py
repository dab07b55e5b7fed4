"""Texts in English and Korean, answered in the language that a session asks for."""

from asyncua import ua

UNIT_TITLES = {
    "ladle_furnace": {"en": "ladle furnace", "ko": "레이들로"},
    "operator": {"en": "crew", "ko": "작업자"},
    "reheating_furnace": {"en": "reheating furnace", "ko": "가열로"},
    "descaling": {"en": "descaling", "ko": "디스케일링"},
    "bar_rolling": {"en": "bar rolling", "ko": "압연"},
    "cooling_bed": {"en": "cooling bed", "ko": "냉각상"},
    "line": {"en": "line", "ko": "라인"},
    "live": {"en": "clock of the works", "ko": "운전 시계"},
}
LANGUAGES = ("en", "ko")


def unit_title(unit: str) -> dict[str, str]:
    """Return the name of a unit of the plant in both languages."""
    return UNIT_TITLES.get(unit, {"en": unit.replace("_", " "), "ko": unit})


def language_of(locales: list[str] | None, otherwise: str) -> str:
    """Return the first language that a session asks for and the house speaks, e.g. ``ko`` for ``ko-KR``.

    >>> language_of(["de-DE", "ko-KR"], "en")
    'ko'
    """
    wanted = [str(locale).lower()[:2] for locale in locales or () if locale]
    return next((language for language in wanted if language in LANGUAGES), otherwise)


class Texts:
    """The texts of nodes (display names and descriptions) in both languages; `language` is that of the server."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else "en"
        self._known: dict[tuple[ua.NodeId, int], dict[str, str]] = {}

    def text(self, both: dict[str, str], language: str | None = None) -> ua.LocalizedText:
        """Return a text in the language asked for, else in that of the server."""
        language = language or self.language
        return ua.LocalizedText(both.get(language) or both.get("en", ""), language if both.get(language) else "en")

    def remember(self, node: ua.NodeId, attribute: ua.AttributeIds, both: dict[str, str]) -> None:
        """Keep both languages of a text of a node."""
        self._known[(node, int(attribute))] = both

    def in_language(self, node: ua.NodeId, attribute: int, language: str) -> ua.LocalizedText | None:
        """Return the text of a node in a language, None when the node has no text of this kind in both."""
        both = self._known.get((node, attribute))
        return None if both is None else self.text(both, language)

    def forget(self, nodes: list[ua.NodeId]) -> None:
        """Drop the texts of nodes that went."""
        gone = set(nodes)
        self._known = {key: both for key, both in self._known.items() if key[0] not in gone}
