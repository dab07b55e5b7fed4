"""A trial over the wire, with real servers, sockets and clients: the same verdict and KPIs as over the pipe."""

import asyncio
import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from steelyard.errors import AccessError, SignalError, SteelyardError
from steelyard.live.access import Session
from steelyard.live.audit import Audit
from steelyard.live.site import Site
from steelyard.live.users import USERS, Users
from steelyard.live.works import LiveWorks
from steelyard.plant.frame import View
from steelyard.plant.works import open_works, shipped_values
from steelyard.server.connector import connect
from steelyard.server.links import Refused, RestLink
from steelyard.server.opcua_link import OpcUaLink
from steelyard.server.over import run_over
from steelyard.server.serve import started
from steelyard.server.settings import OFF, Settings
from steelyard.server.trial_frames import DiffersError
from steelyard.server.trials import TrialDesk
from steelyard.trials.plan import plan_from
from steelyard.trials.report import write
from steelyard.trials.run import run_plan
from steelyard.trials.verify import verify
from steelyard.web.encode import Selection

PASSWORD = "a password of tests"
SOLUTIONS = Path(__file__).parent.parent / "trials" / "solutions"
PLAN = """
[trial]
id = "small"
kind = "campaign"
[solution]
path = "silent_advisor.py"
kind = "{kind}"
[suite]
scenarios = ["normal"]
seed = 11
[statistics]
resamples = 999
[runs]
campaigns = 2
heats = 1
warmup_heats = 0
floor_campaigns = 2
oracle = false
decision_timeout_s = 20.0
[[primary]]
kpi = "departure_deviation_k"
margin = 0.5
"""


def campaign(path, kind="advisor", scenario="normal", **runs):
    """A plan of two campaigns of one heat."""
    return plan_from({
        "trial": {"id": "small", "kind": "campaign"}, "solution": {"path": path, "kind": kind},
        "suite": {"scenarios": [scenario], "seed": 11}, "statistics": {"resamples": 999},
        "runs": {"campaigns": 2, "heats": 1, "warmup_heats": 0, "floor_campaigns": 2, "oracle": False,
                 "decision_timeout_s": 20.0, **runs},
        "primary": [{"kpi": "departure_deviation_k", "margin": 0.5}],
        "guardrails": [{"kpi": "fallback_share", "margin": 5.0, "against": 0.0}],
    }, SOLUTIONS, "small plan")  # fmt: skip


def detection():
    """A plan of a detector in a furnace of half an hour."""
    fault = "reheating_furnace.burner_clogging_top_3"
    return plan_from({
        "trial": {"id": "small detector", "kind": "detector"}, "plant": {"process": "hot_bar_line"},
        "solution": {"path": "flow_ratio_detector.py", "kind": "detector"},
        "baseline": {"path": "reference:burner_limit_alarm"}, "suite": {"scenarios": ["normal"], "seed": 5},
        "detection": {"faults": [fault], "severity_low": 0.5, "severity_high": 0.8, "hours": 0.5, "warmup_h": 0.1,
                      "onset_from_h": 0.2, "onset_until_h": 0.3, "growth_h": 0.0},
        "statistics": {"resamples": 999}, "runs": {"campaigns": 2, "decision_timeout_s": 20.0},
        "primary": [{"kpi": "delay_h", "margin": 0.1}],
        "guardrails": [{"kpi": "false_alarms_per_day", "margin": 2.0}],
    }, SOLUTIONS, "small plan")  # fmt: skip


PLANS = {
    "advisor": lambda: campaign("reference:arc_energy_advisor"),
    "detector": detection,
    "forbidden": lambda: campaign("forbidden_controller.py", "controller"),
    "crashing": lambda: campaign("crashing_advisor.py"),
    "bad wire": lambda: campaign("reference:arc_energy_advisor", scenario="lost_connection"),
}


@pytest.fixture(scope="module")
def piped():
    """Return what gives the report of a plan over the pipe, run once."""
    known = {}

    def report(name):
        if name not in known:
            known[name] = run_plan(PLANS[name](), threads=1)
        return known[name]

    return report


@pytest.mark.parametrize(
    ("protocol", "name"),
    [("rest", "advisor"), ("opcua", "advisor"), ("rest", "crashing"),
     *(pytest.param(*slow, marks=pytest.mark.slow) for slow in [
         ("mqtt", "advisor"), ("rest", "detector"), ("opcua", "detector"), ("mqtt", "detector"),
         ("opcua", "forbidden"), ("opcua", "crashing"), ("rest", "bad wire"), ("opcua", "bad wire"),
     ])],
)  # fmt: skip
def test_the_verdict_does_not_depend_on_the_wire(protocol, name, piped):
    pipe, wire = piped(name), run_over(PLANS[name](), protocol)
    assert wire["facts"]["connection"]["over"] == protocol
    for part in ("format", "verdict", "primary", "plan_hash", "result"):
        assert json.dumps(wire[part]) == json.dumps(pipe[part]), part
    assert wire["result_hash"] == pipe["result_hash"]
    if name == "bad wire":
        assert all(row["counts"]["unasked"] > 0 for row in pipe["result"]["runs"])
    requests = sum(row["requests"] for row in pipe["facts"]["solution_timing"])
    assert wire["facts"]["solution_timing"][0]["requests"] == requests > 10


class Tenth(View):
    """A view that is a tenth off."""

    def look(self, step):
        frame = super().look(step)
        frame.values[:] *= 1.1
        return frame


class Behind(View):
    """A view whose clock is a second behind."""

    def look(self, step):
        frame = super().look(step)
        return replace(frame, time_s=frame.time_s - 1.0)


@pytest.mark.parametrize(("wrong", "said"), [(Tenth, "the wire shows .*, the trial asks with"), (Behind, "plant time")])
def test_a_board_that_is_wrong_on_the_wire_fails_the_trial(wrong, said, monkeypatch):
    monkeypatch.setattr("steelyard.server.trial_frames.View", wrong)
    with pytest.raises(DiffersError, match=said):
        run_over(PLANS["crashing"](), "rest")


def test_the_values_that_a_solution_gets_are_those_of_the_tags(monkeypatch, piped):
    """Tags that are one unit in the last place off give another result: the link reads them, not the question."""

    def off(selection, frame):
        shown = plain(selection, frame)
        shown["values"] = {k: None if v is None else math.nextafter(v, math.inf) for k, v in shown["values"].items()}
        return shown

    plain = Selection.plain
    monkeypatch.setattr(Selection, "plain", off)
    wire = run_over(PLANS["advisor"](), "rest")
    assert wire["result_hash"] != piped("advisor")["result_hash"]


def test_faults_over_the_wire_are_counted_as_over_the_pipe(piped):
    rows = [piped(name)["result"]["runs"] for name in ("forbidden", "crashing")]
    assert all(row["faults"]["forbidden"] > 5 < row["faults"]["out_of_range"] for row in rows[0])
    assert all(row["faults"]["crashed"] == 3 for row in rows[1])


def test_the_report_names_the_connection_and_verifies_over_the_pipe(tmp_path):
    report = run_over(PLANS["crashing"](), "rest")
    write(report, tmp_path, "en")
    assert "REST" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert verify(tmp_path / "report.json")["verified"]


def test_another_protocol_is_refused():
    with pytest.raises(SteelyardError, match="rest, opcua, mqtt"):
        run_over(PLANS["crashing"](), "modbus")


def session(role, via="direct"):
    return Session(role, frozenset({role}), via)


class Served:
    """A site with a main works, a desk with one plan, and the protocols, in the running loop."""

    def __init__(self, folder, kind, *protocols):
        (folder / USERS).write_text("{}", encoding="utf-8")
        users = Users(folder)
        users.set(kind, PASSWORD, [kind])  # one user is enough, and saves a second
        self.site = Site("test", users, Audit(folder / "audit.jsonl"), folder)
        (folder / "plans").mkdir()
        text = PLAN.format(kind=kind).replace("silent_advisor.py", str(SOLUTIONS / "silent_advisor.py"))
        (folder / "plans" / "mine.toml").write_text(text, encoding="utf-8")
        self.site.trials = TrialDesk(self.site)
        self.settings = Settings(
            site="test",
            http_port=0 if "rest" in protocols else OFF,
            opcua_port=0 if "opcua" in protocols else OFF,
            mqtt_port=OFF,
            modbus_port=OFF,
        )

    async def __aenter__(self):
        works = LiveWorks("main", open_works(shipped_values(), 3, "normal"), "ladle_furnace", audit=self.site.audit)
        await works.open()
        await self.site.add(works)
        self.protocols = started(self.site, self.settings)
        adapters = await self.protocols.__aenter__()
        self.url = {end.protocol: end.url for adapter in adapters for end in adapter.endpoints()}
        return self

    async def __aexit__(self, *_):
        await self.protocols.__aexit__(None, None, None)
        while self.site.works:
            await self.site.remove(next(iter(self.site.works)))
        assert self.site.audit.counts.get("unhandled", 0) == 0, self.site.audit.tail()


@pytest.mark.asyncio
async def test_a_client_plays_a_trial_natively_over_opc_ua(tmp_path):
    async with Served(tmp_path, "controller", "opcua") as served:
        assert served.site.trials.plans()[-1] == "mine"
        trial = await served.site.trials.start(session("engineer"), "mine")
        works = served.site.get(trial)
        place = list(works.signals).index("ladle_furnace.heat_number")

        def play():
            link = OpcUaLink(served.url["opcua"], "controller", PASSWORD, trial)
            times = []
            while works.state != "over":
                try:
                    link.advance(600)
                except Refused:  # the trial is over
                    break
                _, seen = link.read(["ladle_furnace.heat_number", "operator.heating_energy_setpoint"])
                assert seen["ladle_furnace.heat_number"] == works.frame.values[place]
                times.append(works.frame.time_s)
                link.write({"operator.heating_energy_setpoint": 1.25})
                if len(times) % 2:
                    with pytest.raises(Refused):
                        link.write({"operator.heating_energy_setpoint": 99.0})
            link.close()
            return times

        times = await asyncio.to_thread(play)
        assert times[:3] == [600.0, 1200.0, 1800.0]
        assert times.count(600.0) == 2  # two campaigns
        for _ in range(100):
            if (report := served.site.trials.report(trial)) is not None:
                break
            await asyncio.sleep(0.1)
        assert report["result"]["solution"]["name"] == "controller over opcua"
        assert report["result"]["plan"]["solution"] == {"path": "wire", "kind": "controller", "hash": ""}
        assert report["facts"]["isolation"]["level"] == "elsewhere"
        counted = sum(run["faults"]["out_of_range"] for run in report["result"]["runs"])
        assert abs(counted - len(times) / 2) <= 1.0  # a refused write voids the answer it belongs to
        noted = [entry for entry in served.site.audit.tail() if entry["kind"] == "write"]
        assert sum(entry.get("repeated", 1) for entry in noted) == len(times)  # every write, in two lines for each run
        assert [("repeated" in entry, entry["new"]) for entry in noted] == [(False, 1.25), (True, 1.25)] * 2
        assert [entry["run"] for entry in noted] == [1, 1, 2, 2]
        written = sum(run["counts"]["written"] for run in report["result"]["runs"])
        assert written == len(times) - counted
        with pytest.raises(SteelyardError, match="answered over the wire"):
            verify(served.site.folder / "trials" / trial / "report.json")


@pytest.mark.asyncio
async def test_who_may_not_answer_is_refused_and_not_counted(tmp_path):
    async with Served(tmp_path, "advisor") as served:
        desk = served.site.trials
        with pytest.raises(AccessError):
            await desk.start(session("advisor"), "mine")
        for bad in ("../mine", "/etc/passwd", "mine.toml", "nothing"):
            with pytest.raises(SteelyardError, match="there is no plan"):
                await desk.start(session("engineer"), bad)
        trial = await desk.start(session("engineer"), "mine")
        assert trial == "trial-1"
        with pytest.raises(SteelyardError, match="one trial at a time"):
            await desk.start(session("engineer"), "mine")
        works, player = served.site.get(trial), session("advisor")
        for stranger in ("viewer", "controller", "engineer"):
            with pytest.raises(AccessError):
                await works.exchange(session(stranger), {"type": "wait"})
        hello = {"type": "hello", "name": "n", "version": "1", "kind": "advisor", "interval_s": 30,
                 "reads": ["ladle_furnace.heat_number"], "writes": ["operator.heating_energy_advice"]}  # fmt: skip
        question = await works.exchange(player, hello)
        while question["type"] == "wait":
            question = await works.exchange(player, {"type": "wait"})
        assert question["type"] == "start"
        assert (question["number"], question["of"]) == (1, 2)
        assert (await works.exchange(player, {"type": "wait"})) == question
        with pytest.raises(AccessError, match="lease"):
            await works.exchange(session("advisor"), {"type": "wait"})
        question = await works.exchange(player, {"type": "ready"})
        assert question == {"type": "decide", "time_s": 30.0, "signals": {"ladle_furnace.heat_number": 1.0}}
        assert works.frame.time_s == 30.0
        with pytest.raises(SteelyardError):
            await works.write(session("controller"), {"operator.heating_energy_setpoint": 1.0})
        with pytest.raises(AccessError):
            await works.write(player, {"operator.heating_energy_setpoint": 1.0})
        with pytest.raises(SignalError):
            await works.write(player, {"operator.heating_energy_advice": 99.0})
        for bad in ([], {}, {"type": 3}, "answer", {"type": "x" * 100}):
            try:
                await works.exchange(player, bad)
            except SteelyardError:
                continue
        await desk.stop(session("engineer"), trial)
        assert trial not in served.site.works
        assert "stopped" in desk.report(trial)["failure"]
        assert await desk.start(session("engineer"), "mine") == "trial-2"


@pytest.mark.asyncio
async def test_an_answer_that_comes_too_late_is_not_taken_for_the_next(tmp_path):
    async with Served(tmp_path, "advisor") as served:
        plan = served.site.folder / "plans" / "mine.toml"
        plan.write_text(plan.read_text().replace("decision_timeout_s = 20.0", "decision_timeout_s = 0.2"))
        trial = await served.site.trials.start(session("engineer"), "mine")
        works, player = served.site.get(trial), session("advisor")
        hello = {"type": "hello", "name": "n", "version": "1", "kind": "advisor", "interval_s": 60,
                 "reads": [], "writes": ["operator.heating_energy_advice"]}  # fmt: skip
        message = hello
        while (question := await works.exchange(player, message))["type"] != "decide":
            message = {"type": "wait"} if question["type"] == "wait" else {"type": "ready"}
        await asyncio.sleep(0.6)
        late = {"type": "answer", "set": {"operator.heating_energy_advice": 3.0}}
        question = await works.exchange(player, late)
        why = question.pop("why")
        assert question == {"type": "hello", "contract": 1}
        assert why.startswith("hung: it did not answer in time")
        assert (await works.exchange(player, hello))["type"] in ("start", "wait")


def deep(levels):
    """A list in a list in a list …"""
    found = []
    for _ in range(levels):
        found = [found]
    return found


HELLO = {"type": "hello", "name": "n", "version": "1", "kind": "advisor", "interval_s": 60,
         "reads": ["ladle_furnace.heat_number"], "writes": ["operator.heating_energy_advice"]}  # fmt: skip
NOISE = [
    {"type": "answer"}, {"type": "answer", "set": []}, {"type": "answer", "set": {"x": deep(5000)}},
    {"type": "answer", "set": {"operator.heating_energy_advice": "1"}}, {"type": "gone", "fault": []},
    {"type": "gone", "fault": {}, "reason": deep(5000)}, {"type": "gone", "fault": "hung"}, {"type": "ready"},
    {"type": "answer", "set": {"operator.heating_energy_advice": float("nan")}}, {"type": "ok"}, {"type": ""},
    {**HELLO, "interval_s": 0}, {**HELLO, "interval_s": 1e-300}, {**HELLO, "interval_s": deep(5000)},
    {**HELLO, "writes": 7}, {**HELLO, "reads": [deep(9)]}, {"type": "hello"}, {"type": "error", "reason": deep(5000)},
]  # fmt: skip


@pytest.mark.asyncio
async def test_whatever_a_client_says_the_trial_ends_in_good_order(tmp_path):
    async with Served(tmp_path, "advisor") as served:
        trial = await served.site.trials.start(session("engineer"), "mine")
        works, player = served.site.get(trial), session("advisor")
        question, noise = await works.exchange(player, HELLO), iter(NOISE * 4)
        while question["type"] != "stop":
            if question["type"] == "hello":
                message = HELLO
            elif question["type"] == "decide":
                message = next(noise, {"type": "answer", "set": {}})
                for n in (0, -1, 7):
                    with pytest.raises(SteelyardError):
                        await works.advance(player, n)
            else:
                message = {"type": "ready"} if question["type"] == "start" else {"type": "wait"}
            question = await works.exchange(player, message)
        while (report := served.site.trials.report(trial)) is None:
            await asyncio.sleep(0.05)
        rows = [run["faults"] for run in report["result"]["runs"]]
        assert rows[0]["nonsense"] == 3
        assert rows[0]["forbidden"] == 1
        assert rows[0]["crashed"] + rows[0]["hung"] == 3  # given up after the third
        assert sum(rows[1].values()) > 3


@pytest.mark.parametrize("protocol", ["rest", "opcua"])
def test_a_solution_steers_a_live_works(protocol, tmp_path):
    async def served():
        async with Served(tmp_path, "advisor", protocol) as here:
            said = await asyncio.to_thread(
                connect, SOLUTIONS.parents[2] / "src/steelyard/solutions/reference/arc_energy_advisor.py",
                here.url[protocol], "advisor", PASSWORD, decisions=20,
            )  # fmt: skip
            return said, here.site.get("main").frame.time_s, here.site.audit.counts

    said, time_s, counts = asyncio.run(served())
    assert said["decisions"] == 20
    assert time_s == 200.0  # every 10 s in lock-step
    assert sum(said["faults"].values()) == 0
    assert said["written"] == counts.get("write", 0) > 0


def test_a_link_says_what_is_wrong(tmp_path):
    async def served():
        async with Served(tmp_path, "advisor", "rest", "opcua") as here:
            with pytest.raises(SteelyardError):
                await asyncio.to_thread(RestLink, here.url["rest"], "advisor", "wrong", "main")
            with pytest.raises(SteelyardError):
                await asyncio.to_thread(OpcUaLink, here.url["opcua"], "advisor", "wrong", "main")
            with pytest.raises(Refused, match="no works 'trial-7'"):
                await asyncio.to_thread(OpcUaLink, here.url["opcua"], "advisor", PASSWORD, "trial-7")

    asyncio.run(served())
    for url in ("http://127.0.0.1:9", "opc.tcp://127.0.0.1:9", "mqtt://127.0.0.1:9"):
        with pytest.raises(SteelyardError, match="does not answer"):
            connect(SOLUTIONS / "silent_advisor.py", url, "advisor", "x", "trial-1")
    with pytest.raises(SteelyardError, match="no address"):
        connect(SOLUTIONS / "silent_advisor.py", "ftp://here", "advisor", "x")
