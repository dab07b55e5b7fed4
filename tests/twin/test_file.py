"""The twin file: what goes in comes out, and what is no twin file is refused with a remedy."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from steelyard.errors import DataError
from steelyard.twin.estimate import predict
from steelyard.twin.file import content_digest, load, save, to_document
from steelyard.twin.records import fingerprints
from steelyard.twin.twin import Twin


@pytest.fixture
def path(twin: Twin, tmp_path: Path) -> Path:
    return save(twin, tmp_path / "deep" / "twin.json")


def test_a_twin_survives_the_disk(twin: Twin, path: Path, synthetic) -> None:
    again = load(path)
    assert to_document(again) == to_document(twin)
    assert predict(again, synthetic.heats, 1).final.tobytes() == predict(twin, synthetic.heats, 1).final.tobytes()
    assert again.draws(2, 5) == twin.draws(2, 5)
    assert list(path.parent.iterdir()) == [path]


def test_fitted_heats_are_in_the_file_as_digests_only(twin: Twin, path: Path, synthetic) -> None:
    digests = json.loads(path.read_text())["fingerprint"].split()
    assert digests == sorted(fingerprints(synthetic.heats))
    assert len(set(digests)) == len(synthetic.heats)
    assert all(len(digest) == 16 for digest in digests)


def test_a_file_without_a_number_that_is_needed_now_says_which(twin: Twin, path: Path) -> None:
    older = {name: value for name, value in twin.hyper.items() if name != "repeated"}
    with pytest.raises(DataError, match=r"lacks 'repeated'.*steelyard twin calibrate"):
        load(changed(path, hyper=older))
    lacking = {name: value for name, value in twin.parameters.items() if name != "dip_bias"}
    with pytest.raises(DataError, match=r"dip_bias.*steelyard twin calibrate"):
        load(changed(path, parameters=lacking))


def changed(path: Path, **changes) -> Path:
    """Change a file and sign it anew, as a program that means it would."""
    document = json.loads(path.read_text()) | changes
    document.pop("content_sha256", None)
    document["content_sha256"] = content_digest(document)
    path.write_text(json.dumps(document))
    return path


def test_a_file_edited_by_hand_is_refused(path: Path) -> None:
    document = json.loads(path.read_text())
    document["card"]["validation"]["level"] = 4
    path.write_text(json.dumps(document))
    with pytest.raises(DataError, match=r"changed after it was written.*steelyard twin calibrate"):
        load(path)


def test_a_twin_that_could_not_be_loaded_is_not_saved(twin: Twin, tmp_path: Path) -> None:
    wild = replace(twin, arrival=twin.arrival | {"temperature_spread": 284.0})
    with pytest.raises(DataError, match=r"temperature_spread.*steelyard hub check"):
        save(wild, tmp_path / "twin.json")
    assert not (tmp_path / "twin.json").exists()


def test_a_truncated_file_is_refused(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(DataError, match=r"truncated.*steelyard twin calibrate"):
        load(path)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"format": "something"}, "is no twin file"),
        ({"until": "x"}, "'until' is no whole number"),
        ({"version": 99}, "of version 99"),
        ({"version": 1}, r"of version 1 \(it was made by an older steelyard\).*steelyard twin calibrate"),
        ({"fingerprint": "00"}, "1 digests for 240 heats"),
        ({"fingerprint": None}, "digests"),
        ({"z": [0.0]}, "do not belong together"),
        ({"numbers": 3}, "damaged"),
        ({"learned": {}}, "damaged"),
        ({"hyper": {}}, "lacks"),
        ({"parameters": {}}, "missing"),
        ({"process": "bakery"}, "no process 'bakery'"),
    ],
)
def test_what_does_not_fit_is_refused(path: Path, changes: dict, says: str) -> None:
    with pytest.raises(DataError, match=says):
        load(changed(path, **changes))


def test_values_out_of_range_and_no_numbers_are_refused(twin: Twin, path: Path) -> None:
    with pytest.raises(DataError, match="arc_efficiency"):
        load(changed(path, parameters=twin.parameters | {"arc_efficiency": 7.0}))
    path.write_text(path.read_text().replace('"wait": ', '"wait": NaN, "old": '))
    with pytest.raises(DataError, match="NaN is not a number"):
        load(path)


def test_other_files_and_places_are_refused(tmp_path: Path, twin: Twin) -> None:
    with pytest.raises(DataError, match="there is no twin file"):
        load(tmp_path / "none.json")
    (tmp_path / "list.json").write_text("[1, 2]")
    with pytest.raises(DataError, match="is no twin file"):
        load(tmp_path / "list.json")
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(DataError, match="cannot be read"):
        load(tmp_path / "bytes.json")
    with pytest.raises(DataError, match="cannot be written"):
        save(twin, tmp_path / "list.json" / "twin.json")


def test_a_failed_save_leaves_the_old_file(path: Path, twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()

    def refuse(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.replace", refuse)
    with pytest.raises(DataError, match="no space left"):
        save(twin, path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]
