"""The desk for trials of a site: starts one whose solution answers over the wire, keeps its report, takes it away."""

import asyncio
import json
import threading
from functools import partial
from pathlib import Path
from typing import Any

from steelyard.errors import SteelyardError
from steelyard.live.access import Session
from steelyard.server.trial_works import TrialWorks
from steelyard.solutions.wire_host import Abandoned, WireHost
from steelyard.trials.hosting import Hosting
from steelyard.trials.plan import ON_THE_WIRE, SHIPPED, TrialPlan, load_plan

LINGER_S = 10.0
PREFIX = "trial-"


class WireHosting(Hosting):
    """Has the solution of a trial answered for by the client of `works`; one lane, since there is one client."""

    lanes = 1

    def __init__(self, works: TrialWorks, isolation: dict[str, Any] | None = None) -> None:
        """`isolation` is what is known of where the solution runs (None: nothing)."""
        self._works, self._isolation = works, isolation

    def host(self, plan: TrialPlan, infos: dict[str, Any] | None, lane: int) -> WireHost:
        """Return the host that meets the client."""
        timeout_s = plan.runs.decision_timeout_s
        return WireHost(self._works.meeting, timeout_s=timeout_s, signals=infos, isolation=self._isolation)

    def connection(self) -> dict[str, Any]:
        """Return over which protocol the solution answered, and for which user."""
        player = self._works.player
        return {"over": player.via, "user": player.user} if player is not None else {}


def trial_works(works_id: str, plan: TrialPlan, audit: Any) -> TrialWorks:
    """Return the works on which a plan's trial will be seen (call it in the loop)."""
    title = {lang: plan.trial.title.get(lang) or plan.trial.id for lang in ("en", "ko")}
    works = TrialWorks(works_id, plan.plant.process, plan.solution.kind, title, audit)
    if plan.trial.kind in ("campaign", "detector"):
        works.runs = plan.runs.campaigns + plan.ensemble.draws * plan.ensemble.campaigns
    return works


class TrialDesk:
    """Runs one trial at a time, in a thread. Plans are the shipped ones and those that the owner put into a folder."""

    def __init__(self, site: Any, folder: Path | None = None) -> None:
        """`folder` holds plans (*.toml) of the owner, by default ``plans`` among the server's files."""
        self._site, self._plans = site, folder or site.folder / "plans"
        self._reports: Path = site.folder / "trials"
        self._running: TrialWorks | None = None
        self._thread: threading.Thread | None = None
        self._failures: dict[str, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def plans(self) -> list[str]:
        """Return the names of the plans that can be started."""
        return list(self._known())

    def _known(self) -> dict[str, Path | str]:
        own = sorted(self._plans.glob("*.toml")) if self._plans.is_dir() else []
        return {**{name: name for name in SHIPPED}, **{path.stem: path for path in own if path.stem not in SHIPPED}}

    async def start(self, session: Session, plan: str) -> str:
        """Start a trial by the name of its plan and return the id of its works; its solution is who connects there.

        AccessError without the right, SteelyardError when another one runs or there is no such plan.
        """
        session.need("trial")
        if self._running is not None:
            raise SteelyardError(f"{self._running.id} runs; there is one trial at a time: stop it, or wait")
        known = self._known()
        if plan not in known:
            raise SteelyardError(f"there is no plan {str(plan)[:80]!r}; plans are: {', '.join(known)}")
        loaded = (await asyncio.to_thread(load_plan, known[plan])).with_changes(solution={"path": ON_THE_WIRE})
        if self._running is not None:
            raise SteelyardError(f"{self._running.id} runs; there is one trial at a time: stop it, or wait")
        works = self._running = trial_works(self._next_id(), loaded, self._site.audit)
        self._site.audit.note("command", session, works=works.id, command="start_trial", plan=plan)
        await works.open()
        await self._site.add(works)
        work = partial(self._work, works, loaded, asyncio.get_running_loop())
        self._thread = threading.Thread(target=work, name=f"steelyard-{works.id}", daemon=True)
        self._thread.start()
        return works.id

    async def stop(self, session: Session, works_id: str) -> None:
        """Stop the trial that runs; there will be no report of it."""
        session.need("trial")
        works = self._running
        if works is None or works.id != works_id:
            raise SteelyardError(f"no trial {str(works_id)[:80]!r} runs")
        self._site.audit.note("command", session, works=works_id, command="stop_trial")
        works.meeting.abandon()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)
        await self._take_away(works)

    def report(self, works_id: str) -> dict[str, Any] | None:
        """Return the report of a trial that is over, ``{"failure": why}`` of one that failed, None of any other."""
        if works_id in self._failures:
            return {"failure": self._failures[works_id]}
        if works_id not in self._numbered():
            return None
        path = self._reports / works_id / "report.json"
        found: dict[str, Any] | None = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
        return found

    def public_report(self, works_id: str) -> dict[str, Any] | None:
        """Return what anybody may know of such a report: plan, verdict and KPIs, but no seed, run or hash."""
        report = self.report(works_id)
        if report is None:
            return None
        if "failure" in report:
            return {"failure": "the trial failed; who may start trials can read why"}
        result = report["result"]
        trial = {key: result["plan"]["trial"][key] for key in ("id", "kind", "title")}
        return {
            "format": report["format"], "trial": trial, "verdict": report["verdict"], "primary": report["primary"],
            "sentence": result["verdict"]["sentence"], "results": result["results"],
        }  # fmt: skip

    def _numbered(self) -> list[str]:
        made = self._reports.glob(f"{PREFIX}*") if self._reports.is_dir() else ()
        return [path.name for path in made if path.name.removeprefix(PREFIX).isdigit()]

    def _next_id(self) -> str:
        used = [int(name.removeprefix(PREFIX)) for name in (*self._numbered(), *self._failures)]
        return f"{PREFIX}{max(used, default=0) + 1}"

    def _work(self, works: TrialWorks, plan: TrialPlan, loop: asyncio.AbstractEventLoop) -> None:
        """Run the trial (its own thread) and write its report."""
        from steelyard.trials.report import write
        from steelyard.trials.run import run_plan

        def progress(fraction: float, text: str = "") -> None:
            works.progress = fraction

        try:
            report = run_plan(plan, progress=progress, hosting=WireHosting(works))
            folder = self._reports / works.id
            folder.mkdir(parents=True, exist_ok=True)
            write(report, folder, "en")
        except (SteelyardError, Abandoned) as error:
            self._failures[works.id] = works.failure = str(error)
        except Exception as error:  # noqa: BLE001 the site goes on; the log says what happened
            self._failures[works.id] = works.failure = repr(error)
            self._site.audit.note("unhandled", works=works.id, where="trial", why=repr(error))
        works.meeting.finish()
        if not loop.is_closed():
            loop.call_soon_threadsafe(self._leave, works)

    def _leave(self, works: TrialWorks) -> None:
        task = asyncio.create_task(self._linger(works))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _linger(self, works: TrialWorks) -> None:
        """Leave the works on the wire until its client knows of the end, a few seconds at most."""
        for _ in range(int(LINGER_S / 0.1)):
            if works.told or works.id not in self._site.works:
                break
            await asyncio.sleep(0.1)
        await self._take_away(works)

    async def _take_away(self, works: TrialWorks) -> None:
        if self._running is works:
            self._running = None
        if self._site.works.get(works.id) is works:
            await self._site.remove(works.id)
