"""An advisor in thirty lines: heat just enough, and never for less than a quarter of a megawatt hour."""


class Solution:
    name = "patient advisor"
    version = "1.0"
    kind = "advisor"
    reads = [
        "ladle_furnace.dip_temperature",
        "ladle_furnace.dip_age",
        "ladle_furnace.target_temperature",
        "ladle_furnace.time_to_departure",
    ]
    writes = ["operator.heating_energy_advice"]
    interval_s = 10.0

    def start(self, run):
        plant = run["plant"]
        self.k_per_mwh = plant.get("textbook_k_per_mwh") or 18.0 * 100.0 / (plant.get("nominal_mass_t") or 100.0)
        self.k_per_min = plant.get("textbook_k_per_min") or 0.9

    def decide(self, time_s, signals):
        dip, age, target, minutes = (signals[name] for name in self.reads)
        if None in (dip, age, target, minutes):
            return {}
        ahead = min(max(minutes, 0.0), 30.0)
        lack = target - dip + self.k_per_min * (ahead + age / 60.0)
        energy = lack / self.k_per_mwh
        return {"operator.heating_energy_advice": 0.0 if energy < 0.25 else min(energy, 3.0)}
