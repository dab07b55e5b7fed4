"""Bar passes, rod mill and recordings: good files come in whole, bad ones are refused with place and remedy."""

import csv
import json
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from steelyard.errors import DataError
from steelyard.hub.ingest import import_dataset
from steelyard.hub.plausibility.check import check_dataset
from steelyard.hub.store import open_store

from .recordings import Recording, schedule
from .test_cli import run  # noqa: F401

START = datetime(2030, 4, 1, 8, 0, 0)
HEADER = (
    *("campaign", "steel", "trial", "pass_label", "start", "end", "mid", "contact_time_s", "pause_since_prev_s"),
    *("roll_force_kN", "roll_torque_kNm", "in_temperature_C", "out_temperature_C"),
)
FORCES, TORQUES = (180.0, 140.0, 200.0, 100.0), (13.0, 11.4, 12.8, 8.2)
SCHEDULE = """pass_label,groove,groove_dimensions_mm,roll_gap_mm,roll_nominal_radius_mm,velocity_m_s
R1,swedish oval,r1=6 r2=26 ground_width=38 usable_width=60 depth=7.25,13.5,160.5,1.0
R2,round,r1=4 r2=18 depth=17.5,1.5,160.5,1.0
R3,swedish oval,r1=6 r2=26 ground_width=38 usable_width=60 depth=7.25,1.5,160.5,2.0
R4,round,r1=4 r2=13.5 depth=12.5,1.0,160.5,2.0
"""
STANDS = """stand,groove,groove_dimensions_mm,roll_nominal_radius_mm,transport_length_to_next_m,roll_gap_mm,velocity_m_s
1,box,usable_width=185.29 depth=52 ground_width=157.62 r1=15 r2=18,317.5,1.5,15.0,0.261
2,false round,depth=50 r1=8 r2=55 flank_deg=65,317.5,,10.0,0.556
"""
SET = "stand,exit_surface_temperature_C,roll_torque_Nm\n1,1064,149397\n2,991,133540\n"


def pass_rows(trials: int = 12, seed: int = 3) -> list[list[str]]:
    """Return the rows of passes.csv (header first) of plausible trials of four passes."""
    rng, rows = np.random.default_rng(seed), [list(HEADER)]
    for trial in range(1, trials + 1):
        at = START + timedelta(minutes=4 * trial)
        for k in range(4):
            end = at + timedelta(seconds=0.4 + 0.1 * k)
            stray, luck = 6.0 * rng.standard_normal(), rng.standard_normal(3)
            hot, soft = 1170.0 - 20.0 * k + stray, 1.0 - 0.0026 * stray
            stamps = [str(at), str(end), "", "", ""]
            force, torque = FORCES[k] * soft * (1 + 0.01 * luck[0]), TORQUES[k] * soft * (1 + 0.01 * luck[1])
            numbers = (force, torque, hot, hot - 9.0 + 3.0 * luck[2])
            rows.append(["A", "C15", f"bar_{trial:02d}", f"R{k + 1}", *stamps, *(f"{n:.4f}" for n in numbers)])
            at = end + timedelta(seconds=5.0 + 0.3 * rng.standard_normal())
    return rows


def write_passes(folder: Path, rows: list[list[str]]) -> Path:
    """Write the three files of a set of passes; return the folder."""
    folder.mkdir(exist_ok=True)
    with (folder / "passes.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    (folder / "schedule.csv").write_text(SCHEDULE)
    (folder / "specific_heat.csv").write_text("temperature_K,cp_J_per_kgK\n300,460\n1000,1000\n1400,650\n")
    return folder


def brought_in(folder: Path, kind: str = "freiberg-passes", **options):
    return import_dataset(kind, folder, replace=True, **options)


def dropped(name: str = "freiberg-passes") -> set[tuple[int, str]]:
    """Return (row, column) of everything left out."""
    return {(row["row"], row["column"]) for row in open_store().table(name, "dropped").to_dicts()}


def test_good_passes_come_in_whole(home, tmp_path):
    result = brought_in(write_passes(tmp_path / "bars", pass_rows()))
    assert result["tables"] == {"passes": 48, "trials": 12, "schedule": 4, "specific_heat": 3}
    assert result["dropped"] == 0
    passes = open_store().table("freiberg-passes", "passes")
    assert passes.columns == [
        "campaign", "steel", "trial", "pass_label", "start", "end", "mid", "contact_time_s", "pause_s",
        "roll_force_kn", "roll_torque_knm", "in_temperature_c", "out_temperature_c", "off_schedule",
    ]  # fmt: skip
    assert passes["contact_time_s"][:4].to_list() == pytest.approx([0.4, 0.5, 0.6, 0.7], abs=1e-5)
    assert passes["pause_s"][0] is None
    assert passes["pause_s"][1] == pytest.approx((passes["mid"][1] - passes["mid"][0]).total_seconds())
    stands = open_store().table("freiberg-passes", "schedule")
    assert stands["usable_width_mm"].to_list() == [60.0, None, 60.0, None]
    assert open_store().info("freiberg-passes")["tables"]["passes"]["columns"]["roll_torque_knm"]["unit"] == "kN·m"


def test_rows_in_any_order_give_the_same_and_more_trials_import_as_well(home, tmp_path):
    rows = pass_rows()
    want = brought_in(write_passes(tmp_path / "bars", rows))["hash"]
    assert brought_in(write_passes(tmp_path / "bars", [rows[0], *reversed(rows[1:])]))["hash"] == want
    more = brought_in(write_passes(tmp_path / "bars", pass_rows(40)))
    assert more["tables"]["trials"] == 40
    times = open_store().table("freiberg-passes", "passes")["start"]
    assert times.is_sorted()


def test_sensor_faults_are_left_out_by_rules_and_only_they(home, tmp_path):
    rows = pass_rows()
    rows[7][9] = "0.005"  # a dead load cell
    rows[11][9] = f"{float(rows[11][9]) * 0.44:.3f}"  # a load cell that shows half, beside a sound torque
    rows[14][10] = f"{float(rows[14][10]) * 2.2:.3f}"  # a false torque beside a sound force
    rows[21][12] = "982.1"  # the pyrometer saw scale
    rows[25][11] = "320"  # the pyrometer saw no bar
    result = brought_in(write_passes(tmp_path / "bars", rows))
    assert result["dropped"] == 5
    want = {(8, "roll_force_kN"), (12, "roll_force_kN"), (15, "roll_torque_kNm"), (22, "out_temperature_C")}
    assert dropped() == want | {(26, "in_temperature_C")}
    listed = open_store().table("freiberg-passes", "dropped")
    assert all(listed["reason"])
    assert set(listed["value"]) == {rows[7][9], rows[11][9], rows[14][10], "982.1", "320"}
    account = result["files"]["passes.csv"]
    assert account["values_in"] == account["values_kept"] + account["values_dropped"]
    assert account["cells_emptied"] == 5


def test_a_long_pause_explains_a_cold_bar_and_force_with_torque_a_hard_one(home, tmp_path):
    rows = pass_rows()
    late = timedelta(seconds=15)
    for row in rows[3:5]:
        row[4], row[5] = str(datetime.fromisoformat(row[4]) + late), str(datetime.fromisoformat(row[5]) + late)
    rows[3][11] = "1015.0"
    rows[3][9], rows[3][10] = f"{FORCES[2] * 1.5:.2f}", f"{TORQUES[2] * 1.45:.3f}"
    assert brought_in(write_passes(tmp_path / "bars", rows))["dropped"] == 0


def test_an_off_schedule_trial_is_flagged_and_kept(home, tmp_path):
    rows = pass_rows()
    for k, factor in enumerate((0.8, 0.82, 0.78, 1.25)):
        row = rows[5 + k]
        row[9], row[10] = f"{float(row[9]) * factor:.3f}", f"{float(row[10]) * factor:.3f}"
    result = brought_in(write_passes(tmp_path / "bars", rows))
    assert [note["id"] for note in result["notes"]] == ["off_schedule"]
    assert "bar_02" in result["notes"][0]["message"]["en"]
    trials = open_store().table("freiberg-passes", "trials")
    assert trials.filter("off_schedule")["trial"].to_list() == ["bar_02"]
    assert result["dropped"] == 0


def test_later_trials_never_change_what_was_imported_of_earlier_ones(home, tmp_path):
    rows = pass_rows(24)
    rows[21][12], rows[70][12] = "1045.0", "1045.0"  # one stray among the early, one among the late
    for row in rows[1 + 4 * 12 :]:
        row[11], row[12] = str(float(row[11]) - 90.0), str(float(row[12]) - 90.0)
        row[9] = f"{float(row[9]) * 1.3:.3f}"
    early = pl.col("trial") <= "bar_12"
    brought_in(write_passes(tmp_path / "bars", rows))
    whole = open_store().table("freiberg-passes", "passes").filter(early)
    brought_in(write_passes(tmp_path / "bars", rows[: 1 + 4 * 12]))
    assert whole.equals(open_store().table("freiberg-passes", "passes").filter(early))


def test_rows_that_cannot_be_a_pass_are_dropped_with_a_reason(home, tmp_path):
    rows = pass_rows()
    rows.append(list(rows[10]))
    again = list(rows[13])
    again[9] = "150.0"
    again[4] = str(datetime.fromisoformat(again[4]) + timedelta(seconds=2))
    again[5] = str(datetime.fromisoformat(again[5]) + timedelta(seconds=2))
    rows.append(again)
    rows[30][4], rows[30][5] = rows[30][5], rows[30][4]
    result = brought_in(write_passes(tmp_path / "bars", rows))
    assert result["tables"]["passes"] == 47
    reasons = open_store().table("freiberg-passes", "dropped")["reason"].to_list()
    assert sum("second time" in reason for reason in reasons) == 1
    assert sum("ends before" in reason for reason in reasons) == 1
    assert sum("exactly equal" in reason for reason in reasons) == 1


@pytest.mark.parametrize(
    ("row", "column", "cell", "words"),
    [
        (3, 9, "abc", "row 4, column 'roll_force_kN'"),
        (3, 4, "yesterday", "row 4, column 'start'"),
        (3, 3, "R9", "row 4.*'R9' does not stand in the schedule"),
        (3, 2, "", "row 4, column 'trial'"),
        (0, 9, "force", "is it 'force'|there is no such column"),
    ],
)
def test_unreadable_cells_are_refused_with_their_place(home, tmp_path, row, column, cell, words):
    rows = pass_rows()
    rows[row][column] = cell
    with pytest.raises(DataError, match=words):
        brought_in(write_passes(tmp_path / "bars", rows))
    assert open_store().names() == []


@pytest.mark.parametrize(
    ("column", "factor", "words"),
    [(9, 1000.0, "implausible in kN"), (9, 0.05, "torque by force"), (10, 1000.0, "implausible in kN·m")],
)
def test_wrong_units_are_refused_and_a_mapping_mends_them(home, tmp_path, column, factor, words):
    rows = pass_rows()
    for row in rows[1:]:
        row[column] = f"{float(row[column]) * factor:.3f}"
    folder = write_passes(tmp_path / "bars", rows)
    with pytest.raises(DataError, match=words):
        brought_in(folder)


def test_a_mapping_names_units_columns_and_files(home, tmp_path):
    rows = pass_rows()
    want = brought_in(write_passes(tmp_path / "bars", rows))["tables"]
    rows[0][9] = "Kraft"
    for row in rows[1:]:
        row[9], row[11] = f"{1000 * float(row[9]):.1f}", f"{float(row[11]) + 273.15:.3f}"
    folder = write_passes(tmp_path / "bars", rows)
    (folder / "passes.csv").rename(folder / "stiche.csv")
    mapping = tmp_path / "map.toml"
    mapping.write_text(
        '[files.passes]\nfile = "stiche.csv"\n[files.passes.columns]\nroll_force_kN = "Kraft"\n'
        '[files.passes.units]\nroll_force_kN = "N"\nin_temperature_C = "K"\n'
    )
    assert brought_in(folder, mapping=mapping)["tables"] == want
    passes = open_store().table("freiberg-passes", "passes")
    assert 100.0 < passes["roll_force_kn"].mean() < 200.0
    assert 1100.0 < passes["in_temperature_c"].mean() < 1200.0


def test_a_schedule_that_is_no_schedule_is_refused(home, tmp_path):
    folder = write_passes(tmp_path / "bars", pass_rows())
    for old, new, words in (
        ("round,r1=4 r2=18", "oval,r1=4 r2=18", "'oval' is no groove"),
        ("r2=18", "r9=18", "'r9=18' is no dimension"),
        ("depth=17.5,1.5", "depth=17.5,0", "above zero"),
        ("R4,", "R1,", "label of a new pass"),
    ):
        (folder / "schedule.csv").write_text(SCHEDULE.replace(old, new, 1))
        with pytest.raises(DataError, match=words):
            brought_in(folder)
    (folder / "schedule.csv").unlink()
    with pytest.raises(DataError, match="missing"):
        brought_in(folder)


def test_the_measured_passes_import_with_their_known_faults(shared_data, home):
    result = brought_in(shared_data / "rolling-freiberg-passes")
    assert result["files"]["passes.csv"]["rows_dropped"] == 0
    listed = open_store().table("freiberg-passes", "dropped").to_dicts()
    trials = dict(open_store().table("freiberg-passes", "trials").select("key", "trial").iter_rows())
    forces = {trials[row["key"]][12:17]: row["value"] for row in listed if row["column"] == "roll_force_kN"}
    assert set(forces) >= {"01475", "01502"}, "the two faults that the README names"
    assert len(listed) < 0.01 * result["files"]["passes.csv"]["values_in"]
    flagged = open_store().table("freiberg-passes", "trials").filter("off_schedule")["trial"].to_list()
    assert len(flagged) == 1
    assert "01500" in flagged[0]
    report = check_dataset(open_store(), "freiberg-passes")
    assert report["counts"]["error"] == 0, report["findings"]


def test_passes_whose_force_does_not_follow_the_temperature_are_noticed(home, tmp_path):
    rows = pass_rows(40)
    brought_in(write_passes(tmp_path / "bars", rows))
    assert "force_without_temperature" not in _findings()
    rng = np.random.default_rng(4)
    for row in rows[1:]:
        row[11] = f"{float(row[11]) + 20.0 * rng.standard_normal():.1f}"
        row[9] = f"{float(row[9]) * (1 + 0.03 * rng.standard_normal()):.2f}"
    for row in rows[1:]:
        row[11] = f"{2340.0 - float(row[11]):.1f}"
    brought_in(write_passes(tmp_path / "bars", rows))
    assert "force_without_temperature" in _findings()


def _findings() -> set[str]:
    return {finding["id"] for finding in check_dataset(open_store(), "freiberg-passes")["findings"]}


def rod_mill(folder: Path, sets: int = 1) -> Path:
    """Write a small rod mill; return the folder."""
    folder.mkdir(exist_ok=True)
    (folder / "stands.csv").write_text(STANDS)
    for number in range(1, sets + 1):
        (folder / f"measured_set{number}.csv").write_text(SET)
    return folder


def test_a_rod_mill_comes_in_with_all_its_sets(home, tmp_path):
    result = brought_in(rod_mill(tmp_path / "mill", 2), "rod-mill")
    assert result["tables"] == {"stands": 2, "measured": 4, "wicon": 0}
    measured = open_store().table("rod-mill", "measured")
    assert measured["set"].to_list() == [1, 1, 2, 2]
    assert measured["roll_torque_knm"][0] == pytest.approx(149.397)
    stands = open_store().table("rod-mill", "stands")
    assert stands["transport_length_m"].to_list() == [1.5, None]
    assert stands["flank_deg"].to_list() == [None, 65.0]


def test_a_rod_mill_that_does_not_fit_together_is_refused(home, tmp_path):
    folder = rod_mill(tmp_path / "mill")
    for text, words in (
        (SET.replace("2,991", "3,991"), "stand 3 does not stand in stands.csv"),
        (SET.replace("2,991", "1,991"), "stand 1 stands a second time"),
        (SET.replace("133540", "x"), "row 3, column 'roll_torque_Nm'"),
    ):
        (folder / "measured_set1.csv").write_text(text)
        with pytest.raises(DataError, match=words):
            brought_in(folder, "rod-mill")
    (folder / "measured_set1.csv").unlink()
    with pytest.raises(DataError, match=r"measured_set1\.csv is missing"):
        brought_in(folder, "rod-mill")


def test_the_measured_rod_mill_imports(shared_data, home):
    result = brought_in(shared_data / "rod-mill-16stand", "rod-mill")
    assert result["tables"]["stands"] == 16
    assert result["tables"]["measured"] >= 16
    assert result["dropped"] == 0


def test_recordings_come_in_and_what_cannot_be_is_emptied(home, tmp_path):
    frame = Recording(20.0, schedule()[:2]).frame()
    odd = pl.Series(np.arange(frame.height) == 1234)
    frame = frame.with_columns(pl.when(odd).then(9e9).otherwise(pl.col("torque_duo_knm")).alias("torque_duo_knm"))
    frame = frame.rename({"force_f1_kn": "force_F1_kN"}).with_columns(operator=pl.lit("x"))
    folder = tmp_path / "raw"
    folder.mkdir()
    frame[:6000].write_parquet(folder / "a.parquet")
    pl.concat([frame[6050:], frame[6050:6051]]).write_parquet(folder / "b.parquet")
    result = brought_in(folder, "rolling-recordings")
    assert result["tables"] == {"signals": 9950, "recordings": 1}
    assert result["dropped"] == 2
    assert dropped("rolling-recordings") == {(1235, "torque_duo_knm"), (3951, "time")}
    listed = open_store().table("rolling-recordings", "recordings").row(0, named=True)
    assert (listed["samples"], listed["step_ms"], listed["gaps"]) == (9950, 2.0, 1)
    assert {note["id"] for note in result["notes"]} == {"unread_columns", "gaps"}
    assert open_store().info("rolling-recordings")["tables"]["signals"]["columns"]["force_f1_kn"]["unit"] == "kN"


def test_recordings_as_csv_and_bad_ones(home, tmp_path, run):  # noqa: F811
    frame = Recording(8.0, schedule()[:1]).frame().drop("recording")
    path = tmp_path / "bar_7.csv"
    frame.write_csv(path, datetime_format="%Y-%m-%d %H:%M:%S%.6f")
    result = brought_in(path, "rolling-recordings")
    assert result["tables"]["signals"] == frame.height
    assert open_store().table("rolling-recordings", "recordings")["recording"].to_list() == ["bar_7"]
    frame.select("time", a="torque_duo_knm").write_csv(path)
    with pytest.raises(DataError, match="no channel among the columns"):
        brought_in(path, "rolling-recordings")
    path.with_suffix(".parquet").write_bytes(b"nonsense")
    assert "no Parquet file" in run("import", "rolling-recordings", str(path.with_suffix(".parquet")), code=2)
    with pytest.raises(DataError, match="no such folder"):
        brought_in(tmp_path / "nowhere", "rolling-recordings")


def test_the_way_of_a_set_of_passes(home, tmp_path, run):  # noqa: F811
    rows = pass_rows()
    rows[7][9] = "0.005"
    folder = str(write_passes(tmp_path / "bars", rows))
    said = " ".join(run("import", "freiberg-passes", folder, "--name", "bars").split())
    assert "1 value(s) left out" in said
    assert json.loads(run("list", "--json"))[0]["tables"]["passes"] == 48
    shown = " ".join(run("show", "bars", "--dropped").split())
    assert "bar_02" in shown
    assert "봉" in run("show", "bars", "--dropped", "--lang", "ko")
    report = json.loads(run("check", "bars", "--json"))
    assert {finding["table"] for finding in report["findings"]} <= {"passes", "all tables"}
    assert json.loads(run("remove", "bars", "--yes", "--json"))["removed"] is True
