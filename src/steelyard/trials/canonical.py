"""One byte form for plain data: what is hashed, stored and compared is the same text on every machine."""

import json
import math
from hashlib import sha256
from pathlib import Path
from typing import Any

from steelyard.errors import DataError
from steelyard.trials.wording import trouble


def plain(value: Any) -> Any:
    """Return `value` as plain JSON data: numpy numbers and arrays become Python's, nan and infinities become None."""
    if isinstance(value, dict):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


def canonical(value: Any) -> str:
    """Return the canonical JSON text: sorted keys, no spaces, shortest float form, no nan.

    >>> canonical({"b": 1.5, "a": [True, None]})
    '{"a":[true,null],"b":1.5}'
    """
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical form, in hex."""
    return sha256(canonical(value).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex; DataError when it cannot be read."""
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {trouble(error)}; check the path") from error
