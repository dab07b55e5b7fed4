"""What a first-time user meets: named heats, time zones, thousands, exit codes, plain words, both languages."""

import io
import json
import re
import signal
import sys
from datetime import datetime, timedelta

import numpy as np
import pytest

from steelyard.errors import DataError
from steelyard.hub.ingest import import_dataset
from steelyard.hub.plausibility.check import check_dataset, check_file
from steelyard.hub.store import open_store

from .conftest import heat_files, write_files
from .test_cli import run  # noqa: F401

TIMES = {"arc": (1, 2), "temp": (1,), "bulk_time": (1, 2, 3), "wire_time": (1, 2)}


def _import(folder, **options):
    return import_dataset("ladle-furnace", folder, replace=True, **options)


def _with_times(files, change, names=TIMES):
    for name in names:
        for row in files[name][1:]:
            for at in TIMES[name]:
                row[at] = change(row[at]) if row[at] else ""
    return files


def _named(files, name="H{}"):
    for rows in files.values():
        for row in rows[1:]:
            row[0] = name.format(row[0])
    return files


@pytest.mark.parametrize(
    ("time_format", "change"),
    [
        (None, lambda t: t.replace(" ", "T") + "+09:00"),
        (None, lambda t: t + "Z"),
        ("%Y-%m-%dT%H:%M:%S%z", lambda t: t.replace(" ", "T") + "+0900"),
        ("%Y-%m-%d %H:%M:%S %Z", lambda t: t + " KST"),
    ],
)
def test_times_with_a_zone_keep_the_clock_as_written(home, files, write, tmp_path, time_format, change):
    want = _import(write(files))["hash"]
    options = {}
    if time_format:
        options["mapping"] = tmp_path / "map.toml"
        options["mapping"].write_text(f'[format]\ntime_format = "{time_format}"\n')
    result = _import(write(_with_times(files, change)), **options)
    assert result["hash"] == want
    assert [note["id"] for note in result["notes"]] == ["time_zone"]


def test_zones_that_do_not_fit_are_refused(home, files, write, tmp_path):
    _with_times(files, lambda t: t + "+09:00", ("arc", "bulk_time", "wire_time"))
    _with_times(files, lambda t: t + "Z", ("temp",))
    with pytest.raises(DataError, match=r"different time zones.*temp\.csv: Z"):
        _import(write(files))
    files["temp"][3][1] = files["temp"][3][1].removesuffix("Z")
    with pytest.raises(DataError, match=r"temp\.csv, row 4, .*has no time zone"):
        _import(write(files))
    mapping = tmp_path / "map.toml"
    for pattern in ("%z %Y-%m-%d %H:%M:%S", "%+"):
        mapping.write_text(f'[format]\ntime_format = "{pattern}"\n')
        with pytest.raises(DataError, match="at the end of a time only"):
            _import(write(files), mapping=mapping)


def test_a_table_keeps_the_clock_of_its_zone(home, tmp_path):
    path = tmp_path / "line.csv"
    path.write_text("time,x\n" + "".join(f"2024-03-04T06:{m:02d}:00+09:00,{m}\n" for m in range(40)))
    result = import_dataset("table", path)
    assert str(open_store().table("line", "table")["time"][0]) == "2024-03-04 06:00:00"
    assert [note["id"] for note in result["notes"]] == ["time_zone"]


def test_named_heats_are_numbered_by_time_and_keep_their_names(home, files, write):
    plain = _import(write(files))["tables"]
    _named(files, "24A{:0>4}")
    files["gas"].append(["24A0099", "9.5"])  # no time at all: comes last
    files["temp"][1][2] = "1190"
    swap = {"24A0001": "24Z0001"}
    for rows in files.values():
        for row in rows[1:]:
            row[0] = swap.get(row[0], row[0])
    result = _import(write(files))
    assert result["tables"] == plain | {"dips": plain["dips"] - 1, "gas": 13, "heats": 13}
    heats = open_store().table("ladle-furnace", "heats")
    assert str(dict(heats.schema)) == "{'key': Int64, 'label': String}"
    assert heats["label"].to_list() == ["24Z0001", *(f"24A{n:04d}" for n in range(2, 13)), "24A0099"]
    assert heats["key"].to_list() == list(range(1, 14))
    texts = " ".join(note["message"]["en"] for note in result["notes"])
    assert "1 = 24Z0001" in texts
    assert "no row in dips: 24A0099" in texts
    for account in result["files"].values():
        assert account["rows_in"] == account["rows_kept"] + account["rows_dropped"]
    report = check_dataset(open_store(), "ladle-furnace")
    assert report["counts"]["error"] == report["counts"]["warning"] == 0


def test_show_names_heats_as_the_plant_does(home, files, write, run):  # noqa: F811
    _named(files)
    files["temp"][1][2] = "1190"
    _import(write(files))
    shown = run("show", "ladle-furnace", "--dropped")
    assert re.search(r"temp\.csv\s+2\s+H1\s", shown)
    assert "heats: 12 · key [1], label" in shown
    dropped = json.loads(run("show", "ladle-furnace", "--json"))["dropped"][0]
    assert (dropped["key"], dropped["label"]) == (1, "H1")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda f: f["temp"][4].__setitem__(0, "2"), "temp.csv, row 5, .*'2' stands among heat numbers such as 'H1'"),
        (lambda f: f["temp"][4].__setitem__(0, ""), "temp.csv, row 5, .*an empty cell"),
        (lambda f: f["temp"][4].__setitem__(0, "1.5"), "temp.csv, row 5, .*1.5"),
        (lambda f: f["temp"][4].__setitem__(0, "h2"), "'H2' and 'h2': one heat or two"),
        (lambda f: f["temp"][4].__setitem__(0, "H02"), "'H02' and 'H2': one heat or two"),
    ],
)
def test_heats_that_are_not_written_in_one_way_are_refused(home, files, write, spoil, words):
    _named(files)
    spoil(files)
    with pytest.raises(DataError, match=words):
        _import(write(files))


def test_one_name_among_numbers_is_refused(home, files, write):
    files["gas"][2][0] = "H2"
    with pytest.raises(DataError, match=r"gas\.csv, row 3, .*'H2' stands among heat numbers such as '1'"):
        _import(write(files))


def test_a_named_heat_that_one_file_lacks_is_named_in_the_refusal(home, files, write):
    _named(files)
    files["bulk_time"] = files["bulk_time"][:-1]
    with pytest.raises(DataError, match="heat H12 is missing in bulk_time"):
        _import(write(files))


def test_thousands_are_read_when_they_are_certain(home, files, write):
    want = _import(write(files))["hash"]
    for row in files["temp"][1:]:
        row[2] = f"{float(row[2]):,.1f}"
    result = _import(write(files, separator=";"))
    assert result["hash"] == want
    assert [note["evidence"]["columns"] for note in result["notes"]] == [["temperature_c"]]
    for row in files["temp"][1:]:
        row[2] = row[2].removesuffix(".0")
    with pytest.raises(DataError, match=r"'1,561' may be 1561 .* or 1\.561; .*thousands separators, or .*decimal = "):
        _import(write(files, separator=";"))


def test_a_table_does_not_take_thousands_for_a_decimal_comma(home, tmp_path):
    path = tmp_path / "line.csv"
    path.write_text("a;b;c\n" + "".join(f"1,{500 + n}.5;{n * 700:,};1,{n}\n" for n in range(1, 41)))
    notes = [note["id"] for note in import_dataset("table", path)["notes"]]
    frame = open_store().table("line", "table")
    assert frame["a"].to_list()[:2] == [1501.5, 1502.5]
    assert str(frame["b"].dtype) == "String"
    assert frame["c"].to_list()[:2] == [1.1, 1.2]
    assert sorted(notes) == ["doubtful_figures", "thousands"]
    assert "doubtful_figures" in [f["id"] for f in check_file(path)["findings"]]


def test_check_ends_with_1_when_there_are_errors_and_tells_too_few(home, tmp_path, run):  # noqa: F811
    path, rng = tmp_path / "dice.csv", np.random.default_rng(11)
    rows = zip(rng.normal(700, 9, 3000).round(2), rng.normal(40, 2, 3000).round(2), strict=True)
    start = datetime(2024, 3, 4)
    lines = [f"{start + timedelta(seconds=10 * at)},{a},{b}\n" for at, (a, b) in enumerate(rows)]
    path.write_text("time,temp_C,current_A\n" + "".join(lines))
    report = json.loads(run("check", str(path), "--json", code=1))
    assert report["counts"]["error"] > 0
    few = tmp_path / "few.csv"
    few.write_text("a,b\n1,2.5\n2,7.1\n3,1.9\n")
    assert "too few to judge" in run("check", str(few))
    assert "Exit code: 0" in run("check", "--help")
    assert "few_rows" not in [f["id"] for f in check_file(path)["findings"]]


def test_check_repeats_what_the_import_noticed(home, tmp_path, run):  # noqa: F811
    files = heat_files(60)
    files["temp"] = files["temp"][: 1 + 3 * 40]
    _import(write_files(tmp_path / "heats", files))
    report = json.loads(run("check", "ladle-furnace", "--json"))
    finding = next(f for f in report["findings"] if f["id"] == "table_ends_early")
    assert finding["severity"] == "warning"
    assert finding["table"] == "dips"
    assert "was the file cut?" in finding["message"]["en"]
    assert "few_rows" not in [f["id"] for f in report["findings"]]
    said = " ".join(run("check", "ladle-furnace").split())
    assert said.count("was the file cut?") == 1


def test_messages_name_the_section_the_units_and_what_is_required(home, files, write, tmp_path):
    mapping = tmp_path / "map.toml"
    for unit in ("horses", "kg"):
        mapping.write_text(f'[files.arc.units]\nactive_power = "{unit}"\n')
        with pytest.raises(DataError) as caught:
            _import(write(files), mapping=mapping)
        assert "[files.arc.units]" in str(caught.value)
        assert "kWh, MWh" in str(caught.value)
        assert len(str(caught.value)) < 300
    files["temp"] = files["temp"][:1]
    with pytest.raises(
        DataError, match=r"temp\.csv.* no rows .*all seven files are required.*arc, temp, bulk"
    ) as caught:
        _import(write(files))
    assert "leave the file out" not in str(caught.value)
    files["arc"][0][3] = "power"
    files["temp"] = heat_files()["temp"]
    with pytest.raises(DataError, match=r"\[files\.arc\.columns\] active_power") as caught:
        _import(write(files))
    assert ".;" not in str(caught.value)


def test_messages_hold_no_python(home, files, write, tmp_path):
    folder, mapping = write(files), tmp_path / "map.toml"
    with pytest.raises(DataError, match=r"this is a file; give the folder .*heats"):
        _import(folder / "arc.csv")
    mapping.write_bytes(b"# \xb0\n")
    with pytest.raises(DataError, match="not UTF-8 text") as caught:
        _import(folder, mapping=mapping)
    assert "codec" not in str(caught.value)
    with pytest.raises(DataError, match="this is a folder") as caught:
        _import(folder, mapping=tmp_path)
    assert "Errno" not in str(caught.value)
    mapping.write_text("[ranges.temperature_c]\nlow = 1700\nhigh = inf\n")
    with pytest.raises(DataError, match="plausible are 1700 or more"):
        _import(folder, mapping=mapping)
    (folder / "arc.csv").write_text((folder / "arc.csv").read_text() + '"1')
    with pytest.raises(DataError, match="a quote is not closed"):
        _import(folder)
    blocked = tmp_path / "blocked"
    blocked.write_text("")
    with pytest.raises(DataError, match=r"cannot be created: (not a directory|file exists)"):
        open_store(blocked / "store")


class PanicException(BaseException):
    """As compiled code raises it when a stop falls into it."""


def test_a_stop_inside_compiled_code_ends_with_130(home, tmp_path, run, monkeypatch):  # noqa: F811
    def panic(*words, **more):
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise PanicException("a Python error in compiled code") from None

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr("steelyard.hub.ingest.import_dataset", panic)
    assert "stopped" in run("import", "ladle-furnace", str(tmp_path), code=130)
    assert signal.getsignal(signal.SIGINT) is before
    monkeypatch.setattr("steelyard.hub.ingest.import_dataset", lambda *w, **m: (_ for _ in ()).throw(PanicException))
    with pytest.raises(PanicException):  # no stop: a fault of its own is not hidden
        run("import", "ladle-furnace", str(tmp_path))


def test_korean_words_for_tables(home, files, write, run):  # noqa: F811
    folder = str(write(files | {"gas": files["gas"][:-1]}))
    said = run("import", "ladle-furnace", folder, "--lang", "ko")
    assert "승온 36, 측온 36" in said
    assert "가스에 행이 없는" in said
    for words in (("list",), ("check", "ladle-furnace")):
        said = run(*words, "--lang", "ko")
        assert "승온 36" in said
        assert not re.search("heatings|dips|additions", said)
    assert "승온(heatings)" in run("show", "ladle-furnace", "--lang", "ko")


def test_remove_asks_on_stderr_and_keeps_without_an_answer(home, files, write, monkeypatch, capsys):
    from steelyard.cli import main

    _import(write(files))
    for answer, code in (("", 1), ("n\n", 0), ("\n", 0)):
        monkeypatch.setattr(sys, "argv", ["steelyard", "hub", "remove", "ladle-furnace", "--json"])
        monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        assert (ended.value.code or 0) == code
        assert said.out.startswith("{")
        assert json.loads(said.out) == {"removed": False, "name": "ladle-furnace"}
        assert "Aborted" not in said.err
        assert "Remove data set" in said.err
    monkeypatch.setattr(sys, "argv", ["steelyard", "hub", "remove", "ladle-furnace", "--lang", "ko"])
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    with pytest.raises(SystemExit):
        main()
    assert "그대로 두었습니다" in capsys.readouterr().out
    monkeypatch.setattr(sys, "stdin", io.StringIO("예\n"))
    main_code = None
    try:
        main()
    except SystemExit as end:
        main_code = end.code
    assert not main_code
    assert open_store().names() == []
