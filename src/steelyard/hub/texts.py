"""Texts in two languages: every sentence that a user reads is a pair {"en": …, "ko": …}."""

Text = dict[str, str]


def text(en: str, ko: str) -> Text:
    """Return one sentence in English and Korean."""
    return {"en": en, "ko": ko}


_TABLES_KO = {
    "heatings": "승온",
    "dips": "측온",
    "additions": "투입",
    "gas": "가스",
    "heats": "히트 이름",
    "table": "표",
    "passes": "패스",
    "trials": "봉",
    "schedule": "패스 스케줄",
    "specific_heat": "비열",
    "stands": "스탠드",
    "measured": "실측",
    "wicon": "WICON 계산",
    "signals": "신호",
    "recordings": "기록",
    "all tables": "전체 표",
}


def table_word(table: str, lang: str) -> str:
    """Return what a table of a data set is called in `lang`; a file's name stays."""
    return _TABLES_KO.get(table, table) if lang == "ko" else table


def pick(sentence: Text, lang: str) -> str:
    """Return the sentence in `lang`, English when it is missing."""
    return sentence.get(lang) or sentence["en"]
