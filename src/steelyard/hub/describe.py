"""What a data set holds, ready to be shown: tables, notes, and every dropped value with its reason in words."""

from typing import Any

from steelyard.hub.ledger import reason_in
from steelyard.hub.store import Store, open_store


def describe(name: str, lang: str = "en") -> dict[str, Any]:
    """Return name, kind, hash, tables (rows, columns with types and units), source, notes and all dropped values."""
    store = open_store()
    info = store.info(name)
    dropped = store.table(name, "dropped").to_dicts() if "dropped" in info["tables"] else []
    label = _labels(store, name, info["tables"])
    for entry in dropped:
        if label:
            entry["label"] = label.get(entry["key"])
        entry["reason"] = reason_in(lang, entry["reason"])
    tables = {table: entry for table, entry in info["tables"].items() if table != "dropped"}
    source = {key: value for key, value in info["source"].items() if key != "notes"}
    shown = {key: info[key] for key in ("name", "kind", "hash", "created")}
    return shown | {"tables": tables, "source": source, "notes": info["source"].get("notes", []), "dropped": dropped}


def _labels(store: Store, name: str, tables: dict[str, Any]) -> dict[int, str]:
    """Return what the plant calls each numbered heat or trial."""
    for table, word in (("heats", "label"), ("trials", "trial")):
        if table in tables:
            return dict(store.table(name, table).select("key", word).iter_rows())
    return {}
