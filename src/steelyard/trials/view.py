"""From a report's plain data to what the page shows: formatted numbers, pictures, rows. No computing of results here."""

from typing import Any

from steelyard.trials import charts, timeplot
from steelyard.trials.catalogue import catalogue
from steelyard.trials.labels import label
from steelyard.trials.wording import amount, number, pick, won


class View:
    """Reads one report in one language; each method gives one part of the page."""

    def __init__(self, report: dict[str, Any], lang: str) -> None:
        self.report, self.result, self.lang = report, report["result"], lang
        self.plan = self.result["plan"]
        self.kind = self.plan["trial"]["kind"]
        self.kpis = catalogue(self.kind)
        self.primary = self.result["results"]["primary"][0]

    def label(self, key: str, **values: object) -> str:
        """Return a fixed text."""
        return label(key, self.lang, **values)

    def pick(self, texts: Any) -> str:
        """Return a text that is given in several languages."""
        return pick(texts, self.lang)

    def name(self, kpi: str) -> str:
        """Return a KPI's name."""
        return self.pick(self.kpis[kpi].name)

    def value(self, kpi: str, value: float | None, signed: bool = False) -> str:
        """Return a KPI value with its unit."""
        return amount(value, self.kpis[kpi].unit, None, signed)

    def interval(self, row: dict[str, Any], unit: bool = True) -> str:
        """Return "low … high" with the unit."""
        low, high = number(row["low"], signed=True), number(row["high"], signed=True)
        text = f"{low} … {high}"
        symbol = self.kpis[row["kpi"]].unit
        return f"{text} {symbol}" if unit and symbol != "1" else text

    def comparison(self, row: dict[str, Any]) -> dict[str, str]:
        """Return the cells of one comparison."""
        kpi = row["kpi"]
        state = row.get("finding") or row.get("state") or ""
        good = {"lower": -1.0, "higher": 1.0}.get(row["trend"], 0.0) * row["effect"]
        clear = row["low"] > 0.0 or row["high"] < 0.0
        against = row.get("against")
        return {
            "name": self.name(kpi),
            "unit": self.kpis[kpi].unit,
            "description": self.pick(self.kpis[kpi].description),
            "formula": self.kpis[kpi].formula,
            "baseline": self.value(kpi, row["baseline"]) if against is None else self.value(kpi, against),
            "solution": self.value(kpi, row["solution"]),
            "effect": self.value(kpi, row["effect"], True),
            "percent": "" if row["effect_percent"] is None or against is not None else f"{number(row['effect_percent'], 1, True)} %",
            "interval": self.interval(row),
            "margin": self.value(kpi, row.get("margin")) if "margin" in row else "",
            "state": self.label(state) if state else "",
            "state_id": state.replace(" ", "-"),
            "tone": "good" if clear and good > 0 else "bad" if clear and good < 0 else "",
        }  # fmt: skip

    def forest(self) -> str:
        """Return the forest plot of the primary KPI."""
        kpi = self.primary["kpi"]
        rows = []
        for scenario in self.result["results"]["scenarios"]:
            one = scenario["results"][kpi]
            rows.append((self.scenario(scenario["scenario"]), self._note(one), one["effect"], one["low"], one["high"]))
        whole = self.primary
        overall = (self.label("overall"), self._note(whole), whole["effect"], whole["low"], whole["high"])
        caption = f"{self.label('effect')}: {self.name(kpi)}, {self.kpis[kpi].unit}"
        words = (self.label("better"), self.label("worse"))
        return charts.forest(
            rows if len(rows) > 1 else [], overall, caption, words, whole["trend"] == "lower", whole["margin"]
        )

    def _note(self, row: dict[str, Any]) -> str:
        low, high = number(row["low"], signed=True), number(row["high"], signed=True)
        return f"{number(row['effect'], signed=True)}  [{low}, {high}]  n = {row['n']}"

    def scenario(self, id_: str) -> str:
        """Return a scenario's title."""
        known = {story["id"]: story for story in self.result["scenarios"]}
        return self.pick(known[id_]["title"]) if id_ in known else self.label("overall")

    def strip(self) -> str:
        """Return every paired difference of the primary KPI."""
        kpi = self.primary["kpi"]
        groups: dict[str, list[float]] = {}
        for run in self.result["runs"]:
            if run.get("draw") is None:
                groups.setdefault(run["scenario"], []).append(run["solution"][kpi] - run["baseline"][kpi])
        rows = [(self.scenario(name), values) for name, values in sorted(groups.items())]
        return charts.strip(rows, f"{self.label('effect')}, {self.kpis[kpi].unit}", self.primary["trend"] == "lower")

    def distribution(self) -> str:
        """Return the distribution of departure errors (campaign) or of estimate errors (predictor)."""
        errors = self.result["departures"]
        campaign = self.kind == "campaign"
        caption = self.label("true_error" if campaign else "estimate_error")
        names = (self.label("baseline"), self.label("solution"))
        return charts.distribution(errors["baseline"], errors["solution"], caption, names, 5.0, self.label("window"))

    def timeplots(self) -> list[dict[str, str]]:
        """Return worst, median and best run as time plots."""
        found = []
        for key in ("worst", "median", "best"):
            trace = self.result["traces"][key]
            kpi = trace["kpi"]
            values = f"{self.value(kpi, trace['baseline_value'])} → {self.value(kpi, trace['solution_value'])}"
            if self.kind == "campaign":
                names = (self.label("baseline"), self.label("solution"))
                svg = timeplot.campaign(trace["baseline"], trace["solution"], names, self.label("hours"), "°C")
                note = f"{self.label('run')} {trace['run'] + 1}, {self.scenario(trace['scenario'])}: {self.name(kpi)} {values}"
            else:
                legend = (self.label("baseline"), self.label("solution"), self.label("dip"))
                svg = timeplot.estimates(trace["points"], legend, self.label("dip_order"), "°C")
                note = f"{trace['keys']}: {self.name(kpi)} {values}"
            found.append({"title": self.label(key), "note": note, "svg": svg})
        return found

    def ensemble(self) -> dict[str, str] | None:
        """Return the ensemble's picture and sentence."""
        found = self.result.get("ensemble")
        if not found:
            return None
        rows = sorted(found["draws"], key=lambda row: row["effect"])
        plotted = [(self.label("draw", n=row["draw"] + 1), row["effect"], row["low"], row["high"]) for row in rows]
        css = ["good" if row["holds"] else "bad" for row in rows]
        caption = f"{self.label('effect')}: {self.name(found['kpi'])}, {self.kpis[found['kpi']].unit}"
        text = self.label(
            "ensemble_text", holds=found["holds"], draws=len(rows), share=number(100 * found["share"], 0),
            low=number(100 * found["share_low"], 0), high=number(100 * found["share_high"], 0),
        )  # fmt: skip
        return {"svg": charts.caterpillar(plotted, caption, self.primary["effect"], css), "text": text}

    def oracle(self) -> str:
        """Return the sentence on how much there is to win; empty without an oracle."""
        found = self.result.get("oracle")
        if not found:
            return ""
        kpi = self.primary["kpi"]
        runs = [run for run in self.result["runs"] if run["draw"] is None][: found["runs"]]
        solution = sum(run["solution"][kpi] for run in runs) / len(runs)
        baseline, best = found["baseline"][kpi], found["kpis"][kpi]
        share = 100.0 * (solution - baseline) / (best - baseline) if best != baseline else None
        return self.label(
            "oracle_text", oracle=self.value(kpi, best), baseline=self.value(kpi, baseline), runs=found["runs"],
            solution=self.value(kpi, solution), share=number(share, 0),
        )  # fmt: skip

    def statistics(self) -> list[str]:
        """Return the sentences on pairing, the t check and the resolution floor."""
        row, kpi, found = self.primary, self.primary["kpi"], self.result["resolution"]
        pairing = row["pairing"]
        ratio = pairing["variance_ratio"]
        times = number(1.0 / ratio, 1) if ratio else "> 1000"
        sentences = []
        if pairing["rho"] is not None:
            sentences.append(
                self.label(
                    "pairing", rho=number(pairing["rho"], 2), rest=number(pairing["one_minus_rho"], 2), times=times
                )
            )
        sentences.append(
            self.label(
                "t_check", low=number(row["t_low"], signed=True), high=self.value(kpi, row["t_high"], True),
                p=_p(row["p_value"]), holm=_p(row["p_holm"]), median=self.value(kpi, row["median"], True),
                worst=self.value(kpi, row["worst_decile"], True),
            )
        )  # fmt: skip
        if found["planned_unpaired"] is not None or found["planned_paired"] is not None:
            sentences.append(
                self.label(
                    "floor_text", planned=self.value(kpi, found["planned_paired"]),
                    unpaired=self.value(kpi, found["planned_unpaired"]), power=number(100 * found["power"], 0),
                    runs=found["runs"], reached=self.value(kpi, found["reached"]),
                )
            )  # fmt: skip
        return sentences

    def money(self) -> dict[str, Any] | None:
        """Return the cards and tables of section 7; None when the trial has no money part."""
        found = self.result.get("money")
        if not found:
            return None
        saving, highest, carbon = (
            found["saving_won_per_year"],
            found["highest_price_won"],
            found["co2_saving_t_per_year"],
        )
        parts = [
            (self.label(arm), [(self.label(name), value) for name, value in found["cost_parts_won_per_t"][arm].items()])
            for arm in ("baseline", "solution")
        ]
        return {
            "saving": won(saving["mean"], self.lang),
            "saving_interval": f"{won(saving['low'], self.lang)} … {won(saving['high'], self.lang)}",
            "tonnes": self.label(
                "tonnes", heats=number(self.plan["money"]["heats_per_year"], 0), tonnes=number(found["tonnes_per_year"], 0)
            ),
            "payback": self._years(found["payback_years"]),
            "payback_cautious": self.label("cautious", n=self._years(found["payback_years_cautious"])),
            "payback_of": self.label(
                "payback_of", price=won(found["price_won"], self.lang), running=won(found["running_won_per_year"], self.lang)
            ),
            "highest": won(highest["mean"], self.lang),
            "highest_of": self.label(
                "highest_of", years=number(found["payback_asked_years"], 1), cautious=won(highest["cautious"], self.lang)
            ),
            "co2": f"{number(carbon['mean'])} t",
            "co2_interval": f"{number(carbon['low'])} … {number(carbon['high'])} t",
            "split": charts.stacked(parts, self.label("cost_split")),
            "prices": [
                {"name": self.label(name), "value": f"{number(row['value'])} {row['unit']}", "source": row["source"],
                 "assumed": row["assumed"]}
                for name, row in found["prices"]["items"].items()
            ],
        }  # fmt: skip

    def _years(self, value: float | None) -> str:
        return self.label("never") if value is None else self.label("years", n=number(value, 1))


def _p(value: float) -> str:
    return "< 0.0001" if value < 1e-4 else f"{value:.4f}"
