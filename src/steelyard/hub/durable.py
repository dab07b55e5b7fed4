"""Files that are there whole or not at all, even when the power goes."""

import json
import os
from pathlib import Path
from typing import Any


def sync(path: Path) -> None:
    """Flush a file or folder to the disk (Windows cannot open folders: there the rename is durable by itself)."""
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def put_in_place(temporary: Path, path: Path) -> None:
    """Give a written file its name: flushed before, the folder flushed after."""
    sync(temporary)
    os.replace(temporary, path)
    sync(path.parent)


def write_json(path: Path, data: dict[str, Any]) -> None:
    """Write (or replace) a JSON file in one rename."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    put_in_place(temporary, path)
