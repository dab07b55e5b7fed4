"""What belongs to a solution, and its hash."""

import hashlib

import pytest

from steelyard.errors import SolutionError
from steelyard.solutions.bundle import bundle


def test_the_hash_of_one_file_is_its_sha256(tmp_path):
    path = tmp_path / "a.py"
    path.write_text("import json\n")
    assert bundle(path).hash == hashlib.sha256(b"import json\n").hexdigest()
    assert list(bundle(path).files) == ["a.py"]


def test_modules_beside_the_file_belong_to_it_and_to_the_hash(tmp_path):
    (tmp_path / "a.py").write_text("from .helper import x\nimport other\nimport math\n")
    (tmp_path / "helper.py").write_text("from . import deep\nx = 1\n")
    (tmp_path / "deep.py").write_text("")
    (tmp_path / "other.py").write_text("")
    (tmp_path / "stranger.py").write_text("")
    found = bundle(tmp_path / "a.py")
    assert sorted(found.files) == ["a.py", "deep.py", "helper.py", "other.py"]
    lines = "".join(f"{hashlib.sha256((tmp_path / n).read_bytes()).hexdigest()}  {n}\n" for n in sorted(found.files))
    assert found.hash == hashlib.sha256(lines.encode()).hexdigest()
    (tmp_path / "deep.py").write_text("changed = 1")
    assert bundle(tmp_path / "a.py").hash != found.hash
    (tmp_path / "stranger.py").write_text("changed = 1")
    assert sorted(bundle(tmp_path / "a.py").files) == sorted(found.files)


def test_a_folder_is_a_solution_with_all_its_files(tmp_path):
    (tmp_path / "solution.py").write_text("")
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "w.json").write_text("[1]")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "x.pyc").write_text("")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x").write_text("")
    found = bundle(tmp_path)
    assert (found.entry, sorted(found.files)) == ("solution.py", ["solution.py", "weights/w.json"])
    target = tmp_path / "copy"
    assert found.copy_to(target).name == "solution.py"
    assert (target / "weights" / "w.json").read_text() == "[1]"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda p: p / "nothing.py", "no such file"),
        (lambda p: _write(p / "a.py", "def broken(:\n"), "line 1: not valid Python"),
        (lambda p: _write(p / "a.py", "x = '\0'"), "not valid Python"),
        (lambda p: _write(p / "program", "echo"), "chmod"),
        (lambda p: p, "neither solution.py nor"),
    ],
)
def test_what_is_no_solution_says_how_to_mend_it(make, reason, tmp_path):
    with pytest.raises(SolutionError, match=reason):
        bundle(make(tmp_path))


def _write(path, text):
    path.write_text(text)
    return path


def test_too_many_files_are_refused(tmp_path):
    for i in range(260):
        (tmp_path / f"f{i}").write_text("")
    (tmp_path / "solution.py").write_text("")
    with pytest.raises(SolutionError, match="at most 256 files"):
        bundle(tmp_path)


def test_only_the_hashed_files_ever_run(tmp_path):
    path = _write(tmp_path / "a.py", "x = 1")
    found = bundle(path)
    path.write_text("x = 2")
    with pytest.raises(SolutionError, match="changed since the start"):
        found.copy_to(tmp_path / "copy")


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    (tmp_path / "solution.py").write_text("")
    (tmp_path / "data").symlink_to("/etc/passwd")
    with pytest.raises(SolutionError, match="link"):
        bundle(tmp_path)
