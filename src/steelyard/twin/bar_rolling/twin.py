"""The twin of one bar mill: what the records say of it, with doubt. Plain data; `twin.file` keeps it."""

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from steelyard.errors import DataError, ParameterError
from steelyard.twin.bar_rolling.numbers import Number, apply, shown

PROCESS = "bar_rolling"
ENSEMBLE_KEY = 0xBA45
PLAIN = (
    "process", "plant", "dataset", "dataset_hash", "kind", "until", "seed", "bars", "passes", "base", "parameters",
    "extra", "figures", "card", "fingerprint",
)  # fmt: skip
TABLES = ("base", "parameters", "extra", "figures", "card")


@dataclass
class BarTwin:
    """A calibrated twin of a bar mill. `parameters` is a full SI dict of the mill's Parameters, `base` the shipped one.

    kind: of the data set; until: trials before which was calibrated ([]: the first two thirds of each campaign); bars:
    how many calibrated; passes: their names; numbers at z (m,) with covariance (m, m); extra: what predictions from
    records need (start [K], noise of the filter [K], usual elongation, ends of the calibration, baselines);
    fingerprint: sorted digests of the bars that calibrated.
    """

    process: str
    plant: str
    dataset: str
    dataset_hash: str
    kind: str
    until: list[str]
    seed: int
    bars: int
    passes: list[str]
    base: dict[str, Any]
    parameters: dict[str, Any]
    numbers: list[Number]
    z: np.ndarray
    covariance: np.ndarray
    extra: dict[str, Any]
    figures: dict[str, Any] = field(default_factory=dict)
    card: dict[str, Any] = field(default_factory=dict)
    fingerprint: list[str] = field(default_factory=list)

    @property
    def heats(self) -> int:
        """Number of records that calibrated, by the name that all twins share."""
        return self.bars

    def values(self) -> dict[str, Any]:
        """Return the SI parameters of the calibrated mill: what `LineValues.mill` takes (pyrometers included)."""
        return dict(self.parameters)

    def draws(self, n: int, seed: int) -> list[dict[str, Any]]:
        """Return n plausible mills: full SI parameter dicts drawn from the posterior. Same seed, same draws.

        ParameterError when n < 1.
        """
        if n < 1:
            raise ParameterError(f"{n!r} draws asked for; ask for at least one")
        root = np.linalg.cholesky(self.covariance + 1e-12 * np.eye(len(self.z)))
        noise = np.random.default_rng([ENSEMBLE_KEY, seed]).standard_normal((n, len(self.z)))
        return [apply(self.parameters, self.numbers, self.z + root @ row) for row in noise]

    def estimates(self) -> list[dict[str, Any]]:
        """Return one row per number: name, unit, prior, estimate and standard deviations in its unit, the ratio of
        posterior to prior, and whether the records identify it (ratio below 0.5)."""
        rows = []
        for number, z, r in zip(self.numbers, self.z, np.sqrt(np.diag(self.covariance)), strict=True):
            value, unit = shown(number, number.value(float(z)))
            low, high = (shown(number, number.value(float(z + s * r)))[0] for s in (-1.0, 1.0))
            prior = [shown(number, number.value(s))[0] for s in (-1.0, 0.0, 1.0)]
            rows.append(
                {
                    "name": number.label(tuple(self.passes)), "block": "mill", "unit": unit, "prior": prior[1],
                    "prior_sd": 0.5 * (prior[2] - prior[0]), "value": value, "sd": 0.5 * (high - low),
                    "ratio": float(r), "identified": bool(r < 0.5), "source": number.source,
                }
            )  # fmt: skip
        return rows


def to_document(twin: BarTwin) -> dict[str, Any]:
    """Return the twin as plain JSON values, without format and version."""
    found: dict[str, Any] = {name: getattr(twin, name) for name in PLAIN}
    found["fingerprint"] = " ".join(twin.fingerprint)
    found["numbers"] = [asdict(number) for number in twin.numbers]
    return found | {"z": twin.z.tolist(), "covariance": twin.covariance.tolist()}


def from_document(document: dict[str, Any]) -> BarTwin:
    """Return the twin of a document; DataError, KeyError, TypeError or ValueError where it does not fit."""
    from steelyard.engine.blocks import fill
    from steelyard.processes.bar_rolling.blocks import RECORD, Parameters

    plain = {name: document[name] for name in PLAIN}
    for name in TABLES:
        if not isinstance(plain[name], dict):
            raise DataError(f"{name!r} is not a table")
    for name in ("base", "parameters"):
        fill(np.zeros(1, RECORD)["p"][0], Parameters, plain[name])
    plain["fingerprint"] = str(document["fingerprint"]).split()
    if plain["kind"] == "freiberg-passes" and len(plain["fingerprint"]) != plain["bars"]:
        raise DataError(f"'fingerprint' has {len(plain['fingerprint'])} digests for {plain['bars']} bars")
    numbers = [Number(**row) for row in document["numbers"]]
    z, covariance = np.asarray(document["z"], dtype=float), np.asarray(document["covariance"], dtype=float)
    if z.shape != (len(numbers),) or covariance.shape != (len(numbers), len(numbers)):
        raise DataError("numbers, z and covariance do not belong together")
    if not (np.isfinite(z).all() and np.isfinite(covariance).all()):
        raise DataError("an estimate is not finite")
    return BarTwin(**plain, numbers=numbers, z=z, covariance=covariance)
