"""The pictures and sentences of a report, made from its plain data."""

from typing import Any

from steelyard.trials import charts, timeplot
from steelyard.trials.view import View
from steelyard.trials.wording import number, won


def forest(view: View) -> str:
    """Return the forest plot of the primary KPI."""
    kpi = view.primary["kpi"]
    rows = []
    for scenario in view.result["results"]["scenarios"]:
        one = scenario["results"][kpi]
        rows.append((view.scenario(scenario["scenario"]), _note(view, one), one["effect"], one["low"], one["high"]))
    whole = view.primary
    overall = (view.label("overall"), _note(view, whole), whole["effect"], whole["low"], whole["high"])
    caption = f"{view.label('effect')}: {view.name(kpi)}, {view.kpis[kpi].unit}"
    words = (view.label("better"), view.label("worse"))
    return charts.forest(
        rows if len(rows) > 1 else [], overall, caption, words, whole["trend"] != "higher", whole["margin"]
    )


def _note(view: View, row: dict[str, Any]) -> str:
    return f"{number(row['effect'], signed=True)}  [{view.interval(row, unit=False)}]  n = {row['n']}"


def strip(view: View) -> str:
    """Return every paired difference of the primary KPI."""
    kpi = view.primary["kpi"]
    groups: dict[str, list[float]] = {}
    for run in view.result["runs"]:
        if run.get("draw") is None:
            effect = view.kpis[kpi].difference(run["baseline"][kpi], run["solution"][kpi])
            groups.setdefault(run["scenario"], []).append(effect)
    rows = [(view.scenario(name), values) for name, values in sorted(groups.items())]
    return charts.strip(rows, f"{view.label('effect')}, {view.kpis[kpi].unit}", view.primary["trend"] != "higher")


def distribution(view: View) -> str:
    """Return the distribution of departure errors (campaign), estimate errors (predictor) or delays (detector)."""
    errors = view.result["departures"]
    caption = view.label({"campaign": "true_error", "predictor": "estimate_error"}.get(view.kind, "delay_error"))
    names = (view.label("baseline"), view.label("solution"))
    window, said = view.subject.window if view.kind == "campaign" else None, view.label("window")
    if view.kind == "predictor" and view.subject.records is not None:
        window, said = view.subject.records.window, view.label("window_records")
    return charts.distribution(errors["baseline"], errors["solution"], caption, names, window, said)


def timeplots(view: View) -> list[dict[str, str]]:
    """Return worst, median and best run as time plots."""
    found = []
    for key in ("worst", "median", "best"):
        trace = view.result["traces"][key]
        kpi = trace["kpi"]
        values = f"{view.value(kpi, trace['baseline_value'])} → {view.value(kpi, trace['solution_value'])}"
        if view.simulated:
            names = (view.label("baseline"), view.label("solution"))
            draw = timeplot.alarms if view.kind == "detector" else view.subject.timeplot
            svg = draw(trace["baseline"], trace["solution"], names, view.label("hours"))
            place = f"{view.label('run')} {trace['run'] + 1}, {view.scenario(trace['scenario'])}"
            note = f"{place}: {view.name(kpi)} {values}"
        else:
            legend = (view.label("baseline"), view.label("solution"), view.label("dip"))
            assert view.subject.records is not None
            unit = view.subject.records.unit
            svg = timeplot.estimates(trace["points"], legend, view.label("dip_order"), unit)
            note = f"{trace['keys']}: {view.name(kpi)} {values}"
        found.append({"title": view.label(key if view.simulated else f"{key}_block"), "note": note, "svg": svg})
    return found


def ensemble(view: View) -> dict[str, str] | None:
    """Return the ensemble's picture and sentence."""
    found = view.result.get("ensemble")
    if not found:
        return None
    rows = sorted(found["draws"], key=lambda row: row["effect"])
    plotted = [(view.label("draw", n=row["draw"] + 1), row["effect"], row["low"], row["high"]) for row in rows]
    css = ["good" if row["holds"] else "bad" for row in rows]
    caption = f"{view.label('effect')}: {view.name(found['kpi'])}, {view.kpis[found['kpi']].unit}"
    text = view.label(
        "ensemble_text", holds=found["holds"], draws=len(rows), share=number(100 * found["share"], 0),
        low=number(100 * found["share_low"], 0), high=number(100 * found["share_high"], 0),
    )  # fmt: skip
    return {"svg": charts.caterpillar(plotted, caption, view.primary["effect"], css), "text": text}


def oracle(view: View) -> str:
    """Return the sentence on how much there is to win; empty without an oracle."""
    found = view.result.get("oracle")
    if not found:
        return ""
    kpi = view.primary["kpi"]
    runs = [run for run in view.result["runs"] if run["draw"] is None][: found["runs"]]
    solution = sum(run["solution"][kpi] for run in runs) / len(runs)
    baseline, best = found["baseline"][kpi], found["kpis"][kpi]
    share = 100.0 * (solution - baseline) / (best - baseline) if best != baseline else None
    return view.label(
        "oracle_text", oracle=view.value(kpi, best), baseline=view.value(kpi, baseline), runs=found["runs"],
        solution=view.value(kpi, solution),
        share=view.label("oracle_share", share=number(share, 0)) if share is not None and 0.0 <= share < 100.0 else "",
    )  # fmt: skip


def statistics(view: View) -> list[str]:
    """Return the sentences on pairing, the t check and the resolution floor."""
    row, kpi, found = view.primary, view.primary["kpi"], view.result["resolution"]
    pairing = row["pairing"]
    ratio = pairing["variance_ratio"]
    times = number(1.0 / ratio, 1) if ratio else "> 1000"
    sentences = []
    suffix = "" if view.simulated else "_blocks"
    if pairing["rho"] is not None:
        sentences.append(
            view.label(
                "pairing" + suffix, rho=number(pairing["rho"], 2), rest=number(pairing["one_minus_rho"], 2), times=times
            )
        )
    sentences.append(
        view.label(
            "t_check", low=number(row["t_low"], signed=True), high=view.value(kpi, row["t_high"], True),
            p=_p(row["p_value"]), holm=_p(row["p_holm"]), median=view.value(kpi, row["median"], True),
            worst=view.value(kpi, row["worst_decile"], True),
        )
    )  # fmt: skip
    if found["planned_unpaired"] is not None or found["planned_paired"] is not None:
        sentences.append(
            view.label(
                "floor_text" + suffix, planned=view.value(kpi, found["planned_paired"]),
                unpaired=view.value(kpi, found["planned_unpaired"]), power=number(100 * found["power"], 0),
                runs=found["runs"], reached=view.value(kpi, found["reached"]),
            )
        )  # fmt: skip
    return sentences


def money(view: View) -> dict[str, Any] | None:
    """Return the cards and tables of section 7; None when the trial has no money part."""
    found = view.result.get("money")
    if not found:
        return None

    def coin(value: float | None) -> str:
        return won(value, view.lang)

    to = {"en": "to", "ko": "~"}[view.lang]
    saving, highest, carbon = (found[k] for k in ("saving_won_per_year", "highest_price_won", "co2_saving_t_per_year"))
    return {
        "saving": coin(saving["mean"]),
        "saving_interval": f"{coin(saving['low'])} {to} {coin(saving['high'])}",
        "tonnes": view.label(
            "tonnes", products=number(view.planned("money", "products_per_year"), 0),
            tonnes=number(found["tonnes_per_year"], 0),
        ),
        "payback": _years(view, found["payback_years"]),
        "payback_cautious": view.label("cautious", n=_years(view, found["payback_years_cautious"])),
        "payback_of": view.label(
            "payback_of", price=coin(found["price_won"]), running=coin(found["running_won_per_year"])
        ),
        "highest": coin(highest["mean"]),
        "highest_of": view.label(
            "highest_of", years=number(found["payback_asked_years"], 1), cautious=coin(highest["cautious"])
        ),
        "co2": f"{number(carbon['mean'])} t",
        "co2_interval": f"{number(carbon['low'])} {to} {number(carbon['high'])} t",
        "split": cost_split(view, found["cost_parts_won_per_t"]),
        "prices": [
            {"name": view.label(name), "value": f"{row['value']:,g} {row['unit']}", "source": row["source"],
             "assumed": row["assumed"]}
            for name, row in found["prices"]["items"].items()
        ],
    }  # fmt: skip


def cost_split(view: View, shares: dict[str, dict[str, float]]) -> str:
    """Return where the cost goes in both arms [won/t]."""
    arms = ("baseline", "solution")
    parts = [(view.label(arm), [(view.label(name), value) for name, value in shares[arm].items()]) for arm in arms]
    return charts.stacked(parts, view.label("cost_split"))


def _years(view: View, value: float | None) -> str:
    return view.label("never") if value is None else view.label("years", n=number(value, 1))


def _p(value: float) -> str:
    return "< 0.0001" if value < 1e-4 else f"= {value:.4f}"
