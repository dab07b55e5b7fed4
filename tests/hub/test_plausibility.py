"""The plausibility check: it finds what was done to data, and leaves honest data alone."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from steelyard.errors import DataError
from steelyard.hub.ingest import import_dataset
from steelyard.hub.plausibility.check import check_all, check_dataset, check_file, check_frame
from steelyard.hub.store import open_store

from .conftest import heat_files, write_files

START = datetime(2024, 3, 4, 6, 0, 0)


def _times(seconds) -> list[datetime]:
    return [START + timedelta(seconds=float(s)) for s in np.cumsum(seconds)]


def _walk(rng, count: int, memory: float = 0.95) -> np.ndarray:
    values = np.zeros(count)
    for at in range(1, count):
        values[at] = memory * values[at - 1] + rng.normal() * np.sqrt(1 - memory**2)
    return values


def _found(frame: pl.DataFrame, **roles) -> dict[str, dict]:
    """Return finding id → finding (the worst of each), notes left out."""
    found = {f.id: f.as_dict() for f in reversed(check_frame("t", frame, **roles)) if f.severity != "note"}
    for finding in found.values():
        assert set(finding["message"]) == {"en", "ko"}
        assert all(len(text) > 20 for text in finding["message"].values())
    return found


@pytest.fixture
def rng():
    return np.random.default_rng(11)


def _honest(rng, count: int = 3000) -> dict:
    load = _walk(rng, count, 0.99)
    return {
        "time": _times([10.0] * count),
        "zone1_temp_C": (1200 + 10 * load + rng.normal(size=count)).round(1),
        "zone2_temp_C": (1230 + 8 * load + 2 * rng.normal(size=count)).round(1),
        "gas_m3_h": (900 + 80 * load + 5 * rng.normal(size=count)).round(1),
        "o2_pct": (3 + 0.3 * _walk(rng, count)).round(2),
    }


def test_an_honest_furnace_gives_no_alarm(rng):
    assert _found(pl.DataFrame(_honest(rng))) == {}


def test_honest_batches_give_no_alarm(rng):
    lengths = rng.integers(40, 90, 60)
    rows = int(lengths.sum())
    ramp = [20 + 60 * (1 - np.exp(-np.arange(n) / 20)) for n in lengths]
    frame = {
        "batch": np.repeat(np.arange(60), lengths),
        "time": _times([5.0] * rows),
        "temp_C": np.concatenate([r + 0.3 * rng.normal(size=r.size) for r in ramp]).round(2),
        "coarse_temp_C": np.concatenate(ramp).round(0),  # a display without noise may well only rise
        "pressure_bar": np.concatenate([3 + 0.1 * _walk(rng, n, 0.8) for n in lengths]).round(3),
    }
    assert _found(pl.DataFrame(frame)) == {}


def test_honest_labels_give_no_alarm(rng):
    x = rng.normal(size=(3, 1500))
    bad = rng.uniform(size=1500) < 1 / (1 + np.exp(-(2 * x[0] + x[1] - 2)))
    frame = {
        "time": _times(rng.lognormal(6, 0.5, 1500)),
        "speed": x[0].round(3),
        "force_kN": (100 + 10 * x[1] + 5 * x[0]).round(2),
        "temp_C": (900 + 20 * x[2] + 10 * x[0]).round(1),
        "defect": bad.astype(int),
    }
    assert _found(pl.DataFrame(frame)) == {}


def test_labels_at_random_are_not_explained_by_a_rule(rng):
    frame = {f"x{i}": rng.normal(size=400) + np.linspace(0, 1, 400) for i in range(30)}
    frame["defect"] = (rng.uniform(size=400) < 0.03).astype(int)
    assert "computed_label" not in _found(pl.DataFrame(frame))


def test_dead_copied_and_pasted_columns(rng):
    honest = _honest(rng)
    count = len(honest["time"])
    fine = 50 + _walk(rng, count) + 0.3 * rng.normal(size=count)
    fine[2000:2400] = fine[500:900]
    extra = {
        "dead_temp_C": np.full(count, 21.5),
        "empty": np.full(count, np.nan),
        "zone1_temp_F": honest["zone1_temp_C"] * 1.8 + 32,
        "copy": honest["o2_pct"],
        "current_A": fine.round(3),
    }
    found = _found(pl.DataFrame(honest | extra, nan_to_null=True))
    assert found["constant_column"]["columns"] == ["dead_temp_C"]
    assert found["empty_column"]["columns"] == ["empty"]
    assert found["affine_copy"]["evidence"]["slope"] == pytest.approx(1.8)
    assert found["duplicate_column"]["columns"] == ["o2_pct", "copy"]
    assert found["copied_block"]["columns"] == ["current_A"]
    assert found["copied_block"]["evidence"]["rows_repeated"] == pytest.approx(400, abs=30)


def test_a_stuck_sensor_is_seen(rng):
    honest = _honest(rng)
    honest["gas_m3_h"][1000:1400] = honest["gas_m3_h"][1000]
    found = _found(pl.DataFrame(honest))
    assert set(found) == {"stuck_sensor"}
    assert found["stuck_sensor"]["evidence"]["samples"] == pytest.approx(400, abs=2)
    assert found["stuck_sensor"]["evidence"]["first_row"] == pytest.approx(1002, abs=1)


def test_impossible_and_sentinel_values(rng):
    honest = _honest(rng)
    honest["zone1_temp_C"][::50] = 1999.9
    honest["zone2_temp_C"][5:40] = 0.0
    honest["gas_m3_h"][7] = -9999.0
    honest["o2_pct"][3] = 140.0
    honest["carbon_kg"] = np.where(np.arange(3000) % 90 == 0, 65535.0, 900 + 50 * rng.normal(size=3000)).round()
    found = check_frame("t", pl.DataFrame(honest))
    marks = {(f.columns[0], f.evidence["value"]) for f in found if f.id == "sentinel_value"}
    assert marks == {("zone1_temp_C", 1999.9), ("zone2_temp_C", 0.0), ("gas_m3_h", -9999.0), ("carbon_kg", 65535.0)}


def test_times_that_jump_back_and_times_that_were_invented(rng):
    honest = _honest(rng)
    honest["time"][1500:1520] = [t - timedelta(hours=1) for t in honest["time"][1500:1520]]
    inversion = _found(pl.DataFrame(honest))["time_inversion"]
    assert inversion["evidence"]["worst_s"] == pytest.approx(3590)
    for gaps, invented in (
        (rng.uniform(300, 900, 700), True),
        (rng.integers(300, 901, 400), True),
        (rng.exponential(600, 700), False),
        (rng.normal(600, 60, 700), False),
        (rng.lognormal(6, 0.4, 700), False),
        (np.where(rng.uniform(size=700) < 0.05, 7200, rng.normal(90, 3, 700)), False),
    ):
        frame = pl.DataFrame({"time": _times(gaps), "x": _walk(rng, len(gaps))})
        assert ("invented_clock" in _found(frame)) is invented


def test_batches_cut_to_size_sorted_and_without_memory(rng):
    lots, samples = 60, 50
    rows = lots * samples
    frame = {
        "lot": np.repeat(np.arange(lots), samples),
        "time": _times([5.0] * rows),
        "pH": np.concatenate([np.sort(rng.uniform(1, 3, samples)) for _ in range(lots)]).round(2),
        "temp_C": rng.uniform(40, 60, rows).round(2),
        "current_A": rng.normal(7, 1, rows).round(2),
    }
    found = _found(pl.DataFrame(frame))
    assert found["fixed_batch_length"]["evidence"]["samples"] == samples
    assert found["never_turns_back"]["columns"] == ["pH"]
    assert found["no_memory"]["severity"] == "error"
    assert found["no_memory"]["columns"] == ["temp_C", "current_A"]
    assert found["unrelated_columns"]["severity"] == "warning"


def _plates(rng, count: int = 800) -> dict:
    return {
        "temp_C": rng.normal(950, 40, count).round(),
        "soak_C": rng.normal(1150, 15, count).round(),
        "passes": rng.integers(5, 12, count),
        "breaker": rng.choice(["on", "off"], count, p=[0.95, 0.05]),
        "shift": rng.choice(["A", "B", "C"], count),
    }


def test_a_computed_label_is_found_with_its_rule(rng):
    plates = _plates(rng)
    bad = (plates["temp_C"] > 1000) | (plates["breaker"] == "off") | (plates["passes"] % 2 == 1)
    plates["scale"] = np.where(bad, "불량", "양품")
    finding = _found(pl.DataFrame(plates))["computed_label"]
    words = " | ".join(part for rule in finding["evidence"]["rules"].values() for part in rule)
    assert finding["severity"] == "error"
    # either polarity of the rule is right
    assert all(part in words for part in ("temp_C", "breaker", "passes")) or "passes is odd" in words
    plates["scale"][rng.integers(0, 800, 40)] = "불량"  # forty labels that no rule gives
    assert "computed_label" not in _found(pl.DataFrame(plates))


def test_a_rule_of_two_conditions_is_found(rng):
    plates = _plates(rng, 1500)
    bad = (plates["temp_C"] > 1030) | ((plates["shift"] == "A") & (plates["soak_C"] > 1155))
    plates["defect"] = bad.astype(int)
    rules = _found(pl.DataFrame(plates))["computed_label"]["evidence"]["rules"]
    assert "(shift = A and soak_C > 1155)" in rules["1"]


def test_leaks_of_the_same_row(rng):
    count = 2000
    power, blind = rng.gamma(3, 20, count).round(2) + 1, rng.gamma(2, 10, count).round(2) + 1
    frame = {
        "usage_kwh": power,
        "kvarh": blind,
        "pf_pct": (100 * power / np.hypot(power, blind)).round(2),
        "co2_t": (power * 0.00045).round(2),
        "outside_temp_C": (10 + 8 * _walk(rng, count)).round(1),
    }
    found = check_frame("t", pl.DataFrame(frame))
    assert {f.id for f in found if f.severity == "warning"} == {"same_row_leak", "rounded_copy"}
    leak = next(f for f in found if f.id == "same_row_leak")
    assert leak.columns == ("usage_kwh", "kvarh", "pf_pct")
    assert next(f for f in found if f.id == "rounded_copy").columns == ("usage_kwh", "co2_t")
    frame["pf_pct"] = (frame["pf_pct"] + 5 * rng.normal(size=count)).round(2)
    assert "same_row_leak" not in {f.id for f in check_frame("t", pl.DataFrame(frame))}


def test_labels_in_few_episodes_and_tight_targets(rng):
    honest = _honest(rng)
    label = np.zeros(3000)
    label[400:440] = label[900:960] = 1
    finding = _found(pl.DataFrame(honest | {"passorfail": label}))["bunched_label"]
    assert finding["evidence"]["episodes"] == 2
    assert "last" in finding["message"]["en"]
    steel = {"final_temp_C": (1593 + rng.normal(0, 0.5, 300)).round(1), "energy_MWh": rng.normal(3, 0.5, 300).round(2)}
    assert "tight_target" in _found(pl.DataFrame(steel), target="final_temp_C")
    steel["final_temp_C"] = (1593 + rng.normal(0, 12, 300)).round(1)
    assert "tight_target" not in _found(pl.DataFrame(steel), target="final_temp_C")


def test_a_shifted_clock_between_tables_is_found(home, tmp_path):
    files = heat_files(80)
    import_dataset("ladle-furnace", write_files(tmp_path / "good", files), name="good")
    assert not _worse(check_dataset(open_store(), "good"))
    for row in files["temp"][1:]:
        if int(row[0]) >= 40:
            row[1] = str(datetime.fromisoformat(row[1]) + timedelta(hours=1))
    import_dataset("ladle-furnace", write_files(tmp_path / "shifted", files), name="shifted")
    finding = next(f for f in check_dataset(open_store(), "shifted")["findings"] if f["id"] == "clock_shift")
    assert finding["table"] == "dips"
    assert finding["evidence"]["shift_s"] == pytest.approx(3600, abs=600)
    assert finding["evidence"]["first_key"] == 40


def _worse(report: dict) -> list[str]:
    return [f"{f['id']}: {f['message']['en']}" for f in report["findings"] if f["severity"] != "note"]


def test_roles_and_names_that_do_not_exist_are_refused(home, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n3,4\n")
    for role in ("group", "time", "target"):
        with pytest.raises(DataError, match="no such column"):
            check_file(path, **{role: "nope"})
    with pytest.raises(DataError, match="not a column of times"):
        check_file(path, time="a")
    with pytest.raises(DataError, match="neither a data set nor a file"):
        check_all(["nothing"], None)
    assert [f["id"] for f in check_all([str(path)], None)[0]["findings"]] == ["few_rows"]


@pytest.mark.parametrize("rows", [1, 2, 5, 25])
def test_small_and_strange_tables_raise_nothing(rows):
    frame = pl.DataFrame(
        {
            "time": [START] * rows,
            "lot": [1] * rows,
            "x": [None] * rows,
            "y": [float("nan")] * rows,
            "label": ["a"] * rows,
            "flag": [True] * rows,
            "count": list(range(rows)),
        }
    )
    assert isinstance(check_frame("t", frame), list)
    assert isinstance(check_frame("t", frame, target="y"), list)


DOCUMENTED = {  # data set → the worst findings that its README tells of; nothing else may be error or warning
    "posco-plate-scale/plates.csv": {"invented_clock", "computed_label", "duplicate_column", "sentinel_value"},
    "kamp-pickling-bath/bath_5s.parquet": {"fixed_batch_length", "never_turns_back", "copied_block", "time_inversion"},
    "kamp-extruder-line/extruder_5s.parquet": {"wrong_trade", "bunched_label", "missing_label"},
    "steel-industry-energy/energy_15min.csv": {"same_row_leak", "rounded_copy", "time_inversion"},
    "kamp-die-casting/shots.parquet": {"sentinel_value"},
    "rolling-freiberg-passes/passes.csv": set(),
    "kamp-heat-treatment-lots/lots.csv": {"computed_label", "missing_label"},
    "tata-hot-rolling-defects/coils_labelled.csv": set(),
    "steel-plates-faults/faults.csv": set(),
    "cwru-bearing-features/features_48k_load1.csv": set(),
    "ladle-heat-1hz/heat.csv": set(),
}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_measured_sets_show_what_their_readmes_say_and_no_more(shared_data, name):
    report = check_file(shared_data / name)
    assert {f["id"] for f in report["findings"] if f["severity"] != "note"} == DOCUMENTED[name], _worse(report)


def test_the_rule_behind_the_plates_is_printed(shared_data):
    report = check_file(shared_data / "posco-plate-scale" / "plates.csv")
    rule = next(f for f in report["findings"] if f["id"] == "computed_label")["evidence"]["rules"]["불량"]
    assert set(rule) == {"rolling_temp > 1000", "hsb = 미적용", "descaling_count is odd", "fur_soak_temp > 1175"}


def test_the_leaks_of_the_energy_set_are_named(shared_data):
    report = check_file(shared_data / "steel-industry-energy" / "energy_15min.csv")
    leaks = [f["columns"] for f in report["findings"] if f["id"] == "same_row_leak"]
    assert ["usage_kwh", "lagging_kvarh", "lagging_pf_pct"] in leaks


def test_measured_heats_give_no_alarm(home, shared_data):
    import_dataset("ladle-furnace", shared_data / "ladle-furnace")
    report = check_dataset(open_store(), "ladle-furnace")
    assert _worse(report) == []
    assert any(f["id"] == "key_order" for f in report["findings"])
