"""What there is to plan a trial with: shipped plans, scenarios, KPIs."""

from typing import Any

from steelyard.trials.catalogue import catalogue
from steelyard.trials.kpi import Kpi
from steelyard.trials.plan import SHIPPED, load_plan
from steelyard.trials.wording import pick

HEADINGS = {
    "plans": {"en": "plans", "ko": "계획"},
    "scenarios": {"en": "scenarios", "ko": "시나리오"},
    "kpis": {"en": "KPIs", "ko": "KPI"},
    "id": {"en": "id", "ko": "식별자"},
    "kind": {"en": "trial", "ko": "시험"},
    "trial": {"en": "trial", "ko": "시험"},
    "title": {"en": "title", "ko": "제목"},
    "version": {"en": "version", "ko": "버전"},
    "unit": {"en": "unit", "ko": "단위"},
    "name": {"en": "name", "ko": "이름"},
    "campaign": {"en": "campaign", "ko": "캠페인"},
    "predictor": {"en": "predictor", "ko": "예측기"},
}


def heading(word: str, lang: str) -> str:
    """Return a heading, or the kind of a trial, in `lang`; any other word stays as it is.

    >>> heading("unit", "ko"), heading("kWh/t", "ko")
    ('단위', 'kWh/t')
    """
    return HEADINGS[word][lang] if word in HEADINGS else word


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


PAGE = """# KPIs of a trial

Generated from `steelyard/trials/kpi.py` and `predictor_kpi.py`; do not edit. Each KPI is a function of the recorded
table (heats or scored dips), declared with the fields of ISO 22400-2. *Trend* says which direction is better; `target`
means that the KPI is better the nearer it is to the value named: distances are compared pair by pair. Temperatures
of a campaign KPI are the hidden true ones, not dips; T_set is the true mean temperature at departure less what
additions still undissolved will take (undissolved chill / (m · 825 J/(kg·K))), w the arc energy that makes this ladle
leave 1 K hotter.

"""


def kpi_page() -> str:
    """Return docs/reference/kpi.md."""
    text = PAGE
    titles = {"campaign": "Campaign trials (advisor, controller)", "predictor": "Predictor trials (soft sensor)"}
    for kind, title in titles.items():
        text += f"## {title}\n\n| id | name | unit | range | trend | formula | description | timing; audience |\n"
        text += "|---|---|---|---|---|---|---|---|\n"
        for one in catalogue(kind).values():
            formula = one.formula.replace("|", "\\|")
            text += (
                f"| `{one.id}` | {one.name['en']} · {one.name['ko']} | {one.unit} | {one.low:g} … {one.high:g} | "
                f"{_trend(one)} | {formula} | {one.description['en']} | {one.timing}; {one.audience} |\n"
            )
        text += "\n"
    return text + _limits()


def _trend(one: Kpi) -> str:
    return one.trend if one.target is None else f"{one.trend} {one.target:g}"


def _limits() -> str:
    from steelyard.trials.safety import declaration

    text = (
        "## Limits that the safety monitor watches\n\n| id | level | what | limit | source |\n|---|---|---|---|---|\n"
    )
    for row in declaration():
        limit = row["limit"].replace("|", "\\|")
        name = f"{row['name']['en']} · {row['name']['ko']}"
        text += f"| `{row['id']}` | {row['level']} | {name} | {limit} | {row['source']} |\n"
    return text
