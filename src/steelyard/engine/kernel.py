"""`kernel`: the one way in which this house compiles a function.

The disk cache of numba notices a changed file but not a changed callee in another file. Therefore the cache folder is
keyed by a hash of all kernel sources, and set before numba compiles anything.
"""

import hashlib
import os
import shutil
from pathlib import Path

import platformdirs

PACKAGE = Path(__file__).resolve().parent.parent
ROOMS_WITH_KERNELS = ("engine", "physics", "materials", "processes", "plant", "twin")
CACHES_KEPT = 3


def source_hash() -> str:
    """Return a hash over the sources of all rooms that hold kernels."""
    digest = hashlib.blake2b(digest_size=8)
    for room in ROOMS_WITH_KERNELS:
        for path in sorted((PACKAGE / room).rglob("*.py")):
            digest.update(str(path.relative_to(PACKAGE)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def cache_root() -> Path:
    """Return the folder that holds compiled kernels: STEELYARD_CACHE, else the user's cache directory."""
    chosen = os.environ.get("STEELYARD_CACHE")
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir("steelyard")) / "kernels"


def _prepare_cache() -> None:
    folder = cache_root() / source_hash()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)
        old = sorted((p for p in cache_root().iterdir() if p.is_dir()), key=lambda p: p.stat().st_mtime, reverse=True)
        for stale in old[CACHES_KEPT:]:
            shutil.rmtree(stale, ignore_errors=True)
    except OSError:
        return  # a read-only home: numba compiles in memory
    os.environ["NUMBA_CACHE_DIR"] = str(folder)


_prepare_cache()

import numba  # noqa: E402

if "NUMBA_CACHE_DIR" in os.environ:
    numba.config.CACHE_DIR = os.environ["NUMBA_CACHE_DIR"]  # type: ignore[attr-defined]

kernel = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=False)
