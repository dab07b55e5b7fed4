"""What belongs to a solution: its files and their hash. Only these are copied to where the solution runs.

A solution is one FILE (with the Python modules beside it that it imports), or a FOLDER whose entry is ``solution.py``
or an executable ``solution``. The hash of a single file is the sha256 of its bytes; of several files it is the sha256
of the ``sha256sum`` lines of all of them in the order of their names.
"""

import ast
import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from steelyard.errors import SolutionError

_PARSING = Lock()
"""Python 3.11 counts the depth of a tree for all threads together: two that parse at once can end in SystemError."""

MAX_FILES = 256
MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Bundle:
    """The files of a solution: relative name -> path, the `entry` among them, and the `hash` over all."""

    path: Path
    entry: str
    files: dict[str, Path]
    hash: str

    @property
    def python(self) -> bool:
        """True when the house's runner loads it; False when it is a program that speaks the contract itself."""
        return self.entry.endswith(".py")

    def copy_to(self, folder: Path) -> Path:
        """Copy all files into `folder` and return the path of the entry there; SolutionError when they have changed."""
        for name, source in self.files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            target.chmod(0o555 if os.access(source, os.X_OK) else 0o444)
        if _hash({name: folder / name for name in self.files}) != self.hash:
            raise SolutionError(f"{self.path}: its files have changed since the start; begin again with the new ones")
        return folder / self.entry


def bundle(path: str | Path) -> Bundle:
    """Return the bundle of the solution at `path`; SolutionError when there is none that can be run."""
    path = Path(path).expanduser()
    if not path.exists():
        raise SolutionError(f"{path}: no such file; give the path of the solution's file or folder")
    path = path.resolve()
    if path.is_dir():
        files, entry = _folder_files(path), _folder_entry(path)
    else:
        files, entry = _file_and_modules(path), path.name
    if not entry.endswith(".py") and not os.access(files[entry], os.X_OK):
        raise SolutionError(f"{files[entry]}: neither a .py file nor executable; rename it or run: chmod +x {path}")
    total = sum(file.stat().st_size for file in files.values())
    if len(files) > MAX_FILES or total > MAX_BYTES:
        raise SolutionError(
            f"{path}: {len(files)} files with {total / 1e6:.1f} MB; a solution has at most {MAX_FILES} files "
            f"and {MAX_BYTES // 2**20} MiB: put it into a folder of its own"
        )
    return Bundle(path, entry, files, _hash(files))


def _hash(files: dict[str, Path]) -> str:
    try:
        sums = {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in sorted(files.items())}
    except OSError as error:
        raise SolutionError(f"{error.filename}: cannot be read ({error.strerror})") from None
    if len(sums) == 1:
        return next(iter(sums.values()))
    return hashlib.sha256("".join(f"{digest}  {name}\n" for name, digest in sums.items()).encode()).hexdigest()


def _folder_entry(folder: Path) -> str:
    for name in ("solution.py", "solution"):
        if (folder / name).is_file():
            return name
    raise SolutionError(f"{folder}: the folder has neither solution.py nor an executable named solution")


def _folder_files(folder: Path) -> dict[str, Path]:
    files: dict[str, Path] = {}
    for file in sorted(folder.rglob("*")):
        parts = file.relative_to(folder).parts
        if any(part.startswith(".") or part == "__pycache__" for part in parts):
            continue
        if file.is_symlink():
            raise SolutionError(f"{file}: a link cannot be part of a solution; put the file itself there")
        if file.is_file():
            files["/".join(parts)] = file
        if len(files) > MAX_FILES:
            break
    return files


def _file_and_modules(entry: Path) -> dict[str, Path]:
    """Return the entry and, for Python, every module beside it that it imports, directly or through another."""
    files = {entry.name: entry}
    waiting = [entry] if entry.suffix == ".py" else []
    while waiting:
        for name in sorted(_imported(waiting.pop())):
            file = entry.parent / f"{name}.py"
            if file.is_symlink():
                raise SolutionError(f"{file}: a link cannot be part of a solution; put the file itself there")
            if file.name not in files and file.is_file():
                files[file.name] = file
                waiting.append(file)
    return files


def _imported(file: Path) -> set[str]:
    try:
        with _PARSING:
            tree = ast.parse(file.read_bytes(), filename=str(file))
    except OSError as error:
        raise SolutionError(f"{file}: cannot be read ({error.strerror})") from None
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        raise SolutionError(f"{file}{line}: not valid Python ({getattr(error, 'msg', error)})") from None
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.update([node.module.split(".")[0]] if node.module else [alias.name for alias in node.names])
    return names
