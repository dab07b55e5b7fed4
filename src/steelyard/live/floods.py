"""Floods: entries of the audit log that repeat within a second are counted and not written, in bounded memory."""

import time
from dataclasses import dataclass
from typing import Any

from steelyard.live.access import host_of

TOGETHER_S, PLACES, THINGS = 1.0, 1000, 10
_NAMED = ("works", "signal", "topic", "node", "call", "command", "where", "set")
_OTHERS = ("", "others")
Place = tuple[str, str, str]


@dataclass
class _Flood:
    """One thing that somebody tries again and again: since when (monotonic clock), how often after the first."""

    since: float
    repeated: int = 0


class Floods:
    """What is tried now: for each place (kind, protocol, host) a few pairs of user and thing, all others together."""

    def __init__(self) -> None:
        self._places: dict[Place, dict[tuple[str, str], _Flood]] = {}

    def take(self, entry: dict[str, Any]) -> list[dict[str, Any]]:
        """Return what is to be written when this entry comes: itself unless it repeats, before it counts now over."""
        now = time.monotonic()
        place = (str(entry["kind"]), str(entry.get("via")), host_of(str(entry.get("peer"))))
        tried = self._places[place] = self._places.pop(place, {})
        told: list[dict[str, Any]] = []
        who = (str(entry.get("user", ""))[:80], _thing(entry))
        if who not in tried and len(tried) >= THINGS:
            for old in [key for key, flood in tried.items() if now - flood.since >= TOGETHER_S]:
                told += _count(place, old, tried.pop(old), entry["when"])
            who = who if len(tried) < THINGS else _OTHERS
        flood = tried.get(who)
        if flood is not None and now - flood.since < TOGETHER_S:
            flood.repeated += 1
            return told
        if flood is not None:
            told += _count(place, who, flood, entry["when"])
        tried[who] = _Flood(now)
        if len(self._places) > PLACES:
            told += self._leave(next(iter(self._places)), entry["when"])
        return [*told, entry]

    def end(self, when: str) -> list[dict[str, Any]]:
        """Return all counts that were not written yet."""
        return [line for place in list(self._places) for line in self._leave(place, when)]

    def _leave(self, place: Place, when: str) -> list[dict[str, Any]]:
        return [line for who, flood in self._places.pop(place).items() for line in _count(place, who, flood, when)]


def _count(place: Place, who: tuple[str, str], flood: _Flood, when: str) -> list[dict[str, Any]]:
    """Return the line that says how often something repeated, none when it did not."""
    if not flood.repeated:
        return []
    named = {key: text for key, text in zip(("user", "what"), who, strict=True) if text}
    kind, via, peer = place
    return [{"when": when, "kind": kind, "via": via, "peer": peer, **named, "repeated": flood.repeated}]


def _thing(entry: dict[str, Any]) -> str:
    """Return what an entry is about: works, signal, topic, …"""
    parts = [entry[key] for key in _NAMED if key in entry]
    return " ".join(",".join(part) if isinstance(part, dict) else str(part)[:120] for part in parts)[:240]
