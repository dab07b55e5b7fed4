"""Recorded heats become arrays without losing or inventing anything."""

import numpy as np
import pytest

from steelyard.errors import DataError
from steelyard.twin.records import (
    added_before,
    assemble,
    between,
    energy_before,
    heatings_before,
    read_heats,
    repeated,
    wait_before,
)

DIPS = {
    "key": np.array([2, 1, 1, 2, 3]),
    "time": np.array([5300.0, 160.0, 400.0, 5060.0, 9000.0]),
    "temperature_c": np.array([1600.0, 1580.0, 1590.0, 1570.0, 1599.0]),
}
ARCS = {
    "key": np.array([1, 2, 1]),
    "start": np.array([100.0, 5000.0, 300.0]),
    "end": np.array([150.0, 5100.0, 500.0]),
    "active_energy_mwh": np.array([0.5, 1.0, 2.0]),
}
ADDS = {"key": np.array([1]), "time": np.array([200.0]), "slot": np.array([3]), "amount": np.array([50.0])}
LABELS = tuple(f"m{i}" for i in range(5))
MWH = 3.6e9


def heats():
    return assemble(LABELS, DIPS, ARCS, ADDS)


def test_rows_in_any_order_become_heats_in_order() -> None:
    h = heats()
    assert h.key.tolist() == [1, 2]
    assert h.skipped == 1  # heat 3 has no heating
    assert h.start.tolist() == [100.0, 5000.0]
    assert h.dip_time.tolist() == [60.0, 300.0, 60.0, 300.0]
    assert h.dip_temperature.tolist() == pytest.approx([1853.15, 1863.15, 1843.15, 1873.15])


def test_a_heating_under_way_counts_in_part() -> None:
    assert energy_before(heats()) / MWH == pytest.approx([0.5, 0.5 + 2.0 * 0.5, 0.6, 1.0])
    count, since = heatings_before(heats())
    assert count.tolist() == [1.0, 2.0, 1.0, 1.0]
    assert since.tolist() == [10.0, 0.0, 0.0, 200.0]


def test_additions_count_from_the_dip_after_them_on() -> None:
    total = added_before(heats())
    assert total[:, 3].tolist() == [0.0, 50.0, 0.0, 0.0]
    assert total.sum() == 50.0


def test_waits_are_idle_minutes_within_bounds() -> None:
    assert wait_before(heats()).tolist() == pytest.approx([12.0, 60.0])  # 76.7 min, held at 60


def test_repeats_and_ranges_of_keys() -> None:
    close = dict(DIPS, time=np.array([5300.0, 160.0, 200.0, 5060.0, 9000.0]))
    assert repeated(assemble(LABELS, close, ARCS, ADDS)).tolist() == [True, False, False, False]
    assert between(heats(), 2, None).tolist() == [False, True]
    assert len(assemble(LABELS, DIPS, ARCS, ADDS, until=2)) == 1


class OtherStore:
    """A store that holds something else."""

    def __init__(self, kind: str, tables=None) -> None:
        self.kind, self.tables = kind, tables or {}

    def info(self, name: str):
        return {"kind": self.kind, "hash": "x"}

    def table(self, name: str, table: str):
        return self.tables[table]


def test_a_set_of_another_kind_is_refused() -> None:
    with pytest.raises(DataError, match=r"kind 'table'.*ladle-furnace"):
        read_heats(OtherStore("table"), "mine", LABELS)


def test_an_unknown_material_is_refused_with_the_slots() -> None:
    import polars as pl

    tables = {
        "dips": pl.DataFrame({"key": [1], "time": [0], "temperature_c": [1600.0]}),
        "heatings": pl.DataFrame({"key": [1], "start": [0], "end": [1], "active_energy_mwh": [1.0]}),
        "additions": pl.DataFrame({"key": [1], "time": [0], "material": ["sand"], "amount": [1.0]}),
    }
    with pytest.raises(DataError, match=r"'sand'.*m0 … m4"):
        read_heats(OtherStore("ladle-furnace", tables), "mine", LABELS)
    tables["additions"] = tables["additions"].with_columns(material=pl.lit("m1"))
    with pytest.raises(DataError, match="no heat below key 1 "):
        read_heats(OtherStore("ladle-furnace", tables), "mine", LABELS, until=1)
