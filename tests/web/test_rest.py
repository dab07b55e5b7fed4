"""A works over REST: what is read, written and commanded is what the works itself says; refusals are problems."""

import csv
import io
import json
import math
import re

import pytest

from steelyard.nomenclature import korean_of
from steelyard.plant.line import open_line, shipped_line

SETPOINT = "reheating_furnace.zone_setpoint[top_1]"
TEMPERATURE = "reheating_furnace.zone_temperature[top_1]"
NEVER_YET = "bar_rolling.pass_force[pass_1]"


def test_works_and_signals_say_what_the_declarations_say(anyone, running) -> None:
    assert [row["id"] for row in anyone.ok("GET", "/works")][:2] == ["main", "shaky"]
    assert anyone.ok("GET", "/works/main")["process"] == "hot_bar_line"
    found = {row["name"]: row for row in anyone.ok("GET", "/works/main/signals")}
    works = running.site.works["main"]
    assert list(found) == list(works.signals)
    row, signal = found[SETPOINT], works.signals[SETPOINT]
    assert (row["unit"], row["low"], row["high"]) == ("°C", signal.declaration.low, signal.declaration.high)
    assert row["writable_by"] == "controller"
    assert found[TEMPERATURE]["writable_by"] is None
    assert found[TEMPERATURE]["description"] == {"en": "zone thermocouple", "ko": korean_of(TEMPERATURE)}
    assert re.search("[가-힣]", found[TEMPERATURE]["description"]["ko"])


def test_values_are_those_of_the_frame_and_null_where_nothing_was_measured(anyone, running, engineer) -> None:
    engineer.ok("POST", "/works/ladle/advance", {"n": 1})
    found, works = anyone.ok("GET", "/works/ladle/values"), running.site.works["ladle"]
    frame, names = works.frame, list(works.signals)
    assert (found["step"], found["time_s"]) == (frame.step, frame.time_s)
    assert found["time"] == works.stamp(frame.time_s).isoformat()
    assert list(found["values"]) == names
    for name, value, status in zip(names, frame.values.tolist(), frame.status.tolist(), strict=True):
        assert found["values"][name] == (None if math.isnan(value) else value)
        assert found["status"].get(name, "good") == ("good", "uncertain", "bad")[status]
    assert None in found["values"].values(), "nobody has dipped a thermocouple yet"


def test_names_may_hold_a_star_and_a_wrong_one_is_told_its_neighbours(anyone) -> None:
    some = anyone.ok("GET", "/works/main/values", names=["line.pace*", TEMPERATURE])["values"]
    assert {"line.pace", "line.pace_setpoint", TEMPERATURE} == set(some)
    wrong = anyone("GET", "/works/main/values", names="line.pase")
    assert wrong.status == 422
    assert "line.pace" in wrong.json["detail"]


def test_lock_step_over_rest_is_the_plant_bit_for_bit(running, engineer) -> None:
    """From a fresh line: the same steps and set-points by hand give the same values over the wire."""
    running.do(running.site.works["shaky"].pause(_engineer()))
    asked = ["reheating_furnace.zone_temperature[*]", "bar_rolling.pass_force[*]", "line.*"]
    writer = running.caller("controller")
    own = open_line(shipped_line(), 1, "lost_connection")
    assert running.site.works["shaky"].frame.step == 0, "the shaky works is advanced here first"
    for k in range(40):
        if k == 20:
            writer.ok("POST", "/works/shaky/write", {"set": {SETPOINT: 1111.1}})
            own.board.write(SETPOINT, 1111.1, "controller")
        got = engineer.ok("POST", "/works/shaky/advance", {"n": 7, "read": asked})
        own.advance(7)
        names = list(got["values"])
        mine = [None if math.isnan(v) else v for v in own.board.read(names)]
        assert list(got["values"].values()) == mine
        assert got["step"] == 7 * (k + 1)


def _engineer():
    from steelyard.live.access import Session

    return Session("engineer", frozenset({"engineer"}), "test")


def test_advance_without_names_returns_the_moment_only(engineer) -> None:
    found = engineer.ok("POST", "/works/main/advance", {"n": 2})
    assert found["values"] == {}
    assert found["time_s"] == found["step"] > 0


def test_a_write_needs_the_role_and_its_lease_and_is_logged_with_its_old_value(running, anyone, controller) -> None:
    before = anyone.ok("GET", "/works/main/values", names=SETPOINT)["values"][SETPOINT]
    for caller, status, kind in (
        (anyone, 401, "login-needed"), (running.caller("viewer"), 403, "not-allowed"),
        (running.caller("engineer"), 403, "not-allowed"),
    ):  # fmt: skip
        refused = caller("POST", "/works/main/write", {"set": {SETPOINT: 999.0}})
        assert (refused.status, refused.json["type"]) == (status, f"/api/v1/docs#{kind}")
    assert controller.ok("POST", "/works/main/write", {"set": {SETPOINT: 1201.5}}) == {"set": {SETPOINT: 1201.5}}
    other = running.logged_in("controller")
    held = other("POST", "/works/main/write", {"set": {SETPOINT: 1000.0}})
    assert (held.status, held.json["type"]) == (409, "/api/v1/docs#lease-held")
    assert anyone.ok("GET", "/works/main/leases")[0]["user"] == "controller"
    entries = running.caller("engineer").ok("GET", "/audit", count=200)
    writes = [e for e in entries if e["kind"] == "write" and e.get("works") == "main"]
    assert (writes[-1]["old"], writes[-1]["new"], writes[-1]["via"]) == (before, 1201.5, "rest")
    assert writes[-1]["peer"].startswith("127.0.0.1:")


@pytest.mark.parametrize("values", [
    {SETPOINT: 1e6}, {SETPOINT: "hot"}, {SETPOINT: True}, {SETPOINT: None}, {}, {TEMPERATURE: 900.0},
    {"no.signal": 1.0}, {SETPOINT: 1200.0, "line.pace_setpoint": 60.0}, {SETPOINT: [1200.0]},
])  # fmt: skip
def test_a_bad_write_is_refused_whole(running, controller, anyone, values) -> None:
    before = anyone.ok("GET", "/works/main/values", names=SETPOINT)["values"]
    answer = controller("POST", "/works/main/write", {"set": values})
    assert answer.status in (403, 422), answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    assert anyone.ok("GET", "/works/main/values", names=SETPOINT)["values"] == before


def test_a_lease_is_taken_held_and_given_back(running, anyone) -> None:
    first, second = running.logged_in("planner"), running.logged_in("planner")
    taken = first.ok("POST", "/works/main/leases", {"role": "planner"})
    assert (taken["user"], taken["via"]) == ("planner", "rest")
    assert taken["left_s"] > 50
    assert second("POST", "/works/main/leases", {"role": "planner"}).status == 409
    second.ok("DELETE", "/works/main/leases/planner")  # not its own: nothing happens
    assert "planner" in [row["role"] for row in anyone.ok("GET", "/works/main/leases")]
    first.ok("DELETE", "/works/main/leases/planner")
    assert second.ok("POST", "/works/main/leases", {"role": "planner"})["user"] == "planner"
    second.ok("POST", "/logout")
    assert "planner" not in [row["role"] for row in anyone.ok("GET", "/works/main/leases")]
    assert second("GET", "/session").status == 401
    first.ok("POST", "/logout")


def test_the_clock_runs_pauses_and_refuses_steps_by_hand_meanwhile(engineer) -> None:
    started = engineer.ok("POST", "/works/main/run", {"speed": 50})
    assert (started["running"], started["speed"]) == (True, 50)
    refused = engineer("POST", "/works/main/advance", {"n": 1})
    assert (refused.status, refused.json["type"]) == (409, "/api/v1/docs#conflict")
    assert engineer("POST", "/works/main/run", {"speed": 1e9}).status == 422
    assert engineer.ok("POST", "/works/main/pause")["running"] is False


def test_a_viewer_commands_nothing(running, anyone) -> None:
    viewer = running.caller("viewer")
    for path, body in (
        ("advance", {"n": 1}), ("run", {}), ("pause", {}), ("snapshots", {"name": "x"}), ("fork", {}),
        ("restore", {"name": "x"}), ("faults", {"faults": {"reheating_furnace.burner_clogging": 1.0}}),
    ):  # fmt: skip
        assert viewer("POST", f"/works/main/{path}", body).status == 403, path
        assert anyone("POST", f"/works/main/{path}", body).status == 401, path
    assert viewer("GET", "/audit").status == 403
    assert viewer("DELETE", "/works/fork-1").status == 404


def test_history_gives_what_was_recorded_as_columns_and_as_csv(engineer, anyone) -> None:
    engineer.ok("POST", "/works/main/advance", {"n": 30})
    span = {"names": [TEMPERATURE, NEVER_YET], "from": 5, "to": 20}
    found = anyone.ok("GET", "/works/main/history", **span)
    assert found["time_s"] == [float(t) for t in range(5, 21)]
    assert found["full"] is True
    assert all(isinstance(v, float) for v in found["columns"][TEMPERATURE])
    as_csv = anyone("GET", "/works/main/history", headers={"Accept": "text/csv"}, **span)
    assert as_csv.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(as_csv.body.decode())))
    assert [float(row[TEMPERATURE]) for row in rows] == found["columns"][TEMPERATURE]
    assert [row[NEVER_YET] or None for row in rows] == [v and str(v) for v in found["columns"][NEVER_YET]]
    cut = anyone.ok("GET", "/works/main/history", names=TEMPERATURE, limit=3)
    assert len(cut["time_s"]) == 3
    assert cut["full"] is False
    assert anyone("GET", "/works/shaky/history", names=TEMPERATURE).status == 409


def test_history_says_how_many_rows_it_left_out(engineer, anyone) -> None:
    engineer.ok("POST", "/works/main/advance", {"n": 15})
    now = anyone.ok("GET", "/works/main")["time_s"]
    span = {"names": TEMPERATURE, "from": now - 14}
    for limit, stride, rows in ((10, 2, 8), (14, 2, 8), (15, 1, 15), (5, 3, 5), (1, 15, 1), (100, 1, 15)):
        found = anyone.ok("GET", "/works/main/history", **span, limit=limit)
        assert len(found["time_s"]) == len(found["columns"][TEMPERATURE]) == rows
        assert (found["stride"], found["total"], found["full"]) == (stride, 15, stride == 1)
        table = anyone("GET", "/works/main/history", headers={"Accept": "text/csv"}, **span, limit=limit)
        assert (table.headers["steelyard-stride"], table.headers["steelyard-total"]) == (str(stride), "15")
        assert len(table.body.splitlines()) == rows + 1
    none = anyone.ok("GET", "/works/main/history", names=TEMPERATURE, **{"from": now + 1e6})
    assert (none["time_s"], none["total"], none["full"], none["gaps"]) == ([], 0, True, [])
    assert anyone("GET", "/works/main/history", headers={"Accept": "text/csv"}, names=TEMPERATURE,
                  **{"from": now + 1e6}).body.decode() == f"time,time_s,{TEMPERATURE}\n"  # fmt: skip


def test_history_says_where_a_restore_left_a_gap(engineer, anyone) -> None:
    for name, steps in (("early", 0), ("ahead", 500)):
        engineer.ok("POST", "/works/main/advance", {"n": steps + 1})
        engineer.ok("POST", "/works/main/snapshots", {"name": name})
    kept = {row["name"]: row["time_s"] for row in anyone.ok("GET", "/works/main/snapshots")}
    engineer.ok("POST", "/works/main/restore", {"name": "early"})
    engineer.ok("POST", "/works/main/advance", {"n": 3})
    engineer.ok("POST", "/works/main/restore", {"name": "ahead"})
    engineer.ok("POST", "/works/main/advance", {"n": 3})
    found = anyone.ok("GET", "/works/main/history", names=TEMPERATURE, **{"from": kept["early"]})
    assert found["gaps"] == [[kept["early"] + 3, kept["ahead"] + 1]]
    assert found["full"] is True


@pytest.mark.parametrize("who, most", [(None, 200_000), ("viewer", 5_000_000)])
def test_history_is_bounded_and_says_so(running, engineer, who, most) -> None:
    caller, wide = running.caller(who), len(running.site.works["main"].signals)
    engineer.ok("POST", "/works/main/advance", {"n": 600})
    found = caller.ok("GET", "/works/main/history", names="*", limit=100_000)
    assert len(found["time_s"]) * wide <= most
    assert (found["stride"] > 1) == (found["total"] * wide > most) == (not found["full"])


def test_one_large_history_at_a_time(running, engineer) -> None:
    turns = running.server._desk.recorded
    running.do(turns._large.acquire())
    try:
        busy = engineer("GET", "/works/main/history", names="*", limit=100_000)
        assert (busy.status, busy.json["type"]) == (503, "/api/v1/docs#busy")
        assert int(busy.headers["retry-after"]) > 0
        assert engineer("GET", "/works/main/history", names=TEMPERATURE, limit=100).status == 200
    finally:
        running.loop.call_soon_threadsafe(turns._large.release)


def test_a_snapshot_brings_the_same_values_back_and_a_fork_leaves_the_works_alone(engineer, anyone) -> None:
    kept = engineer("POST", "/works/main/snapshots", {"name": "before"})
    assert kept.status == 201
    assert "before" in [row["name"] for row in anyone.ok("GET", "/works/main/snapshots")]
    assert engineer("POST", "/works/main/snapshots", {"name": "before"}).status == 409
    assert engineer("POST", "/works/main/snapshots", {"name": "../etc"}).status == 422
    after = engineer.ok("POST", "/works/main/advance", {"n": 50, "read": ["*"]})
    back = engineer.ok("POST", "/works/main/restore", {"name": "before"})
    assert back["time_s"] == kept.json["time_s"]
    again = engineer.ok("POST", "/works/main/advance", {"n": 50, "read": ["*"]})
    board = [name for name in again["values"] if not name.startswith("live.")]
    assert {n: again["values"][n] for n in board} == {n: after["values"][n] for n in board}
    assert engineer("POST", "/works/main/restore", {"name": "never"}).status == 404

    fork = engineer.ok("POST", "/works/main/fork")["id"]
    engineer.ok("POST", f"/works/{fork}/faults", {"faults": {"reheating_furnace.burner_clogging": 1.0}})
    there = engineer.ok("POST", f"/works/{fork}/advance", {"n": 1800, "read": [TEMPERATURE]})
    assert anyone.ok("GET", "/works/main")["time_s"] == again["time_s"] < there["time_s"]
    engineer.ok("DELETE", f"/works/{fork}")
    assert anyone("GET", f"/works/{fork}").status == 404
    assert engineer("DELETE", "/works/main").status == 409


def test_faults_are_listed_and_scheduled(engineer, anyone) -> None:
    assert "reheating_furnace.burner_clogging" in anyone.ok("GET", "/works/main/faults")["faults"]
    now = anyone.ok("GET", "/works/main")["time_s"]
    body = {"faults": {"reheating_furnace.excess_air": 0.0}, "start_s": now + 60, "growth_s": 600}
    assert engineer.ok("POST", "/works/main/faults", body) == body | {"growth_s": 600.0}
    assert engineer("POST", "/works/main/faults", {"faults": {"no.fault": 0.5}}).status == 422
    assert engineer("POST", "/works/main/faults", {"faults": {"reheating_furnace.excess_air": 2}}).status == 422


def test_alarms_that_stand_are_listed(engineer, anyone) -> None:
    fork = engineer.ok("POST", "/works/main/fork")["id"]
    lost = {f"instruments.{name}": 1.0 for name in _thermocouple_faults(anyone)}
    engineer.ok("POST", f"/works/{fork}/faults", {"faults": lost})
    engineer.ok("POST", f"/works/{fork}/advance", {"n": 20_000})
    stand = anyone.ok("GET", f"/works/{fork}/alarms")
    assert stand == json.loads(json.dumps(stand))
    assert len(stand) == anyone.ok("GET", f"/works/{fork}")["alarms"]
    for alarm in stand:
        assert {"id", "signal", "severity", "text", "kind", "time_s"} <= set(alarm)
    engineer.ok("DELETE", f"/works/{fork}")


def _thermocouple_faults(anyone) -> list[str]:
    names = anyone.ok("GET", "/works/main/faults")["faults"]
    return [name.removeprefix("instruments.") for name in names if name.startswith("instruments.")][:3]


def test_while_the_wire_is_lost_reading_says_so(running, engineer, anyone) -> None:
    engineer.ok("POST", "/works/shaky/advance", {"n": 2880})
    for _ in range(90):
        found = engineer.ok("POST", "/works/shaky/advance", {"n": 60, "read": [TEMPERATURE]})
        if not found["connected"]:
            break
    assert found["connected"] is False
    assert found["values"] == {TEMPERATURE: None}
    lost = anyone("GET", "/works/shaky/values")
    assert (lost.status, lost.json["type"]) == (503, "/api/v1/docs#lost")
    assert running.caller("controller")("POST", "/works/shaky/write", {"set": {SETPOINT: 1200.0}}).status == 503
    assert anyone.ok("GET", "/works/shaky")["connected"] is False
    while not engineer.ok("POST", "/works/shaky/advance", {"n": 60})["connected"]:
        pass
    assert anyone.ok("GET", "/works/shaky/values", names=TEMPERATURE)["connected"] is True


def test_health_metrics_description_and_page(anyone, running) -> None:
    health = anyone.ok("GET", "/health")
    assert health["status"] == "ok"
    assert health["works"][:2] == ["main", "shaky"]
    metrics = anyone("GET", "/metrics")
    assert re.search(r"^steelyard_rest_requests_total \d+$", metrics.body.decode(), re.MULTILINE)
    assert 'steelyard_works_lag_s{works="main"}' in metrics.body.decode()
    schema = anyone.ok("GET", "/openapi.json")
    assert schema["openapi"].startswith("3.1")
    assert "/api/v1/works/{works_id}/advance" in schema["paths"]
    page = anyone("GET", "/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "/works/{works_id}/advance" in page.body.decode()
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", page.body.decode()), "nothing from the internet"
    assert {"requests", "values_out", "writes", "clients"} <= set(running.server.counts())


def test_what_passed_over_every_protocol_is_told(running, anyone) -> None:
    running.site.adapters.append(running.server)
    try:
        anyone.ok("GET", "/works/main/values")
        passed = anyone.ok("GET", "/counts")["rest"]
        assert passed["values_out"] >= len(running.site.works["main"].signals)
        assert {"refused", "dropped"} <= set(passed)
        said = anyone("GET", "/metrics").body.decode()
        assert re.search(r'^steelyard_passed\{protocol="rest",what="values_out"\} \d+$', said, re.MULTILINE)
    finally:
        running.site.adapters.remove(running.server)


def test_the_report_of_a_trial_shows_its_seeds_to_who_may_start_trials_only(
    running, engineer, anyone, tmp_path
) -> None:
    """A report as `trial run` writes it, with the seed of the plan and of every run."""
    from steelyard.server.trials import TrialDesk

    secret, result = 987_654_321, {
        "plan": {"trial": {"id": "t", "kind": "campaign", "title": {}}, "suite": {"seed": 987_654_321}},
        "plan_hash": "a" * 64, "seeds": {"root": 987_654_321}, "runs": [{"index": 0, "seed": 55_667_788}],
        "departures": {"solution": [-3.848]}, "traces": {}, "verdict": {"sentence": {"en": "not worse", "ko": "동등"}},
        "results": {"primary": [{"kpi": "x", "effect": 0.5}]},
    }  # fmt: skip
    report = {"format": "1", "verdict": "not worse", "primary": {"kpi": "x"}, "plan_hash": "a" * 64, "result": result}
    folder = running.site.folder / "trials" / "trial-77"
    folder.mkdir(parents=True)
    (folder / "report.json").write_text(json.dumps(report))
    running.site.trials = TrialDesk(running.site)
    try:
        assert engineer.ok("GET", "/trials/trial-77/report") == report
        for caller in (anyone, running.caller("viewer"), running.caller("controller")):
            found = caller("GET", "/trials/trial-77/report")
            assert (found.json["verdict"], found.json["results"]) == ("not worse", result["results"])
            for hidden in (str(secret), "55667788", "departures", "a" * 64):
                assert hidden not in found.body.decode()
    finally:
        running.site.trials = None


def test_a_site_without_trials_says_so(anyone, engineer) -> None:
    assert anyone("GET", "/trials/plans").status == 404
    assert engineer("POST", "/trials", {"plan": "x"}).status == 404
    assert engineer("POST", "/works/main/exchange", {"type": "wait"}).status == 409


@pytest.mark.parametrize(
    "accepted, title", [("ko-KR,ko;q=0.9", "찾을 수 없습니다"), ("en", "Not found"), ("", "Not found")]
)
def test_a_problem_has_its_title_in_the_language_of_the_client(anyone, accepted, title) -> None:
    answer = anyone("GET", "/works/nowhere", headers={"Accept-Language": accepted})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json == {
        "type": "/api/v1/docs#not-found", "title": title, "status": 404, "instance": "/api/v1/works/nowhere",
        "detail": answer.json["detail"],
    }  # fmt: skip
    assert "main" in answer.json["detail"]


@pytest.mark.parametrize("who, method, path, body, said", [
    ("controller", "POST", "/works/main/write", {"set": {SETPOINT: 1e6}}, "허용 범위"),
    ("controller", "POST", "/works/main/write", {"set": {TEMPERATURE: 900.0}}, "설비 밖에서 쓸 수 없습니다"),
    ("controller", "POST", "/works/main/write", {"set": {"no.signal": 1.0}}, "신호 'no.signal' 이(가) 없습니다"),
    ("viewer", "POST", "/works/main/write", {"set": {SETPOINT: 900.0}}, "역할 'controller' 이(가) 없습니다"),
    ("viewer", "POST", "/works/main/advance", {"n": 1}, "권한이 없습니다"),
    ("engineer", "POST", "/works/main/advance", {"n": 0}, "body.n: 1 이상이어야 합니다"),
    ("engineer", "POST", "/works/main/advance", {"n": "1", "m": 2}, "body.n: 정수여야 합니다; body.m: 없는 항목입니다"),
    ("engineer", "POST", "/login", {"user": "x"}, "body.password: 필요한 항목입니다"),
    ("engineer", "POST", "/works/main/snapshots", {"name": "../x"}, "글자, 숫자"),
    ("engineer", "POST", "/works/main/restore", {"name": "never"}, "스냅샷 'never' 이(가) 없습니다"),
    ("engineer", "POST", "/works/main/faults", {"faults": {"no.fault": 0.5}}, "고장 'no.fault' 이(가) 없습니다"),
    ("engineer", "GET", "/works/nowhere", None, "설비 'nowhere' 이(가) 없습니다"),
    ("engineer", "GET", "/works/main/values?names=line.pase", None, "비슷한 신호: line.pace"),
    ("engineer", "GET", "/works/shaky/history", None, "기록하지 않습니다"),
    ("engineer", "DELETE", "/works/main", None, "분기가 아닙니다"),
    ("engineer", "GET", "/trials/plans", None, "시험이 없습니다"),
    (None, "POST", "/login", {"user": "x", "password": "yyyyyyyy"}, "비밀번호가 틀립니다"),
])  # fmt: skip
def test_a_refusal_is_said_in_korean(running, who, method, path, body, said) -> None:
    running.free_all()
    answer = running.caller(who)(method, path, body, headers={"Accept-Language": "ko-KR,ko;q=0.9"})
    assert answer.status >= 400
    assert answer.headers["content-language"] == "ko"
    assert said in answer.json["detail"], answer.json["detail"]
    assert not re.search(r"\b(is|are|must|should|the)\b", answer.json["detail"])


def test_a_held_lease_and_a_running_works_are_said_in_korean(running, engineer, controller) -> None:
    korean = {"Accept-Language": "ko"}
    controller.ok("POST", "/works/main/leases", {"role": "controller"})
    other = running.logged_in("controller")
    held = other("POST", "/works/main/leases", {"role": "controller"}, headers=korean)
    assert "임차권(lease)은 'controller'(rest)이(가)" in held.json["detail"]
    engineer.ok("POST", "/works/main/run", {})
    assert "일시정지" in engineer("POST", "/works/main/advance", {"n": 1}, headers=korean).json["detail"]


def test_a_trial_is_started_spoken_with_and_stopped(running, engineer, anyone) -> None:
    from steelyard.server.trials import TrialDesk

    running.site.trials = TrialDesk(running.site)
    try:
        plans = anyone.ok("GET", "/trials/plans")["plans"]
        assert anyone("POST", "/trials", {"plan": plans[0]}).status == 401
        assert engineer("POST", "/trials", {"plan": "no-such-plan"}).status == 409
        trial = engineer.ok("POST", "/trials", {"plan": plans[0]})["id"]
        kind = anyone.ok("GET", f"/works/{trial}")["trial"]["kind"]
        player = running.logged_in(kind)
        assert player.ok("POST", f"/works/{trial}/exchange", {"type": "wait"})["type"] in ("hello", "wait")
        for message, status in (({"type": 5}, 409), ([], 422), ({"type": "x", "more": "y" * 70_000}, 413)):
            assert player("POST", f"/works/{trial}/exchange", message).status == status
        assert running.caller("viewer")("POST", f"/works/{trial}/exchange", {"type": "wait"}).status == 403
        assert anyone("GET", f"/works/{trial}/history").status == 409
        assert anyone("GET", f"/trials/{trial}/report").status == 404
        assert engineer("DELETE", f"/works/{trial}").status == 409
        engineer.ok("DELETE", f"/trials/{trial}")
        assert anyone("GET", f"/works/{trial}").status == 404
        player.ok("POST", "/logout")
    finally:
        running.site.trials = None
