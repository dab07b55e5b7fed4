"""Why something was refused: a status code that tells the cases apart, and the text for a client that asks for it."""

from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

from asyncua import ua

from steelyard.errors import AccessError, LeaseError, SignalError, SteelyardError

CODES = ua.StatusCodes
LOCALIZED, ADDITIONAL = 0x40, 0x80  # what a request can ask for of each operation: ReturnDiagnostics
ASKED: ContextVar[int] = ContextVar("ASKED", default=0)
"""ReturnDiagnostics of the request that is worked on."""


class Verdicts(list[Any]):
    """The results of the operations of one request; `reasons` says of each why it failed, "" when it did not."""

    def __init__(self, results: Iterable[tuple[Any, str]]) -> None:
        pairs = list(results)
        super().__init__(result for result, _ in pairs)
        self.reasons = [why for _, why in pairs]


def code_of(error: SteelyardError, connected: bool = True) -> int:
    """Return the status code of a refusal: BadLocked says wait, BadUserAccessDenied log in as somebody else.

    Without `connected` the works cannot be reached just now.
    """
    if isinstance(error, LeaseError):
        return int(CODES.BadLocked)
    if isinstance(error, AccessError):
        return int(CODES.BadUserAccessDenied)
    if not connected:
        return int(CODES.BadNoCommunication)
    return int(CODES.BadOutOfRange if isinstance(error, SignalError) else CODES.BadInvalidState)


def explain(response: Any) -> None:
    """Put the reasons into a response when its request asked for diagnostics of operations."""
    asked, results = ASKED.get(), getattr(response, "Results", None)
    if not asked & (LOCALIZED | ADDITIONAL) or not isinstance(results, Verdicts) or not any(results.reasons):
        return
    texts = list(dict.fromkeys(why for why in results.reasons if why))
    response.DiagnosticInfos = [_diagnostic(why, texts, asked) for why in results.reasons]
    if asked & LOCALIZED:
        response.ResponseHeader.StringTable = texts


def _diagnostic(why: str, texts: list[str], asked: int) -> ua.DiagnosticInfo:
    if not why:
        return ua.DiagnosticInfo()
    index: Any = texts.index(why) if asked & LOCALIZED else None
    text: Any = why if asked & ADDITIONAL else None
    return ua.DiagnosticInfo(LocalizedText=index, AdditionalInfo=text)
