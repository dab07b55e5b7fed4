"""Fixtures that every room's tests share."""

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
_spec = importlib.util.spec_from_file_location("steelyard_serving", Path(__file__).with_name("serving.py"))
assert _spec is not None
assert _spec.loader is not None
serving = importlib.util.module_from_spec(_spec)
sys.modules["steelyard_serving"] = serving
_spec.loader.exec_module(serving)
SHARED = Path(os.environ.get("STEELYARD_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of measured data; tests that need it are skipped where it is absent."""
    if not (SHARED / "ladle-furnace" / "arc.csv").exists():
        pytest.skip(f"measured data not present at {SHARED} (licence: never shipped)")
    return SHARED


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty store of its own for one test."""
    monkeypatch.setenv("STEELYARD_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """A factory of real servers: ``served("hot_bar_line", "--lock-step")``; all are stopped at the end."""
    with ExitStack() as stack:
        yield lambda *arguments, home="home": stack.enter_context(serving.serve(tmp_path / home, *arguments))
