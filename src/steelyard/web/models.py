"""What goes in and comes out over REST, as pydantic models; an unknown field or a value of another kind is refused."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from steelyard.live.clock import FASTEST, SLOWEST

MOST_NAMES, MOST_ASKED, MOST_SET, MOST_STEPS, MOST_ROWS = 2000, 500, 500, 86_400, 100_000
LONGEST_PLANT_S = 1e10

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Label = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9가-힣][A-Za-z0-9가-힣_-]{0,63}$")]
Names = Annotated[list[Name], Field(max_length=MOST_NAMES)]
Seconds = Annotated[float, Field(ge=0, le=LONGEST_PLANT_S)]
Severity = Annotated[float, Field(ge=0, le=1)]
Speed = Annotated[float, Field(ge=SLOWEST, le=FASTEST)]
Text = dict[str, str]


class Strict(BaseModel):
    """A body that a client sends: no unknown field, no silent conversion, no NaN."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class Login(Strict):
    """Who logs in."""

    user: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    password: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Write(Strict):
    """Set-points in trade units, all or none; those of one write belong to one role."""

    set: dict[Name, float] = Field(min_length=1, max_length=MOST_SET)


class Advance(Strict):
    """How many steps, and which values shall come back (`*` stands for any text in a name)."""

    n: int = Field(1, ge=1, le=MOST_STEPS)
    read: Names = []


class Run(Strict):
    """Speed in plant seconds for each second of the wall; left as it is when not given."""

    speed: Speed | None = None


class Lease(Strict):
    """The role whose lease is wanted."""

    role: Name


class SnapshotName(Strict):
    """The name of a snapshot: letters, digits, `_`, `-`."""

    name: Label


class Fork(Strict):
    """Whether the fork runs with the clock; as its origin does when not given."""

    running: bool | None = None


class Faults(Strict):
    """Faults by name with their severity (0 to 1), from plant time `start_s` (now) on, growing over `growth_s` [s]."""

    faults: dict[Name, Severity] = Field(min_length=1, max_length=100)
    start_s: Seconds | None = None
    growth_s: Seconds = 0.0


class StartTrial(Strict):
    """The plan of a trial that this server offers."""

    plan: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Query(BaseModel):
    """What stands behind the ? of an address; an unknown parameter is refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Nothing(Query):
    """No parameter at all."""


class WhichNames(Query):
    """Which signals: names, in which `*` stands for any text; all when none is given."""

    names: Annotated[list[Name], Field(max_length=MOST_ASKED)] = []


class Span(WhichNames):
    """Which signals, from and to which plant time [s], and at most how many rows."""

    start: Seconds = Field(0.0, alias="from")
    end: Seconds = Field(LONGEST_PLANT_S, alias="to")
    limit: int = Field(10_000, ge=1, le=MOST_ROWS)


class Live(WhichNames):
    """Which signals, and at most how many frames a second of the wall; every frame when not given."""

    max_hz: Annotated[float, Field(ge=0.01, le=100)] | None = None


class Last(Query):
    """How many entries, the latest ones; of one kind, of one user, of one works."""

    count: int = Field(100, ge=1, le=1000)
    kind: str | None = Field(None, max_length=80)
    user: str | None = Field(None, max_length=80)
    works: str | None = Field(None, max_length=80)


class Token(BaseModel):
    """A token for the header `Authorization: Bearer …`; it ends after `expires_s` seconds."""

    token: str
    expires_s: float
    user: str
    roles: list[str]


class Who(BaseModel):
    """Who this request is."""

    user: str
    roles: list[str]
    via: str
    peer: str


class LeaseEntry(BaseModel):
    """A lease that holds now."""

    role: str
    user: str
    via: str
    left_s: float


class Status(BaseModel):
    """How a works runs; `lag_s` says by how much it is behind the wall, `time` what the wire calls its plant time."""

    model_config = ConfigDict(extra="allow")

    id: str
    process: str
    title: Text
    time_s: float
    time: str
    running: bool
    speed: float
    lag_s: float
    steps: int
    connected: bool
    leases: list[LeaseEntry]
    failure: str | None


class SignalEntry(BaseModel):
    """One signal: `writable_by` is the role that may write it, null when nobody on the wire may."""

    name: str
    unit: str
    low: float | None
    high: float | None
    description: Text
    writable_by: str | None


class Values(BaseModel):
    """The board after `step` steps. `values` are in trade units, null where nothing was measured.

    `status` names the values that are not good (uncertain, bad); `offset_s` those whose time stamp is not `time`, by
    how many seconds it is later. The time stamps are the plant's, never those of the wall.
    """

    works: str
    step: int
    time_s: float
    time: str
    connected: bool
    values: dict[str, float | None]
    status: dict[str, str]
    offset_s: dict[str, float]


class Written(BaseModel):
    """The set-points as they stand now."""

    set: dict[str, float]


class History(BaseModel):
    """Recorded columns over `time_s`: every `stride`-th of the `total` rows of the span; `full`: all of them.

    `status` names columns with values that are not good. `gaps` are the times from and to which no rows lie, since the
    works was set to a snapshot further on, at most 20.
    """

    works: str
    total: int
    stride: int
    full: bool
    gaps: list[list[float]]
    time_s: list[float]
    columns: dict[str, list[float | None]]
    status: dict[str, list[int]]


class FaultNames(BaseModel):
    """The faults that can be scheduled."""

    faults: list[str]


class NewWorks(BaseModel):
    """The id of a works that came onto the wire."""

    id: str


class Plans(BaseModel):
    """The plans of trials that this server offers."""

    plans: list[str]


class Health(BaseModel):
    """That it is there."""

    status: str
    version: str
    site: str
    works: list[str]
    anonymous: bool


class Problem(BaseModel):
    """What went wrong (RFC 9457); `title` follows Accept-Language (en, ko)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str


Anything = dict[str, Any]
