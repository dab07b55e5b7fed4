"""What a check says: one finding with evidence, in words that need no statistics."""

from dataclasses import dataclass, field
from typing import Any

from steelyard.hub.texts import Text, pick, text

SEVERITIES = ("error", "warning", "note")

SEVERITY_TEXT: dict[str, Text] = {
    "error": text("error", "오류"),
    "warning": text("warning", "경고"),
    "note": text("note", "참고"),
}


@dataclass(frozen=True)
class Finding:
    """One finding. `id` names the check; `evidence` holds the numbers on which it rests.

    Severity: error = do not learn or verify anything on this; warning = mend or explain it first; note = know it.
    """

    id: str
    severity: str
    table: str
    columns: tuple[str, ...]
    message: Text
    evidence: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready plain data, both languages included."""
        return {
            "id": self.id,
            "severity": self.severity,
            "table": self.table,
            "columns": list(self.columns),
            "evidence": {key: _plain(value) for key, value in self.evidence.items()},
            "message": dict(self.message),
        }

    def sentence(self, lang: str) -> str:
        """Return the message in `lang`."""
        return pick(self.message, lang)


def _plain(value: Any) -> Any:
    """Return a value as JSON knows it; floats to six figures."""
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return float(f"{value:.6g}") if value == value and abs(value) != float("inf") else None
    return value if isinstance(value, str | int | bool | None.__class__) else str(value)


def names(columns: tuple[str, ...] | list[str], most: int = 6) -> str:
    """Return column names as a message shows them."""
    return ", ".join(columns[:most]) + (f" … ({len(columns)})" if len(columns) > most else "")
