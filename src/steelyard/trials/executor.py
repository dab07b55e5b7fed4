"""Lanes: jobs are dealt to a fixed number of lanes, each works its jobs in order, results come back in job order.

The dealing depends on the job's place alone, never on timing; so results are the same on one thread and on many.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from threading import Event, Lock
from typing import Any, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")
Progress = Callable[..., None]


def deal(count: int, lanes: int) -> list[list[int]]:
    """Return the job numbers of each lane.

    >>> deal(5, 2)
    [[0, 2, 4], [1, 3]]
    """
    return [list(range(lane, count, lanes)) for lane in range(min(lanes, count))]


def run_lanes(
    jobs: Sequence[Job],
    lanes: int,
    open_lane: Callable[[int], AbstractContextManager[Any]],
    work: Callable[[Any, Job], Result],
    progress: Progress | None = None,
    threads: int | None = None,
) -> list[Result]:
    """Work all jobs and return their results in job order.

    Each lane opens its own resource (for example a solution's process) and passes it to `work(resource, job)`.
    The first error stops all lanes after their present job and is raised; Ctrl-C does the same.
    """
    results: dict[int, Result] = {}
    lock, stop = Lock(), Event()

    def lane_work(lane: int, numbers: list[int]) -> None:
        with open_lane(lane) as resource:
            for number in numbers:
                if stop.is_set():
                    return
                result = work(resource, jobs[number])
                with lock:
                    results[number] = result
                    if progress is not None:
                        progress(len(results) / len(jobs))

    pool = ThreadPoolExecutor(max_workers=max(1, min(threads or os.cpu_count() or 1, lanes)))
    try:
        futures: list[Future] = [pool.submit(lane_work, i, numbers) for i, numbers in enumerate(deal(len(jobs), lanes))]
        done, _ = wait(futures, return_when=FIRST_EXCEPTION)
        for future in done:
            future.result()
        for future in futures:
            future.result()
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)
    return [results[number] for number in range(len(jobs))]
