"""What there is to plan a trial with: shipped plans, scenarios, KPIs."""

from typing import Any

from steelyard.trials.kpi import Kpi
from steelyard.trials.labels import label
from steelyard.trials.plan import SHIPPED, load_plan
from steelyard.trials.safety import declaration
from steelyard.trials.subjects import PROCESSES, subject
from steelyard.trials.subjects.base import Subject
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
    "detector": {"en": "detector", "ko": "검출기"},
    "process": {"en": "process", "ko": "공정"},
    "ladle_furnace": {"en": "ladle furnace", "ko": "레이들로"},
    "hot_bar_line": {"en": "hot bar line", "ko": "봉강 압연 라인"},
}


def heading(word: str, lang: str) -> str:
    """Return a heading, or the kind of a trial, in `lang`; any other word stays as it is.

    >>> heading("unit", "ko"), heading("kWh/t", "ko")
    ('단위', 'kWh/t')
    """
    return HEADINGS[word][lang] if word in HEADINGS else word


def listing(lang: str) -> dict[str, list[dict[str, Any]]]:
    """Return plans, scenarios and KPIs with their texts in `lang`."""
    from steelyard.plant.scenarios import scenarios

    plans = [(name, load_plan(name)) for name in SHIPPED]
    return {
        "plans": [
            {"id": name, "process": plan.plant.process, "kind": plan.trial.kind, "title": pick(plan.trial.title, lang)}
            for name, plan in plans
        ],
        "scenarios": [
            {"id": id_, "process": process, "version": story.version, "title": pick(story.title, lang)}
            for process in PROCESSES
            for id_, story in scenarios(process).items()
        ],
        "kpis": [
            {"id": one.id, "process": process, "trial": kind, "unit": one.unit, "trend": one.trend,
             "name": pick(one.name, lang)}
            for process in PROCESSES
            for kind, kpis in subject(process).kpis.items()
            for one in kpis.values()
        ],
    }  # fmt: skip


PAGE = """# KPIs of a trial

Generated from `steelyard/trials/subjects`; do not edit. Each KPI is a function of the recorded table (the log of
products, the alarms of a run, or scored measurements), declared with the fields of ISO 22400-2. *Trend* says which
direction is better; `target` means that the KPI is better the nearer it is to the value named: distances are compared
pair by pair.

"""


def kpi_page() -> str:
    """Return docs/reference/kpi.md."""
    text = PAGE
    for process in PROCESSES:
        own = subject(process)
        for kind, kpis in own.kpis.items():
            text += f"## {label(f'page_{kind}', 'en', process)}\n\n{label(f'page_{kind}_note', 'en', process)}\n\n"
            text += "| id | name | unit | range | trend | formula | description | timing; audience |\n"
            text += "|---|---|---|---|---|---|---|---|\n"
            text += "".join(_row(one) for one in kpis.values()) + "\n"
        text += f"## {label('page_limits', 'en', process)}\n\n" + _limits(own) + "\n"
    return text.rstrip() + "\n"


def _row(one: Kpi) -> str:
    formula = one.formula.replace("|", "\\|")
    return (
        f"| `{one.id}` | {one.name['en']} · {one.name['ko']} | {one.unit} | {one.low:g} … {one.high:g} | "
        f"{_trend(one)} | {formula} | {one.description['en']} | {one.timing}; {one.audience} |\n"
    )


def _trend(one: Kpi) -> str:
    return one.trend if one.target is None else f"{one.trend} {one.target:g}"


def _limits(own: Subject) -> str:
    text = "| id | level | what | limit | source |\n|---|---|---|---|---|\n"
    for row in declaration(own.limits, own.board_limits):
        limit = row["limit"].replace("|", "\\|")
        name = f"{row['name']['en']} · {row['name']['ko']}"
        text += f"| `{row['id']}` | {row['level']} | {name} | {limit} | {row['source']} |\n"
    return text
