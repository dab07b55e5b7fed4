"""What is thrown into a ladle: composition, recovery and chill, read from additions.toml."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from steelyard.engine.kernel import kernel
from steelyard.errors import ParameterError


@dataclass(frozen=True)
class Addition:
    """One material: `chill` [J/kg], `fractions` and `recovery` by element or oxide (1), `to` is "steel" or "slag"."""

    key: str
    name: dict[str, str]
    to: str
    chill: float
    fractions: dict[str, float]
    recovery: dict[str, float]
    source: str


@lru_cache(maxsize=1)
def load_additions() -> dict[str, Addition]:
    """Return every named addition by key; a number without a source raises ParameterError.

    >>> load_additions()["lime"].chill
    1900000.0
    """
    path = Path(__file__).parent / "additions.toml"
    additions = {}
    for key, entry in tomllib.loads(path.read_text(encoding="utf-8")).items():
        if not entry.get("source"):
            raise ParameterError(f"{path}: [{key}] has no source")
        fractions = {element: percent / 100.0 for element, percent in entry["percent"].items()}
        chill = 1e6 * entry["chill"]
        additions[key] = Addition(key, entry["name"], entry["to"], chill, fractions, entry["recovery"], entry["source"])
    return additions


@kernel
def dissolution_time(tau_mix, tau_melt):
    """Return the time constant [s] with which an addition enters the bath: τ_mix/3 + τ_melt.

    Source: assumed; first order, 95 % mixing takes three time constants.

    >>> dissolution_time(180.0, 30.0)
    90.0
    """
    return tau_mix / 3.0 + tau_melt
