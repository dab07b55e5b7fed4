"""The hidden truth of departed heats: what the steel is worth once it is mixed and everything in it has dissolved.

A ladle that leaves with additions still in the pool looks warm and will cool on the way; one whose top is hot reads
warm. Neither is a saving, so every KPI and limit on temperature goes by the *settled* temperature.
"""

from typing import Any

STEEL_HEAT_CAPACITY = 825.0
"""Liquid steel [J/(kg·K)], as in `steelyard.materials.steel`; a test holds them together."""


def undissolved_kelvin(heats: Any) -> Any:
    """Return by how much the undissolved additions will still cool the steel of each heat [K]."""
    return heats["undissolved_chill"] / (heats["steel_mass"] * STEEL_HEAT_CAPACITY)


def settled_temperature(heats: Any) -> Any:
    """Return the true mean temperature at departure less what the undissolved additions will take [K]."""
    return heats["departure_temperature"] - undissolved_kelvin(heats)


def departure_errors(heats: Any) -> Any:
    """Return the settled departure temperature minus target of each heat [K]."""
    return settled_temperature(heats) - heats["target_temperature"]
