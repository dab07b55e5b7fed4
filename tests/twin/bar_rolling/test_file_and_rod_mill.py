"""The file of a bar-mill twin, the rod mill from one set, and PyRolL beside them."""

import json
from pathlib import Path

import numpy as np
import pytest

from steelyard.errors import DataError
from steelyard.hub.ingest import import_dataset
from steelyard.hub.store import Store, open_store
from steelyard.twin.bar_rolling.agreement import bar_agreement
from steelyard.twin.bar_rolling.calibrate import calibrate_bars, shipped_mill
from steelyard.twin.bar_rolling.numbers import apply
from steelyard.twin.bar_rolling.rod_mill import roll_train, train_numbers
from steelyard.twin.bar_rolling.twin import BarTwin
from steelyard.twin.bar_rolling.yardstick import available, solve_bars, solve_nominal
from steelyard.twin.file import content_digest, load, save, to_document

TRUE = np.array([0.6, -0.8, 0.9, -0.7, -1.5])


def changed(path: Path, **changes) -> Path:
    """Change a file and sign it anew."""
    document = json.loads(path.read_text()) | changes
    document.pop("content_sha256", None)
    document["content_sha256"] = content_digest(document)
    path.write_text(json.dumps(document))
    return path


def test_a_twin_of_a_mill_survives_the_disk(twin: BarTwin, tmp_path: Path) -> None:
    path = save(twin, tmp_path / "twin.json")
    again = load(path)
    assert isinstance(again, BarTwin)
    assert to_document(again) == to_document(twin)
    assert again.heats == twin.bars == 40
    assert save(again, tmp_path / "again.json").read_bytes() == path.read_bytes()


def test_a_damaged_file_is_refused_with_a_remedy(twin: BarTwin, tmp_path: Path) -> None:
    path = save(twin, tmp_path / "twin.json")
    path.write_text(path.read_text().replace('"bars": 40', '"bars": 41'))
    with pytest.raises(DataError, match=r"changed after it was written.*twin calibrate"):
        load(path)
    path = save(twin, tmp_path / "twin.json")
    wild = dict(twin.parameters, radiation_factor=900.0)
    with pytest.raises(DataError, match=r"radiation_factor.*twin calibrate"):
        load(changed(path, parameters=wild))
    path = save(twin, tmp_path / "twin.json")
    with pytest.raises(DataError, match="do not belong together"):
        load(changed(path, z=twin.z[:-1].tolist()))


@pytest.fixture
def rod_store(home: Path, tmp_path: Path) -> Store:
    """A store with a synthetic rod mill: two measured sets made from known numbers."""
    base = shipped_mill("rod_mill")
    told = roll_train(apply(base, train_numbers(base), TRUE))
    folder = tmp_path / "rod"
    folder.mkdir()
    rng = np.random.default_rng(5)
    head = (
        "stand,groove,groove_dimensions_mm,roll_nominal_radius_mm,transport_length_to_next_m,roll_gap_mm,velocity_m_s"
    )
    rows = [head, *(f"{k + 1},round,depth=10,200,1.5,3,{1.0 + 0.5 * k:g}" for k in range(16))]
    (folder / "stands.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    for name in ("measured_set1.csv", "measured_set2.csv", "wicon_calculated.csv"):
        torque = told.torque * np.exp(0.05 * rng.standard_normal(16)) * (1.3 if "wicon" in name else 1.0)
        warm = told.temperature - 273.15 + 5.0 * rng.standard_normal(16) + (30.0 if "wicon" in name else 0.0)
        rows = ["stand,exit_surface_temperature_C,roll_torque_Nm"]
        rows += [f"{k + 1},{warm[k]:.2f},{torque[k]:.2f}" for k in range(16)]
        (folder / name).write_text("\n".join(rows) + "\n", encoding="utf-8")
    store = open_store()
    import_dataset("rod-mill", folder, name="rod", store=store)
    return store


def test_five_numbers_of_a_rod_mill_are_found_and_scored_on_the_other_set(rod_store: Store) -> None:
    twin = calibrate_bars("rod", [], rod_store)
    sd = np.sqrt(np.diag(twin.covariance))
    assert len(twin.z) == 5
    assert (np.abs(twin.z - TRUE) < 3.0 * sd + 0.1).all()
    found = bar_agreement(twin, "rod", None, rod_store)
    assert found["split"]["sets_scored"] == [2]
    assert not found["split"]["seen_before"]
    assert found["torque_mape"] < 7.0
    assert found["temperature_mae_k"] < 8.0
    assert found["wicon"]["torque_mape"] > 20.0
    assert found["uncalibrated"]["temperature_mae_k"] > found["temperature_mae_k"]
    assert "water" in twin.card["input_pedigree"]["evidence"]["en"]
    assert twin.draws(1, 2)[0]["torque_factor"] != twin.parameters["torque_factor"]


def test_a_rod_mill_has_no_trials_to_stop_at(rod_store: Store) -> None:
    with pytest.raises(DataError, match="leave --until out"):
        calibrate_bars("rod", ["3"], rod_store)


@pytest.mark.skipif(not available(), reason="PyRolL is not installed")
def test_pyroll_runs_beside_the_twin_and_its_hooks_come_back(synthetic) -> None:
    from pyroll.core import SymmetricRollPass

    base = shipped_mill("pilot")
    bars = synthetic.bars.only(np.array([0]))
    found = solve_bars(base, bars, bars.entry[:, 0], slice(1, 10))
    assert found["seconds"] > 0.01
    assert set(found["models"]) == {"pyroll", "hensel"}
    hooks = len(SymmetricRollPass.roll_force.functions)
    solved = solve_nominal(base, 0, 1443.15)
    assert len(SymmetricRollPass.roll_force.functions) == hooks
    assert solved.shape == (14, 3)
    assert (solved[:, 0] > 1e4).all()
    own = slice(1, 10)
    assert (np.diff(solved[own, 2]) < 0.0).all()
