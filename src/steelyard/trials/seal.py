"""Sealed suites: the seed is committed to by a hash before the trial and shown after it.

Whoever plans the trial publishes the commitment in the plan; the seal file (seed and nonce) stays with the centre until
the runs are done. Seeds of the runs *and* of the parameter draws come from it, so nobody can tune to them.
"""

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from steelyard.errors import DataError
from steelyard.trials.canonical import digest
from steelyard.trials.wording import trouble


@dataclass(frozen=True)
class Seal:
    """What is kept secret until the trial is done: the suite it opens, its seed and a random nonce."""

    suite: str
    seed: int
    nonce: str

    def commitment(self) -> str:
        """Return the hash that is published beforehand."""
        return digest(asdict(self))


def demonstration_commitment() -> str:
    """Return the commitment of the seal that ships with the software and so is no secret."""
    from importlib.resources import files

    raw = json.loads((files("steelyard.trials") / "plans" / "seal-2026a.json").read_text(encoding="utf-8"))
    return Seal(**raw).commitment()


def new_seal(suite: str) -> Seal:
    """Return a fresh seal from the operating system's randomness."""
    return Seal(suite, secrets.randbits(62), secrets.token_hex(16))


def write_seal(seal: Seal, path: Path) -> None:
    """Write a seal file, readable by its owner only; DataError when it exists already (a seal is never overwritten)."""
    if path.exists():
        raise DataError(f"{path}: exists already; a seal is never overwritten, choose another name")
    try:
        path.write_text(json.dumps(asdict(seal), indent=2) + "\n", encoding="utf-8")
        path.chmod(0o600)
    except OSError as error:
        raise DataError(f"{path}: the seal cannot be written: {trouble(error)}; choose another place") from error


def open_seal(path: Path, commitment: str) -> Seal:
    """Read a seal and check it against the published commitment; DataError when it is another one."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        seal = Seal(str(raw["suite"]), int(raw["seed"]), str(raw["nonce"]))
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: cannot be read as a seal (suite, seed, nonce): {trouble(error)}") from error
    if seal.commitment() != commitment:
        raise DataError(
            f"{path}: this seal has commitment {seal.commitment()[:16]}…, the plan published {commitment[:16]}…; "
            "use the seal that belongs to the plan"
        )
    return seal
