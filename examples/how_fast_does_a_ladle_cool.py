"""How fast does a ladle cool while it waits, and how much does its lining matter?

Prints the temperature of 100 t and of 240 t of steel under a lid, without arc, for a hot and for a cold lining.
"""

from steelyard.plant.works import new_plant, shipped_values
from steelyard.processes.ladle_furnace.model import furnace_step, place_ladle
from steelyard.units import from_si, to_si

MINUTES = (0, 10, 20, 30, 40)


def cooling_curve(plant: str, hot_face_celsius: float) -> list[float]:
    """Return the steel temperature [°C] at MINUTES."""
    values = shipped_values(plant=plant)
    unit = new_plant(values, seed=1)["ladle_furnace"][0]
    mass = values.arrival["mass"]
    place_ladle(unit, to_si(1600.0, "°C"), mass, 0.008 * mass, to_si(hot_face_celsius, "°C"), 1.0)
    curve = []
    for second in range(60 * MINUTES[-1] + 1):
        if second % 600 == 0:
            curve.append(float(from_si(unit["x"]["steel_temperature"], "°C")))
        furnace_step(unit, 0.0, 0.0, 1.0, 1.0)
    return curve


print("lining      steel  " + "".join(f"{m:>8} min" for m in MINUTES))
for hot_face in (1380.0, 1100.0):
    for plant in ("100t", "240t"):
        curve = cooling_curve(plant, hot_face)
        print(f"{hot_face:6.0f} °C  {plant:>6}  " + "".join(f"{t:9.1f} °C" for t in curve))
        assert 5.0 < curve[0] - curve[-1] < 100.0
