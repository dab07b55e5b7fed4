"""One report in one language: names, values with units, intervals, comparisons. No results are made here."""

from typing import Any

from steelyard.trials.analysis import harm
from steelyard.trials.catalogue import catalogue
from steelyard.trials.labels import label, labels
from steelyard.trials.sections import spoken
from steelyard.trials.subjects import subject
from steelyard.trials.wording import amount, number, pick, points


class View:
    """Reads one report in one language."""

    def __init__(self, report: dict[str, Any], lang: str) -> None:
        self.report, self.result, self.lang = report, report["result"], lang
        self.plan = self.result["plan"]
        self.kind, self.process = self.plan["trial"]["kind"], self.plan["plant"]["process"]
        self.subject = subject(self.process)
        self.simulated = self.kind != "predictor"
        self.kpis = catalogue(self.kind, self.process)
        self.primary = self.result["results"]["primary"][0]

    def label(self, key: str, **values: object) -> str:
        """Return a fixed text."""
        return label(key, self.lang, self.process, **values)

    def planned(self, section: str, key: str) -> Any:
        """Return a number of the plan that counts products."""
        return self.plan[section][spoken(key, self.subject.word)]

    def pick(self, texts: Any) -> str:
        """Return a text that is given in several languages."""
        return pick(texts, self.lang)

    def isolation(self, found: dict[str, Any]) -> str:
        """Return in words what the solution's process was kept from; a word that is not known stays as it is."""
        known = labels(self.process)
        named = {f"isolation_{kind}_{word}".replace(" ", "_"): f"{kind}: {word}" for kind, word in found.items()
                 if isinstance(word, str)}  # fmt: skip
        return ", ".join(self.label(key) if key in known else plain for key, plain in named.items())

    def connection(self, found: dict[str, Any]) -> str:
        """Return in words how the solution was asked, when it was over the wire; "" when it was over a pipe."""
        if "over" not in found:
            return ""
        key = f"connection_{found['over']}"
        return self.label(key) if key in labels(self.process) else str(found["over"])

    def name(self, kpi: str) -> str:
        """Return a KPI's name."""
        return self.pick(self.kpis[kpi].name)

    def value(self, kpi: str, value: float | None, signed: bool = False) -> str:
        """Return a KPI value with its unit; a signed one is a difference."""
        one = self.kpis[kpi]
        if signed:
            return amount(value, points(one.unit, self.lang), signed=True)
        return amount(value, one.unit, one.digits)

    def interval(self, row: dict[str, Any], unit: bool = True) -> str:
        """Return "low … high" with the unit."""
        symbol = points(self.kpis[row["kpi"]].unit, self.lang) if unit else "1"
        low, high = number(row["low"], signed=True), amount(row["high"], symbol, signed=True)
        return f"{low} ~ {high}" if self.lang == "ko" else f"{low} to {high}"

    def comparison(self, row: dict[str, Any]) -> dict[str, str]:
        """Return the cells of one comparison."""
        kpi = row["kpi"]
        state = row.get("finding") or row.get("state") or ""
        against = row.get("against")
        harmful, low, high = harm(row)
        clear = low > 0.0 or high < 0.0
        relative = row["effect_percent"] is not None and against is None
        return {
            "name": self.name(kpi),
            "unit": self.kpis[kpi].unit,
            "description": self.pick(self.kpis[kpi].description),
            "formula": self.kpis[kpi].formula,
            "baseline": self.value(kpi, row["baseline"]),
            "solution": self.value(kpi, row["solution"]),
            "effect": self.value(kpi, row["effect"], True),
            "percent": f"{number(row['effect_percent'], 1, True)} %" if relative else self.distance(row),
            "interval": self.interval(row),
            "margin": self.margin(kpi, row["margin"]) if "margin" in row else "",
            "state": self.label(state) if state else "",
            "state_id": state.replace(" ", "-"),
            "tone": "good" if clear and harmful < 0 else "bad" if clear and harmful > 0 else "",
        }  # fmt: skip

    def distance(self, row: dict[str, Any]) -> str:
        """Return what the effect is measured from: a fixed value, or the distance from the KPI's target before."""
        if row["against"] is not None:
            return self.label("from_fixed", value=self.fixed(row["kpi"], row["against"]))
        if row["target"] is None:
            return ""
        return f"Δ|x − {self.fixed(row['kpi'], row['target'])}|"

    def margin(self, kpi: str, margin: float) -> str:
        """Return a margin as it was planned, with the unit of a difference."""
        unit = points(self.kpis[kpi].unit, self.lang)
        return f"{margin:g}" if unit == "1" else f"{margin:g} {unit}"

    def fixed(self, kpi: str, value: float) -> str:
        """Return a value as it was planned, with its unit."""
        unit = self.kpis[kpi].unit
        return f"{value:g}" if unit == "1" else f"{value:g} {unit}"

    def scenario(self, id_: str) -> str:
        """Return a scenario's title."""
        known = {story["id"]: story for story in self.result["scenarios"]}
        return self.pick(known[id_]["title"]) if id_ in known else self.label("overall")
