"""A trial whose own solution answers over a protocol, on this machine's loopback: the same report as over the pipe."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Coroutine
from contextlib import suppress
from functools import partial
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from steelyard.errors import SolutionError, SteelyardError
from steelyard.live.audit import Audit
from steelyard.live.site import Site
from steelyard.live.users import USERS, Users
from steelyard.server.serve import started
from steelyard.server.settings import OFF, Settings
from steelyard.server.trial_works import TrialWorks
from steelyard.server.trials import WireHosting, trial_works
from steelyard.solutions.process import Limits, described, isolation
from steelyard.solutions.wire_host import Abandoned
from steelyard.trials.executor import Progress
from steelyard.trials.plan import TrialPlan
from steelyard.trials.run import run_plan

PROTOCOLS = ("rest", "opcua", "mqtt")
PASSWORD = "STEELYARD_PASSWORD"
GOODBYE_S = 3.0


def run_over(plan: TrialPlan, protocol: str, store: Any = None, progress: Progress | None = None) -> dict[str, Any]:
    """Run a trial whose solution is asked over `protocol` (rest, opcua, mqtt) by a client in a process of its own.

    Raises what `run_plan` does, and SteelyardError for another protocol.
    """
    if protocol not in PROTOCOLS:
        raise SteelyardError(f"a trial cannot be run over {protocol!r}; it can over: {', '.join(PROTOCOLS)}")
    with tempfile.TemporaryDirectory(prefix="steelyard-trial-") as folder:
        try:
            return asyncio.run(_interruptible(_over(plan, protocol, Path(folder), store, progress)))
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None


async def _interruptible(work: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any]:
    """Do `work`; Ctrl-C cancels it instead of breaking into whatever the loop does, and everything is put away."""
    task, before = asyncio.ensure_future(work), signal.getsignal(signal.SIGINT)
    after = before

    def interrupt() -> None:
        nonlocal after
        with suppress(KeyboardInterrupt):
            if callable(before):
                before(signal.SIGINT, None)
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a second Ctrl-C shall not disturb
            after = signal.SIG_IGN
        task.cancel()

    mine = callable(before) and threading.current_thread() is threading.main_thread()
    if mine:
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, interrupt)
    try:
        return await task
    finally:
        if mine:
            asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)
            signal.signal(signal.SIGINT, after)


async def _over(plan: TrialPlan, protocol: str, folder: Path, store: Any, progress: Progress | None) -> dict[str, Any]:
    password = token_urlsafe(24)
    users = await asyncio.to_thread(_only_user, folder, plan.solution.kind, password)
    site = Site("trial", users, Audit(folder / "audit.jsonl"), folder, anonymous=False)
    works = trial_works("trial-1", plan, site.audit)
    await site.add(works)
    ports = {name: 0 if name == protocol else OFF for name in ("rest", "opcua", "mqtt", "modbus")}
    settings = Settings(
        site="trial", http_port=ports["rest"], opcua_port=ports["opcua"], mqtt_port=ports["mqtt"],
        modbus_port=ports["modbus"], anonymous=False,
    )  # fmt: skip
    async with started(site, settings) as adapters:
        client = _client(plan, adapters[0].endpoints()[0].url, password)
        try:
            report = await _run(plan, works, client, store, progress)
        finally:
            await _goodbye(works, client)
    site.audit.close()
    report["facts"]["connection"]["refused_on_the_wire"] = site.audit.counts.get("refused", 0)
    return report


def _only_user(folder: Path, role: str, password: str) -> Users:
    """Return users among which there is only this one, called as its role."""
    (folder / USERS).write_text("{}", encoding="utf-8")
    users = Users(folder)
    users.set(role, password, [role])
    return users


def _client(plan: TrialPlan, url: str, password: str) -> subprocess.Popen[bytes]:
    """Start `steelyard solution connect` for the plan's solution."""
    command = [
        sys.executable, "-m", "steelyard", "solution", "connect", str(plan.solution_path()), url, "--works", "trial-1",
        "--user", plan.solution.kind, "--timeout", repr(plan.runs.decision_timeout_s), "--json",
        *(["--network"] if plan.solution.network else []),
    ]  # fmt: skip
    return subprocess.Popen(
        command, env={**os.environ, PASSWORD: password}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


async def _run(
    plan: TrialPlan, works: TrialWorks, client: subprocess.Popen[bytes], store: Any, progress: Progress | None
) -> dict[str, Any]:
    """Run the trial in a thread while this loop serves it; a client that cannot even connect ends it."""
    network = plan.solution.network
    hosting = WireHosting(works, {**isolation(network), "limits": described(Limits(network=network))})
    words: list[bytes] = []
    watcher = threading.Thread(target=lambda: words.append(client.communicate()[1]), daemon=True)
    watcher.start()
    watched = partial(_report, works, progress)
    trial = asyncio.create_task(asyncio.to_thread(run_plan, plan, store, watched, None, hosting))
    while not trial.done():
        try:
            await asyncio.wait([trial], timeout=0.2)
        except asyncio.CancelledError:
            await _abandoned(works, trial)
            raise
        if not trial.done() and client.poll() is not None:
            await _abandoned(works, trial)
            watcher.join(1.0)
            last = (b"".join(words)).decode("utf-8", "replace").strip().splitlines() or ["it ended"]
            raise SolutionError(f"the client of the solution ended before the trial: {last[-1][:300]}")
    return trial.result()


async def _abandoned(works: TrialWorks, trial: asyncio.Task[dict[str, Any]]) -> None:
    """Have the trial stop, wait until it has, and take note of what it says about it."""
    works.meeting.abandon()
    await asyncio.wait([trial])
    trial.exception()


def _report(works: TrialWorks, progress: Progress | None, fraction: float = 0.0, text: str = "") -> None:
    """Tell how far the trial is; one that is to stop stops here at the latest."""
    if works.meeting.left:
        raise Abandoned("the trial was stopped before its end")
    works.progress = fraction
    if progress is not None:
        progress(fraction, text)


async def _goodbye(works: TrialWorks, client: subprocess.Popen[bytes]) -> None:
    """Let the client hear of the end and leave."""
    works.meeting.abandon()
    works.meeting.finish()
    try:
        await asyncio.wait_for(asyncio.to_thread(client.wait), GOODBYE_S)
    except TimeoutError:
        pass
    finally:
        client.kill()
        client.wait()
