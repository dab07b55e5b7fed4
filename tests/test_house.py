"""The house rules: all arrows point down, rooms stay small, words stand in the nomenclature, help is fast."""

import ast
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "steelyard"
WORDS = {"errors", "units", "signals", "parameters", "products", "nomenclature"}

MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "units": {"errors"},
    "signals": {"errors", "units"},
    "parameters": {"errors", "units", "signals"},
    "products": {"errors"},
    "nomenclature": {"errors"},
    "engine": WORDS,
    "physics": WORDS | {"engine"},
    "materials": WORDS | {"engine", "physics"},
    "processes": WORDS | {"engine", "physics", "materials"},
    "plant": WORDS | {"engine", "materials", "processes"},
    "hub": WORDS,
    "live": WORDS | {"plant", "hub"},
    "protocols": WORDS | {"plant", "live"},
    "web": WORDS | {"plant", "hub", "live", "twin", "trials"},
    "server": WORDS | {"plant", "hub", "live", "protocols", "web", "twin", "solutions", "trials"},
    "twin": WORDS | {"engine", "processes", "plant", "hub"},
    "solutions": WORDS,
    "trials": WORDS | {"plant", "hub", "twin", "solutions"},
    "samples": set(),
    "environments": WORDS | {"plant"},
    "studies": WORDS | {"plant", "hub", "live", "protocols", "server", "twin", "solutions", "trials"},
    "validation": WORDS | {"engine", "physics", "materials", "processes", "plant", "hub", "twin"},
}
HEAVY = {
    "numba",
    "scipy",
    "polars",
    "duckdb",
    "sqlalchemy",
    "sklearn",
    "rich",
    "numpy",
    "jinja2",
    "gymnasium",
    "pyroll",
    "asyncua",
    "fastapi",
    "uvicorn",
    "pymodbus",
    "aiomqtt",
    "amqtt",
    "argon2",
    "cryptography",
    "google",
    "httpx2",
}
LONGEST_FILE, LONGEST_FUNCTION, LONGEST_CLASS = 400, 40, 150


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """Every module of this package that `path` imports, at any depth of its code."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                assert "reference" in path.parts, f"{path}: relative import"
                continue
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return {name for name in found if name.startswith("steelyard.")}


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_arrows_point_down(path: Path) -> None:
    own = room(path)
    if own in {"cli", "__init__", "__main__"}:
        return
    allowed = MAY_IMPORT[own] | {own}
    for name in imports(path):
        target = name.split(".")[1]
        if (PACKAGE / target).is_dir() or (PACKAGE / f"{target}.py").exists():
            assert target in allowed, f"{path}: {own} may not import {target}"


def test_a_house_does_not_look_into_its_neighbour() -> None:
    for path in (PACKAGE / "processes").rglob("*.py"):
        parts = path.relative_to(PACKAGE / "processes").parts
        if len(parts) < 2:
            continue
        for name in imports(path):
            pieces = name.split(".")
            if pieces[1] == "processes" and len(pieces) > 2:
                assert pieces[2] in {parts[0], "catalogue"}, f"{path}: looks into {pieces[2]}"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_rooms_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= LONGEST_FILE, f"{path} has more than {LONGEST_FILE} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            documentation = (ast.get_docstring(node) or "").count("\n") + 1
            length = (node.end_lineno or 0) - node.lineno - documentation
            limit = LONGEST_CLASS if isinstance(node, ast.ClassDef) else LONGEST_FUNCTION
            assert length <= limit, f"{path}:{node.lineno}: {node.name} has {length} lines"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_public_things_are_documented_and_nothing_is_left_open(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert ast.get_docstring(tree), f"{path}: no module docstring"
    assert not re.search(r"\b(TODO|FIXME|XXX)\b|NotImplementedError", text), f"{path}: something is left open"
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{path}:{node.lineno}: {node.name} has no docstring"


def test_no_mutable_module_state() -> None:
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not isinstance(node, ast.Global), f"{path}:{node.lineno}: global"


def test_command_files_and_room_doors_import_nothing_heavy() -> None:
    for path in [
        *(PACKAGE / "cli").glob("*.py"),
        *PACKAGE.glob("*/__init__.py"),
        *(PACKAGE / f"{w}.py" for w in WORDS),
    ]:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert name.split(".")[0] not in HEAVY, f"{path}:{node.lineno}: imports {name} at start"


def test_help_is_fast_and_starts_without_numba() -> None:
    code = "import sys, steelyard.cli; print(sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {f"'{name}'" for name in HEAVY if f"'{name}'" in loaded}
    spent = min(_processor_seconds("-m", "steelyard", "--help") for _ in range(5))
    assert spent < 0.3, f"--help takes {spent:.2f} s of processor time"


def _processor_seconds(*arguments: str) -> float:
    """Processor time of a child, which a busy machine does not stretch as it does the wall clock."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_every_declared_quantity_stands_in_the_nomenclature() -> None:
    from steelyard.processes.catalogue import HOUSES
    from steelyard.signals import declared

    page = (ROOT / "docs/reference/nomenclature.md").read_text(encoding="utf-8")
    known = set(re.findall(r"^\| `(?:[a-z_]+\.)?([a-z_]+)` \|", page, re.MULTILINE))
    used: set[str] = set()
    for name, house in HOUSES.items():
        for part in sorted((PACKAGE / "processes" / name).glob("*.py")):
            if part.stem != "__init__":
                module = house.module(part.stem)
                for block in vars(module).values():
                    if isinstance(block, type) and block.__module__ == module.__name__:
                        used |= set(declared(block))
    assert used - known == set(), "declared but not in docs/reference/nomenclature.md"


def test_measured_rows_are_not_in_the_repository() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if tracked.returncode:
        pytest.skip("not a git checkout")
    for name in tracked.stdout.split():
        assert not name.endswith((".parquet", ".xls", ".xlsx")), f"{name}: data file in the repository"
        assert "shared/" not in name
