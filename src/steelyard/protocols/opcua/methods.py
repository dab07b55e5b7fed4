"""The method nodes: what one can order of a works, and of the site. Rights are asked by the works itself."""

import json
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from asyncua import ua

from steelyard.errors import SteelyardError
from steelyard.live.access import Session
from steelyard.protocols.opcua.board import Board
from steelyard.protocols.opcua.hub import Call, Hub, Method
from steelyard.protocols.opcua.nodes import ATTRIBUTES, KINDS, Nodes
from steelyard.protocols.opcua.standard import standard

LONGEST_MESSAGE = 65_536
_N, _X, _T = KINDS.UInt32, KINDS.Double, KINDS.String
Arguments = tuple[tuple[str, ua.VariantType], ...]

# name, arguments, results, description en, ko
WORKS_METHODS: tuple[tuple[str, Arguments, Arguments, str, str], ...] = (
    ("Advance", (("n", _N),), (("step", _N), ("time_s", _X)), "advance by n steps (lock-step)", "n스텝 진행(동기)"),
    ("Run", (("speed", _X),), (), "run at 0.1 to 1000 times real time", "실시간 배속으로 연속 운전"),
    ("Pause", (), (), "let the plant stand still", "일시 정지"),
    ("Snapshot", (("name", _T),), (("snapshot", _T),), "keep the state under a name", "현재 상태를 스냅샷으로 저장"),
    ("Restore", (("name", _T),), (), "go back to a snapshot", "스냅샷으로 복원"),
    ("ScheduleFault", (("name", _T), ("severity", _X), ("start_s", _X), ("growth_s", _X)), (),
     "have a fault come at plant time start_s (negative: now) and grow for growth_s",
     "start_s 시각(음수: 즉시)에 고장을 발생시켜 growth_s 동안 진전"),
    ("Fork", (), (("works", _T),), "open a copy that runs beside this works", "나란히 도는 분기 생성"),
    ("TakeLease", (("role", _T),), (("left_s", _X),), "take the lease of a role", "역할의 임차권 획득"),
    ("ReleaseLease", (("role", _T),), (), "give the lease of a role back", "역할의 임차권 반납"),
)  # fmt: skip
EXCHANGE = (
    "Exchange", (("message", _T),), (("answer", _T),),
    "the contract of solutions: an answer for the next question, as JSON", "솔루션 규약: 답을 보내고 다음 질문 수신",
)  # fmt: skip
SITE_METHODS: tuple[tuple[str, Arguments, Arguments, str, str], ...] = (
    ("StartTrial", (("plan", _T),), (("works", _T),), "start a run of a trial plan", "시험 계획의 실행 시작"),
    ("StopTrial", (("works", _T),), (), "stop a trial run", "시험 실행 중지"),
)  # fmt: skip


def add_works_methods(hub: Hub, nodes: Nodes, board: Board) -> None:
    """Add the methods of a works below its object."""
    table = [*WORKS_METHODS, EXCHANGE] if hasattr(board.works, "exchange") else list(WORKS_METHODS)
    for name, takes, gives, english, korean in table:
        call = partial(_CALLS[name], hub, board)
        _add(hub, nodes, board.node, name, takes, gives, {"en": english, "ko": korean}, call)


def add_site_methods(hub: Hub, nodes: Nodes, site: ua.NodeId) -> None:
    """Add the methods of the site below its object."""
    for name, takes, gives, english, korean in SITE_METHODS:
        call = partial(_start_trial if name == "StartTrial" else _stop_trial, hub)
        _add(hub, nodes, site, name, takes, gives, {"en": english, "ko": korean}, call)


def _add(
    hub: Hub, nodes: Nodes, owner: ua.NodeId, name: str, takes: Arguments, gives: Arguments, both: dict[str, str],
    call: Call,
) -> None:  # fmt: skip
    node = nodes.method(owner, name, hub.texts.text(both), _arguments(takes), _arguments(gives))
    hub.texts.remember(node, ATTRIBUTES.Description, both)
    hub.methods[node] = Method(owner, tuple(kind for _, kind in takes), call)


def _arguments(arguments: Arguments) -> list[ua.Argument]:
    return [ua.Argument(Name=name, DataType=standard(kind.value), ValueRank=-1) for name, kind in arguments]


def _text(value: Any) -> list[ua.Variant]:
    return [ua.Variant(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str), _T)]


# -- the works --------------------------------------------------------------------------------------------------------
async def _order(order: str, _: Hub, board: Board, who: Session, given: list[Any]) -> list[ua.Variant]:
    """Give an order of which nothing comes back."""
    await getattr(board.works, order)(who, *given)
    return []


async def _advance(_: Hub, board: Board, who: Session, given: list[Any]) -> list[ua.Variant]:
    frame = await board.works.advance(who, given[0])
    return [ua.Variant(int(frame.step), _N), ua.Variant(float(frame.time_s), _X)]


async def _snapshot(_: Hub, board: Board, who: Session, given: list[Any]) -> list[ua.Variant]:
    return _text(await board.works.snapshot(who, given[0]))


async def _schedule_fault(_: Hub, board: Board, who: Session, given: list[Any]) -> list[ua.Variant]:
    name, severity, start_s, growth_s = given
    await board.works.inject(who, {name: severity}, growth_s, None if start_s < 0.0 else start_s)
    return []


async def _fork(hub: Hub, board: Board, who: Session, _given: list[Any]) -> list[ua.Variant]:
    return _text(await hub.site.fork(who, board.works.id))


async def _take_lease(_: Hub, board: Board, who: Session, given: list[Any]) -> list[ua.Variant]:
    board.works.leases.take(given[0], who)
    return [ua.Variant(float(board.works.leases.length_s), _X)]


async def _release_lease(_: Hub, board: Board, who: Session, given: list[Any]) -> list[ua.Variant]:
    board.works.leases.release(who, given[0])
    return []


async def _exchange(hub: Hub, board: Board, who: Session, given: list[Any]) -> list[ua.Variant]:
    try:
        message = json.loads(given[0]) if len(given[0]) <= LONGEST_MESSAGE else None
    except ValueError:
        message = None
    if not isinstance(message, dict):
        hub.note("malformed", who, why="the message of an exchange is no JSON object of at most 64 KiB")
        raise SteelyardError("an exchange takes a JSON object of at most 64 KiB")
    return _text(await board.works.exchange(who, message))


_CALLS: dict[str, Callable[[Hub, Board, Session, list[Any]], Awaitable[list[ua.Variant]]]] = {
    "Advance": _advance, "Run": partial(_order, "run"), "Pause": partial(_order, "pause"), "Snapshot": _snapshot,
    "Restore": partial(_order, "restore"), "ScheduleFault": _schedule_fault, "Fork": _fork, "TakeLease": _take_lease,
    "ReleaseLease": _release_lease, "Exchange": _exchange,
}  # fmt: skip


# -- the site ---------------------------------------------------------------------------------------------------------
def _trials(hub: Hub) -> Any:
    trials = getattr(hub.site, "trials", None)
    if trials is None:
        raise SteelyardError("this site runs no trials")
    return trials


async def _start_trial(hub: Hub, who: Session, given: list[Any]) -> list[ua.Variant]:
    return _text(await _trials(hub).start(who, given[0]))


async def _stop_trial(hub: Hub, who: Session, given: list[Any]) -> list[ua.Variant]:
    await _trials(hub).stop(who, given[0])
    return []
