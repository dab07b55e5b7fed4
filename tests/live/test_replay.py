"""Replay: every recorded value appears, unchanged, at its time and with its time stamp; what cannot is said."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from steelyard.errors import AccessError, DataError, SteelyardError
from steelyard.hub.ingest import import_dataset
from steelyard.hub.recordings import Recording
from steelyard.hub.store import Store, open_store
from steelyard.hub.tracks import Channel, Track, Tracks, read_tracks
from steelyard.live.access import Session
from steelyard.live.audit import Audit
from steelyard.live.replay import Replay, ReplayWorks, open_replay, prepare
from steelyard.live.replay_history import Past
from steelyard.live.replay_script import Wish
from steelyard.live.works import LiveWorks
from steelyard.plant.frame import View
from steelyard.plant.works import open_works, shipped_values
from steelyard.studies.samples import copy_samples

ENGINEER = Session("engineer", frozenset({"engineer"}), "test")
CONTROLLER = Session("controller", frozenset({"controller"}), "test")
BEGIN = datetime(2030, 1, 1, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store with the packaged synthetic heats and bars, and a table of a company."""
    folder = tmp_path_factory.mktemp("replay")
    found = open_store(folder / "home")
    copy_samples(folder / "heats", "heats")
    copy_samples(folder / "bars", "bars")
    import_dataset("ladle-furnace", folder / "heats", "heats", store=found)
    import_dataset("freiberg-passes", folder / "bars", "bars", store=found)
    (folder / "oven.csv").write_text(
        "time,zone 1 [°C],gas_m3,shift\n2030-01-01 06:00:00,20.1,5,early\n2030-01-01 06:00:00.250,,6,early\n"
        "2030-01-01 06:00:10,850.3,7,early\n2030-01-01 06:00:10,851.7,,early\n2030-01-01 08:00:00,849.9,9,late\n"
    )
    import_dataset("table", folder / "oven.csv", "oven", store=found)
    (folder / "lots.csv").write_text("lot,hardness_HV\n1,300\n2,310\n")
    import_dataset("table", folder / "lots.csv", "lots", store=found)
    return found


def cells(tracks: Tracks) -> dict[str, list[tuple[datetime, float]]]:
    """All recorded (time, value) of each signal, in order."""
    zero = datetime(1970, 1, 1, tzinfo=UTC)
    return {
        channel.name: [
            (zero + timedelta(microseconds=int(t)), float(v))
            for t, v, given in zip(track.times, track.values[:, k], track.given[:, k], strict=True) if given
        ]
        for track in tracks.tracks for k, channel in enumerate(track.channels)
    }  # fmt: skip


def seen(replay: Replay, steps: int) -> dict[str, list[tuple[datetime, float]]]:
    """What the frames of a replay show: each value once, when its time stamp is new."""
    works, view = replay.works, View(replay.works)
    found: dict[str, list[tuple[datetime, float]]] = {name: [] for name in view.names}
    assert replay.epoch is not None
    for step in range(1, steps + 1):
        works.advance(1, replay.step_s)
        frame = view.look(step)
        for k in np.flatnonzero(~np.isnan(frame.values)):
            stamp = replay.epoch + timedelta(seconds=frame.time_s + frame.offset[k])
            shown = found[view.names[k]]
            if not shown or shown[-1][0] != stamp or shown[-1][1] != frame.values[k]:
                shown.append((stamp, float(frame.values[k])))
    return found


def steps_of(replay: Replay) -> int:
    return int(np.ceil(replay.works.script.end_s / replay.step_s)) + 1


# -- all values, unchanged ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["heats", "bars"])
def test_with_spread_every_recorded_value_is_shown_unchanged_with_its_own_time(store: Store, name: str) -> None:
    tracks = read_tracks(store, name)
    replay = open_replay(store, name, Wish(original=True, spread=True, max_gap_s=5.0, step_s=1.0))
    assert replay.works.script.hidden(1.0) == 0
    found = seen(replay, steps_of(replay))
    for signal, recorded in cells(tracks).items():
        once = [pair for k, pair in enumerate(recorded) if k == 0 or pair != recorded[k - 1]]
        assert found[signal] == once, signal
    board = dict(zip(replay.works.board.signals, View(replay.works).look(0).values, strict=True))
    assert board["replay.events"] == tracks.rows
    assert board["replay.hidden"] == 0
    assert board["replay.progress"] == 100.0
    assert np.isnan(board["replay.next_in"])


def test_values_appear_at_their_times_and_stay_until_the_next(store: Store) -> None:
    replay = open_replay(store, "oven", Wish(step_s=0.05, original=True))
    view, works = View(replay.works), replay.works
    assert view.names[:2] == ["oven.zone_1", "oven.gas"]
    first = view.look(0)
    assert np.isnan(first.values[:2]).all()
    assert (first.status[:2] == 2).all()
    assert replay.epoch == BEGIN - timedelta(seconds=0.05)

    works.advance(1, 0.05)
    assert view.look(1).values[:2].tolist() == [20.1, 5.0]
    works.advance(4, 0.05)
    assert view.look(5).values[:2].tolist() == [20.1, 5.0]
    works.advance(1, 0.05)  # 06:00:00.250
    frame = view.look(6)
    assert frame.values[:2].tolist() == [20.1, 6.0]  # an empty cell says nothing new
    assert frame.status[:2].tolist() == [0, 0]
    stamps = [replay.epoch + timedelta(seconds=frame.time_s + frame.offset[k]) for k in (0, 1)]
    assert stamps == [BEGIN, BEGIN + timedelta(seconds=0.25)]


def test_of_several_rows_in_one_step_the_last_shows_and_the_others_are_counted(store: Store) -> None:
    replay = open_replay(store, "oven", Wish(step_s=1.0))
    assert replay.about["hidden"] == 1  # two temperatures at 06:00:10
    replay.works.advance(12, 1.0)
    board = replay.works.board
    assert board.read(["oven.zone_1", "oven.gas", "replay.events", "replay.hidden"])[0] == 851.7
    assert board.read(["replay.events"]) == [4.0]
    assert board.read(["replay.hidden"]) == [1.0]


def test_the_step_is_as_fine_as_the_data_need(store: Store) -> None:
    assert open_replay(store, "heats", Wish()).step_s == 1.0
    assert open_replay(store, "oven", Wish()).step_s in (0.1, 1.0)
    assert open_replay(store, "bars", Wish()).step_s < 1.0


@pytest.mark.parametrize("blocks", [(1,), (7, 3), (60,), (1, 1000)])
def test_it_does_not_matter_in_which_steps_one_arrives(store: Store, blocks: tuple[int, ...]) -> None:
    one, other = (open_replay(store, "heats", Wish()).works for _ in range(2))
    one.advance(5000, 1.0)
    while other.time_s < 5000.0:
        for n in blocks:
            other.advance(min(n, int(5000 - other.time_s)), 1.0)
    assert one.plant.tobytes() == other.plant.tobytes()


# -- times ----------------------------------------------------------------------------------------------------------
def test_shifted_times_keep_their_distances(store: Store) -> None:
    replay = open_replay(store, "oven", Wish(step_s=0.05))
    assert replay.epoch is None  # the moment at which it is served
    replay.works.advance(6, 0.05)
    frame = View(replay.works).look(1)
    assert frame.time_s + frame.offset[:2] == pytest.approx([0.05, 0.30])


def test_a_long_pause_is_announced_and_can_be_shortened(store: Store) -> None:
    replay = open_replay(store, "oven", Wish(step_s=1.0))
    replay.works.advance(20, 1.0)
    assert replay.works.board.read(["replay.next_in"])[0] == pytest.approx(7201.0 - 20.0)
    short = open_replay(store, "oven", Wish(step_s=1.0, max_gap_s=5.0, original=True))
    short.works.advance(13, 1.0)
    frame = View(short.works).look(1)
    assert frame.values[0] == 849.9
    assert short.epoch is not None
    assert short.epoch + timedelta(seconds=frame.time_s + frame.offset[0]) == BEGIN + timedelta(hours=2)


def test_a_part_can_be_replayed(store: Store) -> None:
    for start, end in (("2030-01-01 06:00:05", "2030-01-01T07:00"), ("5", "3600")):
        assert open_replay(store, "oven", Wish(start=start, end=end)).about["rows"] == 2
    with pytest.raises(DataError, match="reaches from 2030-01-01 06:00:00 to 2030-01-01 08:00:00"):
        open_replay(store, "oven", Wish(start="2031-01-01"))
    with pytest.raises(DataError, match="is no time"):
        open_replay(store, "oven", Wish(start="yesterday"))


def test_a_loop_begins_anew_and_every_lap_is_the_same(store: Store) -> None:
    replay = open_replay(store, "oven", Wish(step_s=1.0, loop=True, max_gap_s=20.0))
    works, view = replay.works, View(replay.works)
    period = int(works.script.period_s or 0)
    laps = []
    for lap in range(3):
        frames = []
        for step in range(period):
            works.advance(1, 1.0)
            frame = view.look(step)
            stamps = np.where(np.isnan(frame.values[:2]), 0.0, frame.time_s + frame.offset[:2] - lap * period)
            frames.append((frame.values[:2].tolist(), np.round(stamps, 6).tolist()))
        laps.append(frames)
    assert str(laps[0]) == str(laps[1]) == str(laps[2])
    assert works.board.read(["replay.laps", "replay.events"]) == [2.0, 15.0]
    jump = open_replay(store, "oven", Wish(step_s=1.0, loop=True, max_gap_s=20.0)).works
    jump.advance(3 * period, 1.0)
    assert jump.board.read(["replay.laps", "replay.events"]) == [2.0, 15.0]


# -- what cannot be replayed ----------------------------------------------------------------------------------------
def test_data_without_times_are_refused_in_plain_words(store: Store) -> None:
    with pytest.raises(DataError, match="no column of times"):
        open_replay(store, "lots", Wish())
    with pytest.raises(DataError, match="there is no data set"):
        open_replay(store, "nothing", Wish())


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (Wish(original=True, loop=True), "same time stamps again"),
        (Wish(step_s=0.0), "at least 0.001"),
        (Wish(max_gap_s=-1.0), "at least 0.001"),
    ],
)
def test_wishes_that_do_not_go_together(store: Store, wish: Wish, said: str) -> None:
    with pytest.raises(DataError, match=said):
        open_replay(store, "oven", wish)


def seconds_only() -> Tracks:
    values = np.array([[1.0], [2.0]])
    track = Track((Channel("a.b", "1", "b"),), np.array([0, 500_000]), values, values > 0)
    return Tracks("seconds", "table", [track], dated=False)


def test_seconds_without_dates_have_no_original_time() -> None:
    with pytest.raises(DataError, match="no dates"):
        prepare(seconds_only(), Wish(original=True))
    assert prepare(seconds_only(), Wish()).works.script.end_s == 1.5


@pytest.mark.parametrize(
    ("column", "said"),
    [([0.0, 1.0, 0.5], "run backwards at row 3"), (["a", "b", "c"], "no column of times")],
)
def test_times_that_are_none(tmp_path: Path, column: list[Any], said: str) -> None:
    pl.DataFrame({"time_s": column, "x": [1.0, 2.0, 3.0]}).write_parquet(tmp_path / "t.parquet")
    found = open_store(tmp_path / "home")
    import_dataset("table", tmp_path / "t.parquet", "t", store=found)
    with pytest.raises(DataError, match=said):
        read_tracks(found, "t")


def test_every_column_gets_a_name_of_its_own_in_any_language(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        "시각,온도 (C),온도_C,Temp,temp,압력 [bar]\n2030-01-01 06:00:00,1,2,3,4,5\n2030-01-01 06:00:01,6,7,8,9,10\n"
    )
    found = open_store(tmp_path / "home")
    import_dataset("table", tmp_path / "t.csv", "replay", store=found)
    works = open_replay(found, "replay", Wish()).works
    names = list(works.board.signals)[:5]
    assert len(set(names)) == 5
    assert all(name.startswith("replay_data.") for name in names)
    assert names[-1] == "replay_data.압력"
    works.advance(2, 1.0)
    assert works.board.read(names) == [6.0, 7.0, 8.0, 9.0, 10.0]


def test_what_stays_out_is_said(store: Store) -> None:
    assert read_tracks(store, "oven").left_out == ["oven: no numbers in shift"]
    assert "campaign" in read_tracks(store, "bars").left_out[0]


# -- as a live works ------------------------------------------------------------------------------------------------
def live(test: Callable[[LiveWorks], Any], works: Any, **options: Any) -> None:
    """Run an asynchronous test on an opened live works."""

    async def run() -> None:
        opened = LiveWorks("main", works, "replay", audit=Audit(None), **options)
        await opened.open()
        try:
            await test(opened)
        finally:
            await opened.close()

    asyncio.run(run())


def test_subscribers_of_a_running_replay_get_every_value_in_order(store: Store) -> None:
    """×1000 with the clock: nothing is lost between the data set and who listens."""
    wish = Wish(speed=1000.0, original=True, spread=True, max_gap_s=60.0, end="15000")
    replay = open_replay(store, "heats", wish)
    recorded = cells(read_tracks(store, "heats"))
    got: dict[str, list[tuple[datetime, float]]] = {}

    async def listen(works: LiveWorks) -> None:
        names, done = list(works.signals), asyncio.Event()

        async def listener(frame: Any) -> None:
            for k in np.flatnonzero(~np.isnan(frame.values[: -3 - 5])):
                pair = (works.stamp(frame.time_s + frame.offset[k]), float(frame.values[k]))
                shown = got.setdefault(names[k], [])
                if not shown or shown[-1] != pair:
                    shown.append(pair)
            if frame.values[names.index("replay.progress")] == 100.0:
                done.set()

        works.subscribe(listener)
        await works.run(ENGINEER, 1000.0)
        await asyncio.wait_for(done.wait(), 30)
        await works.pause(ENGINEER)

    live(listen, replay.works, epoch=replay.epoch, dt=replay.step_s, publish_hz=replay.publish_hz)
    assert sum(map(len, got.values())) > 200
    for name, shown in got.items():
        wanted = [p for p in recorded[name] if p[0] <= shown[-1][0]]
        assert shown == [p for k, p in enumerate(wanted) if k == 0 or p != wanted[k - 1]], name


def test_the_past_cannot_be_written_broken_or_forked(store: Store) -> None:
    replay = open_replay(store, "oven", Wish(step_s=1.0))

    async def try_it(works: LiveWorks) -> None:
        with pytest.raises(AccessError):
            await works.write(CONTROLLER, {"oven.zone_1": 5.0})
        with pytest.raises(SteelyardError):
            await works.inject(ENGINEER, {"burner": 1.0})
        with pytest.raises(SteelyardError, match="recorded data"):
            works.works.inject({"burner": 1.0})
        assert works.faults() == []
        with pytest.raises(SteelyardError, match="cannot be forked"):
            await works.order(works.engine.twin)
        await works.advance(ENGINEER, 3)
        assert works.frame.values[0] == 20.1

    live(try_it, replay.works)
    with pytest.raises(SteelyardError, match="cannot be forked"):
        ReplayWorks(replay.works.plant)  # type: ignore[arg-type]


def test_a_set_point_that_was_recorded_is_only_shown() -> None:
    name = "reheating_furnace.zone_setpoint[top_1]"
    values = np.array([[900.0], [910.0]])
    track = Track((Channel(name, "°C", "x"),), np.array([0, 1_000_000]), values, values > 0)
    replay = prepare(Tracks("t", "table", [track]), Wish())

    async def try_it(works: LiveWorks) -> None:
        with pytest.raises(SteelyardError, match="replay"):
            await works.write(CONTROLLER, {name: 950.0})
        await works.advance(ENGINEER, 1)
        assert works.frame.values[0] == 900.0
        assert not works.signals[name].writable

    live(try_it, replay.works)


def test_a_snapshot_of_a_replay_goes_on_from_there(store: Store) -> None:
    works = open_replay(store, "heats", Wish()).works
    works.advance(3000, 1.0)
    kept = works.snapshot()
    works.advance(2000, 1.0)
    later = works.plant.tobytes()
    works.restore(kept)
    works.advance(2000, 1.0)
    assert works.plant.tobytes() == later


def test_the_history_of_a_replay_is_what_its_frames_showed(store: Store) -> None:
    replay = open_replay(store, "heats", Wish(step_s=1.0, original=True))
    view, shown = View(replay.works), []

    async def look_back(works: LiveWorks) -> None:
        for _ in range(3000):
            replay_frame = await works.advance(ENGINEER, 1)
            shown.append((replay_frame.time_s, *replay_frame.values[:6], *replay_frame.offset[:6]))
        names = view.names[:6]
        found = await works.history(names, 0.0, 1e9, 100_000)
        table = {row[0]: row for row in shown}
        assert len(found["time_s"]) > 10
        assert found["time_s"].max() <= works.frame.time_s
        for i, time in enumerate(found["time_s"]):
            assert [found[n][i] for n in names] == pytest.approx(list(table[time][1:7]), rel=0, abs=0, nan_ok=True)
            assert [found[f"{n}|offset"][i] for n in names] == pytest.approx(list(table[time][7:]), abs=1e-9)
        later = await works.history([*names, "replay.progress"], 1000.0, 2000.0, 5)
        assert 1 <= len(later["time_s"]) <= 5
        assert later["time_s"].min() >= 1000.0
        assert np.isnan(later["replay.progress"]).all()

    live(look_back, replay.works, record=Past(replay.works.script))


# -- what a live works recorded -------------------------------------------------------------------------------------
def test_the_recording_of_a_live_works_comes_back_bit_by_bit(tmp_path: Path) -> None:
    root, frames = tmp_path / "home", []
    root.mkdir()

    async def record(works: LiveWorks) -> None:
        async def keep(frame: Any) -> None:
            frames.append(frame)

        works.subscribe(keep)
        for _ in range(120):
            await works.advance(ENGINEER, 1)

    live(record, open_works(shipped_values(plant="100t"), 1, "normal"), record=Recording(root, "shift"), epoch=BEGIN)
    replay = open_replay(open_store(root), "shift", Wish(original=True, step_s=1.0))
    view, works = View(replay.works), replay.works
    count = len(view.names) - 5
    assert replay.epoch == BEGIN
    assert len(frames) == 120
    for k, original in enumerate(frames):
        works.advance(1, 1.0)
        frame = view.look(k + 1)
        np.testing.assert_array_equal(frame.values[:count], original.values[:count])
        np.testing.assert_array_equal(frame.status[:count], original.status[:count])
        np.testing.assert_allclose(frame.offset[:count], original.offset[:count], atol=1e-9)
        assert frame.time_s == original.time_s


# -- measured data --------------------------------------------------------------------------------------------------
def test_500_hz_recordings_are_replayed_sample_by_sample(shared_data: Path, tmp_path: Path) -> None:
    store = open_store(tmp_path / "home")
    import_dataset("rolling-recordings", shared_data / "rolling-freiberg-timeseries", "mill", store=store)
    replay = open_replay(store, "mill", Wish(speed=0.1, step_s=0.002, end="20"))
    assert replay.about["hidden"] == 0
    works, (part,) = replay.works, replay.works.script.parts
    names, track = [channel.name for channel in part.track.channels], part.track
    rows = 0
    while rows < len(track.times):
        works.advance(1, 0.002)
        came = int(works.board.read(["replay.events"])[0])
        assert came - rows <= 1
        if came > rows:
            shown = np.array(works.board.read(names))[track.given[rows]]
            np.testing.assert_array_equal(shown, track.values[rows][track.given[rows]])
        rows = came
    assert rows > 500


def test_measured_heats_are_replayed_whole(shared_data: Path, tmp_path: Path) -> None:
    store = open_store(tmp_path / "home")
    import_dataset("ladle-furnace", shared_data / "ladle-furnace", "heats", store=store)
    tracks = read_tracks(store, "heats")
    replay = open_replay(store, "heats", Wish(original=True, end="86400"))
    replay.works.advance(86_500, 1.0)
    board = replay.works.board.read(["replay.events", "replay.progress"])
    begin = min(int(track.times[0]) for track in tracks.tracks)
    rows = sum(int((track.times <= begin + 86_400_000_000).sum()) for track in tracks.tracks)
    assert board == [rows, 100.0]
