"""The importer: good files come in whole, bad ones are refused with place and remedy, nothing gets lost silently."""

import random
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steelyard.errors import DataError
from steelyard.hub.ingest import import_dataset
from steelyard.hub.store import open_store

from .conftest import heat_files, write_files


def _import(folder: Path, **options):
    return import_dataset("ladle-furnace", folder, replace=True, **options)


def _refused(folder: Path, *words: str, **options) -> str:
    """Import must fail; the message holds all words. Return it."""
    with pytest.raises(DataError) as caught:
        _import(folder, **options)
    message = str(caught.value)
    for word in words:
        assert word in message, message
    assert open_store().names() == []
    return message


def test_good_files_come_in_whole(home, files, write):
    result = _import(write(files))
    assert result["tables"] == {"heatings": 36, "dips": 36, "additions": sum(_cells(files)), "gas": 12}
    assert result["dropped"] == 0
    store = open_store()
    heatings = store.table("ladle-furnace", "heatings")
    assert heatings.columns == ["key", "start", "end", "active_energy_mwh", "reactive_energy_mvarh"]
    assert heatings["active_energy_mwh"][0] == pytest.approx(14.0 * 150 / 3600, abs=1e-6)
    additions = store.table("ladle-furnace", "additions")
    assert additions.columns == ["key", "time", "material", "amount"]
    assert set(additions["material"]) == {"bulk_1", "bulk_2", "bulk_3", "wire_1", "wire_2"}
    assert store.info("ladle-furnace")["tables"]["dips"]["columns"]["temperature_c"]["unit"] == "°C"


def _cells(files) -> list[int]:
    return [sum(1 for cell in row[1:] if cell) for name in ("bulk", "wire") for row in files[name][1:]]


def test_implausible_values_are_dropped_and_listed(home, files, write):
    files["temp"][1][2] = "1190.0"
    files["arc"][2][4] = "-715.5"
    files["arc"][3][1], files["arc"][3][2] = files["arc"][3][2], files["arc"][3][1]
    files["bulk"][1][2 if files["bulk"][1][2] else 1] = "-5"
    files["gas"].append(list(files["gas"][-1]))
    result = _import(write(files))
    listed = open_store().table("ladle-furnace", "dropped")
    found = {(row["file"], row["row"], row["column"], row["value"]) for row in listed.to_dicts()}
    assert ("temp.csv", 2, "temperature_c", "1190.0") in found
    assert ("arc.csv", 3, "reactive_power", "-715.5") in found
    assert ("arc.csv", 4, "heating_end", files["arc"][3][2]) in found
    assert ("gas.csv", 14, "(row)", ", ".join(files["gas"][-1])) in found
    assert any(file == "bulk.csv" and value == "-5" for file, _, _, value in found)
    assert result["dropped"] == len(found) == 5
    assert all(row["reason"] for row in listed.to_dicts())
    heatings = open_store().table("ladle-furnace", "heatings")
    assert heatings.height == 35  # the reactive value alone went; its heating stays
    assert heatings["reactive_energy_mvarh"].null_count() == 1


def test_every_row_is_accounted_for(home, files, write):
    files["temp"][4][2] = "900"
    for account in _import(write(files))["files"].values():
        assert account["rows_in"] == account["rows_kept"] + account["rows_dropped"]
        assert account["values_in"] == account["values_kept"] + account["values_dropped"]


@pytest.mark.parametrize(
    ("name", "row", "column", "cell", "words"),
    [
        ("temp", 3, 2, "abc", ("temp.csv", "row 4", "temperature_c", "number")),
        ("temp", 3, 2, "NaN", ("row 4", "temperature_c", "leave the cell empty")),
        ("arc", 2, 3, "inf", ("arc.csv", "row 3", "active_power")),
        ("arc", 2, 1, "yesterday", ("row 3", "heating_start", "time")),
        ("temp", 2, 1, "2024-03-04 25:00:00", ("row 3", "time")),
        ("gas", 1, 0, "", ("gas.csv", "row 2", "key")),
        ("gas", 1, 0, "1.5", ("gas.csv", "row 2", "key")),
        ("gas", 5, 1, "9,5", ("gas.csv", "row 6")),
    ],
)
def test_unreadable_cells_are_refused_with_their_place(home, files, write, name, row, column, cell, words):
    files[name][row][column] = cell
    _refused(write(files), *words)


def test_a_cut_row_is_refused(home, files, write):
    folder = write(files)
    text = (folder / "arc.csv").read_text()
    (folder / "arc.csv").write_text(text[: text.rindex(",", 0, len(text) - 12)])
    _refused(folder, "arc.csv", f"row {len(files['arc'])}", "fields")


def test_wrong_headers_are_refused_with_the_nearest_name(home, files, write):
    files["temp"][0][2] = "temperature"
    _refused(write(files), "temp.csv", "temperature_c", "is it 'temperature'?", "[files.temp.columns]", "--map")


def test_duplicated_headers_empty_missing_and_binary_files_are_refused(home, files, write, tmp_path):
    folder = write(files)
    (folder / "gas.csv").write_text("key,gas_1,gas_1\n1,2,3\n")
    _refused(folder, "gas.csv", "twice")
    (folder / "gas.csv").write_text("")
    _refused(folder, "gas.csv", "empty")
    (folder / "gas.csv").write_text("key,gas_1\n")
    _refused(folder, "gas.csv", "no rows")
    (folder / "gas.csv").write_bytes(bytes(range(256)) * 4)
    _refused(folder, "gas.csv", "binary")
    (folder / "gas.csv").unlink()
    _refused(folder, "gas.csv", "missing", "arc.csv")
    _refused(tmp_path / "nowhere", "no such folder")


def test_shuffled_columns_and_rows_are_read_by_name_and_key(home, files, write):
    want = _import(write(files))["hash"]
    rng = random.Random(3)
    for name in files:
        order = rng.sample(range(len(files[name][0])), len(files[name][0]))
        files[name] = [[row[at] for at in order] for row in files[name]]
        body = files[name][1:]
        rng.shuffle(body)
        files[name] = [files[name][0], *body]
    result = _import(write(files))
    assert result["hash"] == want
    assert any(note["id"] == "sorted_rows" for note in result["notes"])


def test_amounts_and_times_must_agree_key_by_key(home, files, write):
    keys = [row[0] for row in files["bulk_time"][1:]]
    for row, key in zip(files["bulk_time"][1:], keys[1:] + keys[:1], strict=True):
        row[0] = key
    _refused(write(files), "heat", "Export both again")


def test_a_file_that_lacks_heats_is_refused_or_noted(home, files, write):
    folder = write(files | {"bulk_time": files["bulk_time"][:-2]})
    _refused(folder, "bulk.csv", "missing in bulk_time.csv")
    result = _import(write(files | {"gas": files["gas"][:-2]}))
    note = next(n for n in result["notes"] if n["evidence"].get("table") == "gas")
    assert note["evidence"]["keys"] == [11, 12]


def test_keys_shuffled_against_times_are_refused(home, files, write):
    many = heat_files(200)
    keys = [row[0] for row in many["temp"][1:]]
    random.Random(1).shuffle(keys)
    for row, key in zip(many["temp"][1:], keys, strict=True):
        row[0] = key
    _refused(write(many), "spread over more than 48 h")


@pytest.mark.parametrize(
    ("name", "column", "change", "words"),
    [
        ("temp", 2, lambda v: v * 1.8 + 32, ("°F", "temperature_c")),
        ("temp", 2, lambda v: v + 273.15, ("looks like K",)),
        ("arc", 3, lambda v: v * 1000, ("kWh", "active_power")),
        ("arc", 3, lambda v: 14.1 + 0 * v, ("power in MW",)),
        ("temp", 2, lambda v: v / 10, ("temperature_c",)),
    ],
)
def test_a_wrong_unit_is_noticed(home, files, write, name, column, change, words):
    for row in files[name][1:]:
        row[column] = f"{change(float(row[column])):.3f}"
    _refused(write(files), *words)


def test_a_mapping_reads_other_names_units_and_ways_of_writing(home, files, write, tmp_path):
    _import(write(files))
    for row in files["arc"][1:]:
        row[1], row[2] = (_german(cell) for cell in row[1:3])
        row[3] = f"{float(row[3]) * 1000:.3f}".replace(".", ",")
        row[4] = row[4].replace(".", ",")
    files["arc"][0] = ["Schmelze", "Начало", "Ende", "Energie", "Blind"]
    for row in files["temp"][1:]:
        row[2] = f"{float(row[2]) + 273.15:.2f}"
    folder = tmp_path / "other"
    write_files(folder, {k: v for k, v in files.items() if k != "arc"})
    write_files(folder, {"heizungen": files["arc"]}, separator=";", encoding="cp1251")
    mapping = tmp_path / "map.toml"
    mapping.write_text(
        '[files.arc]\nfile = "heizungen.csv"\n'
        '[files.arc.format]\nencoding = "cp1251"\nseparator = ";"\ndecimal = ","\ntime_format = "%d.%m.%Y %H:%M:%S"\n'
        '[files.arc.columns]\nkey = "Schmelze"\nheating_start = "Начало"\nheating_end = "Ende"\n'
        'active_power = "Energie"\nreactive_power = "Blind"\n'
        '[files.arc.units]\nactive_power = "kWh"\n[files.temp.units]\ntemperature_c = "K"\n',
        encoding="utf-8",
    )
    _import(folder, name="other", mapping=mapping)
    mine, other = (open_store().table(n, "heatings") for n in ("ladle-furnace", "other"))
    assert mine["start"].equals(other["start"])
    assert (mine["active_energy_mwh"] - other["active_energy_mwh"]).abs().max() < 1e-6
    dips = [open_store().table(n, "dips")["temperature_c"] for n in ("ladle-furnace", "other")]
    assert (dips[0] - dips[1]).abs().max() < 1e-6


def _german(cell: str) -> str:
    day, clock = cell.split(" ")
    year, month, number = day.split("-")
    return f"{number}.{month}.{year} {clock}"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[files.arcs]\nfile = 'x'", ("'arcs' is not understood",)),
        ("[files.arc.units]\nactive_power = 'horses'", ("horses", "active_power")),
        ("[files.arc.units]\nactive_power = 'kg'", ("active_power",)),
        ("[ranges.temperature_c]\nlow = 1", ("low and high",)),
        ("not toml at all [", ("TOML",)),
        ("[format]\ndecimal = ';'", ("decimal",)),
    ],
)
def test_a_wrong_mapping_is_refused(home, files, write, tmp_path, content, words):
    mapping = tmp_path / "map.toml"
    mapping.write_text(content)
    _refused(write(files), *words, mapping=mapping)


def test_a_name_is_only_overwritten_when_asked(home, files, write):
    folder = write(files)
    import_dataset("ladle-furnace", folder)
    with pytest.raises(DataError, match="--replace"):
        import_dataset("ladle-furnace", folder)
    import_dataset("ladle-furnace", folder, replace=True)
    assert open_store().names() == ["ladle-furnace"]


def test_many_implausible_values_are_a_wrong_column_not_bad_luck(home, files, write):
    for row in files["temp"][1:12]:
        row[2] = "1200"
    _refused(write(files), "implausible", "temperature_c")


SLOW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@SLOW
@given(data=st.data())
def test_spoiled_bytes_never_raise_anything_but_data_errors(data, home, tmp_path_factory):
    folder = write_files(tmp_path_factory.mktemp("heats"), heat_files(5))
    name = data.draw(st.sampled_from(sorted(path.name for path in folder.iterdir())))
    content = bytearray((folder / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        what = data.draw(st.sampled_from(("set", "cut", "insert", "delete")))
        if what == "set":
            content[at] = data.draw(st.integers(0, 255))
        elif what == "insert":
            content[at:at] = data.draw(st.binary(min_size=1, max_size=6))
        elif what == "delete":
            del content[at : at + data.draw(st.integers(1, 40))]
        else:
            del content[at + 1 :]
        if not content:
            break
    (folder / name).write_bytes(bytes(content))
    _import_or_data_error(folder)


@SLOW
@given(data=st.data())
def test_spoiled_rows_never_raise_anything_but_data_errors(data, home, tmp_path_factory):
    files = heat_files(5)
    name = data.draw(st.sampled_from(sorted(files)))
    rows = files[name]
    cells = st.sampled_from(
        ("", "nan", "-1", "1e308", "1e999", "0", "2024-03-04 07:00:00", "9" * 30, "x\x00y", '"', "١٢", "#DIV/0!")
    )
    for _ in range(data.draw(st.integers(1, 6))):
        row = data.draw(st.integers(0, len(rows) - 1))
        column = data.draw(st.integers(0, len(rows[row]) - 1))
        rows[row][column] = data.draw(cells)
    _import_or_data_error(write_files(tmp_path_factory.mktemp("heats"), files))


def _import_or_data_error(folder: Path) -> None:
    try:
        result = _import(folder)
    except DataError:
        return
    for account in result["files"].values():
        assert account["rows_in"] == account["rows_kept"] + account["rows_dropped"]
        assert account["values_in"] == account["values_kept"] + account["values_dropped"]
    shutil.rmtree(folder)


@SLOW
@given(
    temperatures=st.lists(st.floats(1460, 1740), min_size=15, max_size=15),
    energies=st.lists(st.floats(0.2, 1.2), min_size=15, max_size=15),
)
def test_good_values_make_the_round_trip(temperatures, energies, home, tmp_path_factory):
    files = heat_files(5)
    for row, value in zip(files["temp"][1:], temperatures, strict=True):
        row[2] = repr(value)
    for row, value in zip(files["arc"][1:], energies, strict=True):
        row[3] = repr(value)
    result = _import(write_files(tmp_path_factory.mktemp("heats"), files))
    assert result["dropped"] == 0
    store = open_store()
    assert store.table("ladle-furnace", "dips")["temperature_c"].to_list() == temperatures
    assert store.table("ladle-furnace", "heatings")["active_energy_mwh"].to_list() == energies


def test_any_table_comes_in_with_types_units_and_listed_gaps(home, tmp_path):
    path = tmp_path / "furnace.csv"
    rows = ["시각;온도_C;상태;무게_kg"] + [f"2024-01-01 00:{m:02d}:00;{1200 + m},5;양품;{m}" for m in range(40)]
    rows[5] = "2024-01-01 00:04:00;N/A;불량;4"
    path.write_text("\n".join(rows) + "\n", encoding="cp949")
    result = import_dataset("table", path)
    info, frame = open_store().info("furnace"), open_store().table("furnace", "table")
    assert str(frame.schema["시각"]).startswith("Datetime")
    assert frame["온도_C"][0] == 1200.5
    assert info["tables"]["table"]["columns"]["온도_C"]["unit"] == "°C"
    assert result["dropped"] == 1
    assert any(note["id"] == "encoding" for note in result["notes"])


def test_measured_set_comes_in_under_five_seconds(home, shared_data):
    code = (
        "import sys; from pathlib import Path; from steelyard.hub.ingest import import_dataset;"
        "print(import_dataset('ladle-furnace', Path(sys.argv[1]))['tables'])"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-c", code, str(shared_data / "ladle-furnace")], capture_output=True, text=True, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 5.0  # processor seconds
    assert done.stdout.strip() == "{'heatings': 11168, 'dips': 11943, 'additions': 11500, 'gas': 2429}"
    listed = open_store().table("ladle-furnace", "dropped")
    assert listed.filter(listed["column"] == "reactive_power")["value"].to_list() == ["-715.5049241780999"]
    assert listed.height == 7
