"""What does a badly preheated ladle cost? The same ladles, the same crew, once with normal and once with cold linings.

Runs on the shipped 100 t ladle furnace (a model with assumed and recorded numbers, not your furnace).
"""

import numpy as np

from steelyard.plant.works import open_works, shipped_values
from steelyard.units import from_si

CAMPAIGNS, HEATS = 10, 20


def energy_per_tonne(scenario: str, seed: int) -> float:
    """Return the arc energy of one campaign [kWh/t]."""
    works = open_works(shipped_values(plant="100t"), seed, scenario)
    works.advance_heats(HEATS)
    log = works.heats()
    return float(from_si(log["arc_energy"].sum() / log["steel_mass"].sum(), "kWh/t"))


normal = np.array([energy_per_tonne("normal", seed) for seed in range(CAMPAIGNS)])
cold = np.array([energy_per_tonne("cold_ladles", seed) for seed in range(CAMPAIGNS)])
extra = cold - normal

print(f"normal ladles      {normal.mean():5.1f} kWh/t")
print(f"cold ladles        {cold.mean():5.1f} kWh/t")
spread = f"{extra.min():.1f} to {extra.max():.1f} over {CAMPAIGNS} campaigns"
print(f"paired difference  {extra.mean():5.1f} kWh/t ({spread})")
assert extra.mean() > 1.0, "a cold lining must cost energy"
