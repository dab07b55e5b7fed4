"""What there is to plan a trial with: shipped plans, scenarios, KPIs."""

from typing import Any

from steelyard.trials.catalogue import catalogue
from steelyard.trials.plan import SHIPPED, load_plan
from steelyard.trials.wording import pick


def listing(lang: str, process: str = "ladle_furnace") -> dict[str, list[dict[str, Any]]]:
    """Return plans, scenarios and KPIs with their texts in `lang`."""
    from steelyard.plant.scenarios import scenarios

    plans = [(name, load_plan(name)) for name in SHIPPED]
    return {
        "plans": [{"id": name, "kind": plan.trial.kind, "title": pick(plan.trial.title, lang)} for name, plan in plans],
        "scenarios": [
            {"id": id_, "version": story.version, "title": pick(story.title, lang)}
            for id_, story in scenarios(process).items()
        ],
        "kpis": [
            {"id": one.id, "trial": kind, "unit": one.unit, "trend": one.trend, "name": pick(one.name, lang)}
            for kind in ("campaign", "predictor")
            for one in catalogue(kind).values()
        ],
    }
