"""Texts in two languages: every sentence that a user reads is a pair {"en": …, "ko": …}."""

Text = dict[str, str]


def text(en: str, ko: str) -> Text:
    """Return one sentence in English and Korean."""
    return {"en": en, "ko": ko}


def pick(sentence: Text, lang: str) -> str:
    """Return the sentence in `lang`, English when it is missing."""
    return sentence.get(lang) or sentence["en"]
