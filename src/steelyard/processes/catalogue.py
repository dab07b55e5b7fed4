"""The houses of the works: an explicit list, so that nothing is registered by import.

The heavy part of a house (its kernels) is imported only when it is opened.
"""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType

from steelyard.errors import ParameterError

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class House:
    """One unit process: name, titles, folder of its files, shipped plants (parameter-set suffixes)."""

    name: str
    title: dict[str, str]
    plants: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """The folder of the house."""
        return HERE / self.name

    def module(self, part: str = "model") -> ModuleType:
        """Import one module of the house, e.g. ``model`` or ``control``."""
        return import_module(f"steelyard.processes.{self.name}.{part}")

    def parameter_file(self, kind: str, plant: str) -> Path:
        """Return the path of a shipped parameter file; ParameterError when there is none."""
        path = self.folder / "parameters" / f"{kind}_{plant}.toml"
        if not path.exists():
            raise ParameterError(
                f"{self.name} ships no {kind} for plant {plant!r}; plants are: {', '.join(self.plants)}"
            )
        return path


HOUSES: dict[str, House] = {
    "ladle_furnace": House("ladle_furnace", {"en": "Ladle furnace", "ko": "레이들로"}, ("100t", "240t")),
    "reheating_furnace": House(
        "reheating_furnace",
        {"en": "Reheating furnace", "ko": "가열로"},
        ("pilot", "billet_160mm", "billet_old", "bloom_355mm"),
    ),
    "descaling": House("descaling", {"en": "Descaling", "ko": "디스케일링"}, ("pilot",)),
    "bar_rolling": House("bar_rolling", {"en": "Bar mill", "ko": "봉강 압연기"}, ("pilot", "rod_mill")),
    "cooling_bed": House("cooling_bed", {"en": "Cooling bed", "ko": "냉각상"}, ("pilot",)),
}


def house(name: str) -> House:
    """Return the house with this name; ParameterError when there is none."""
    if name not in HOUSES:
        raise ParameterError(f"there is no process {name!r}; processes are: {', '.join(HOUSES)}")
    return HOUSES[name]
