"""The twin file: one JSON document with everything a twin is. Versioned, checked on reading, replaced in one rename.

It holds no recorded row: parameters, their covariance, medians of the practice, means of clusters of heats, and 64-bit
digests by which a heat that was fitted is known again.
"""

import contextlib
import hashlib
import json
import os
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from steelyard.errors import DataError, SteelyardError
from steelyard.twin.adjustable import Adjustable
from steelyard.twin.aim import Aim
from steelyard.twin.bar_rolling import twin as bars
from steelyard.twin.residual import Residual, Scaling, Support
from steelyard.twin.twin import Learned, Twin

FORMAT, VERSION = "steelyard-twin", 2
PLAIN = (
    "process", "plant", "dataset", "dataset_hash", "until", "seed", "heats", "base", "parameters", "arrival",
    "practice", "wait", "hyper", "figures", "card",
)  # fmt: skip
DOUBT = "look for a wrong clock, unit or file: steelyard hub check NAME"
REMEDY = "calibrate again: steelyard twin calibrate PROCESS --data NAME --out FILE"
AnyTwin = Twin | bars.BarTwin


def save(twin: AnyTwin, path: Path | str) -> Path:
    """Write the twin to `path` in one rename; DataError when the place cannot be written. Returns the path."""
    target = Path(path)
    document = to_document(twin)
    try:
        from_document(document)
    except SteelyardError as error:
        raise DataError(f"this twin is not plausible and was not saved: {error}; {DOUBT}") from error
    document["content_sha256"] = content_digest(document)
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    temporary = ""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, target)
    except OSError as error:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise DataError(f"the twin file {target} cannot be written ({error}); choose another --out") from error
    return target


def load(path: Path | str) -> Any:
    """Read a twin file: a `Twin` of a ladle furnace or a `BarTwin` of a bar mill, by its process.

    DataError that says what is wrong with the file and how to mend it.
    """
    source = Path(path)
    try:
        document = json.loads(source.read_text(encoding="utf-8"), parse_constant=_refuse)
    except FileNotFoundError as error:
        raise DataError(f"there is no twin file {source}; {REMEDY}") from error
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise DataError(f"{source} cannot be read as a twin file ({error}); it may be truncated: {REMEDY}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise DataError(f"{source} is no twin file (its format is not {FORMAT!r}); {REMEDY}")
    if document.get("version") != VERSION:
        old = " (it was made by an older steelyard)" if document.get("version") == 1 else ""
        raise DataError(
            f"{source} is of version {document.get('version')!r}{old}, this program reads {VERSION}; {REMEDY}"
        )
    if document.pop("content_sha256", None) != content_digest(document):
        raise DataError(f"{source} was changed after it was written: its checksum does not fit; {REMEDY}")
    try:
        return from_document(document)
    except SteelyardError as error:
        raise DataError(f"{source}: {error}; {REMEDY}") from error
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise DataError(f"{source} is damaged: {type(error).__name__} at {error}; {REMEDY}") from error


def content_digest(document: dict[str, Any]) -> str:
    """Return the SHA-256 of the document's canonical text, in hex."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def to_document(twin: AnyTwin) -> dict[str, Any]:
    """Return the twin as plain JSON values."""
    found: dict[str, Any] = {"format": FORMAT, "version": VERSION}
    if isinstance(twin, bars.BarTwin):
        return found | bars.to_document(twin)
    found |= {name: getattr(twin, name) for name in PLAIN}
    found["numbers"] = [asdict(number) for number in twin.numbers]
    found["fingerprint"] = " ".join(twin.fingerprint)
    found |= {"z": twin.z.tolist(), "covariance": twin.covariance.tolist()}
    learned = twin.learned
    found["learned"] = {
        "interval": _residual_document(learned.interval), "final": _residual_document(learned.final),
        "aim": _aim_document(learned.aim), "widths": learned.widths.tolist(),
    }  # fmt: skip
    return found


def from_document(document: dict[str, Any]) -> AnyTwin:
    """Return the twin of a document; DataError, KeyError, TypeError or ValueError where it does not fit."""
    if document["process"] == bars.PROCESS:
        return bars.from_document(document)
    plain = {name: document[name] for name in PLAIN}
    for name in ("base", "parameters", "arrival", "practice", "hyper", "figures", "card"):
        if not isinstance(plain[name], dict):
            raise DataError(f"{name!r} is not a table of numbers")
    for name in ("until", "seed", "heats"):
        if not (isinstance(plain[name], int) or (name == "until" and plain[name] is None)):
            raise DataError(f"{name!r} is no whole number: {plain[name]!r}")
    _check_blocks(plain)
    numbers = [Adjustable(**row) for row in document["numbers"]]
    z, covariance = _array(document["z"], 1), _array(document["covariance"], 2)
    if z.shape != (len(numbers),) or covariance.shape != (len(numbers), len(numbers)):
        raise DataError("numbers, z and covariance do not belong together")
    learned, fingerprint = document["learned"], str(document["fingerprint"]).split()
    if len(fingerprint) != plain["heats"]:
        raise DataError(f"'fingerprint' has {len(fingerprint)} digests for {plain['heats']} heats")
    return Twin(
        **plain, numbers=numbers, z=z, covariance=covariance, fingerprint=fingerprint,
        learned=Learned(
            _residual(learned["interval"]), _residual(learned["final"]), _aim(learned["aim"]),
            _array(learned["widths"], 2),
        ),
    )  # fmt: skip


def _check_blocks(plain: dict[str, Any]) -> None:
    """Refuse parameters that the blocks of the process do not declare, lack, or hold out of range."""
    from steelyard.engine.blocks import fill
    from steelyard.plant.works import shipped_values
    from steelyard.processes.ladle_furnace import arrival, control, model
    from steelyard.twin.mixture import HYPER, SHARES

    shipped_values(plain["process"], plain["plant"])
    for name, block, dtype in (
        ("base", model.Parameters, model.RECORD["p"]), ("parameters", model.Parameters, model.RECORD["p"]),
        ("practice", control.Practice, control.RECORD["p"]), ("arrival", arrival.Arrival, arrival.ARRIVAL_RECORD),
    ):  # fmt: skip
        fill(np.zeros(1, dtype)[0], block, plain[name])
    missing = sorted(set(HYPER + SHARES) - set(plain["hyper"]))
    if missing:
        raise DataError(f"'hyper' lacks {missing[0]!r}")


def _refuse(text: str) -> float:
    raise ValueError(f"{text} is not a number")


def _array(value: Any, dimensions: int, kind: Any = float) -> np.ndarray:
    found = np.asarray(value, dtype=kind)
    if found.ndim != dimensions or (kind is float and not np.isfinite(found).all()):
        raise DataError(f"an array of {dimensions} dimensions of finite numbers was expected")
    return found


def _scaling_document(scale: Scaling) -> dict[str, Any]:
    return {
        "used": scale.used.tolist(), "rooted": scale.rooted.tolist(), "centre": scale.centre.tolist(),
        "width": scale.width.tolist(),
    }  # fmt: skip


def _scaling(document: dict[str, Any]) -> Scaling:
    return Scaling(
        _array(document["used"], 1, int), _array(document["rooted"], 1, bool), _array(document["centre"], 1),
        _array(document["width"], 1),
    )  # fmt: skip


def _support_document(support: Support) -> dict[str, Any]:
    return {"whiten": support.whiten.tolist(), "reach": support.reach}


def _support(document: dict[str, Any]) -> Support:
    return Support(_array(document["whiten"], 2), float(document["reach"]))


def _residual_document(residual: Residual) -> dict[str, Any]:
    return {
        "scaling": _scaling_document(residual.scaling), "support": _support_document(residual.support),
        "lengths": residual.lengths.tolist(), "centres": residual.centres.tolist(),
        "weights": residual.weights.tolist(), "linear": residual.linear,
    }  # fmt: skip


def _residual(document: dict[str, Any]) -> Residual:
    found = Residual(
        _scaling(document["scaling"]), _support(document["support"]), _array(document["lengths"], 1),
        _array(document["centres"], 2), _array(document["weights"], 1), float(document["linear"]),
    )  # fmt: skip
    if (
        len(found.weights) != len(found.centres) + found.centres.shape[1] + 1
        or len(found.lengths) != found.centres.shape[1]
    ):
        raise DataError("the residual's weights and centres do not belong together")
    return found


def _aim_document(aim: Aim) -> dict[str, Any]:
    return {
        "usual": aim.usual, "weights": aim.weights.tolist(), "scaling": _scaling_document(aim.scaling),
        "support": _support_document(aim.support),
    }  # fmt: skip


def _aim(document: dict[str, Any]) -> Aim:
    return Aim(
        float(document["usual"]), _array(document["weights"], 1), _scaling(document["scaling"]),
        _support(document["support"]),
    )  # fmt: skip
