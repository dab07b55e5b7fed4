"""Processes of their own for a measurement: each is asked by one line of JSON and answers by one."""

import asyncio
import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any

from steelyard.errors import SteelyardError

START_S, ANSWER_S, STOP_S = 120.0, 120.0, 10.0
PROGRAM = "from steelyard.studies.{module} import main; main()"


class Child:
    """A Python process that runs ``main()`` of a module of this room; `about` is what it said when it was ready."""

    def __init__(self, module: str, arguments: dict[str, Any], home: str | None = None) -> None:
        """Start it; `home` becomes its STEELYARD_HOME. SteelyardError with its last words when it does not start."""
        self.module = module
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 it lives as long as the process
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM.format(module=module), json.dumps(arguments)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True,
            env={**os.environ, **({"STEELYARD_HOME": home} if home else {})},
        )  # fmt: skip
        self.about = self._answer(START_S)

    def ask(self, order: str, **arguments: Any) -> dict[str, Any]:
        """Send an order and return the answer."""
        self.tell(order, **arguments)
        return self.answer()

    def tell(self, order: str, **arguments: Any) -> None:
        """Send an order; the answer is to be taken with `answer`."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"order": order, **arguments}) + "\n")
        self._process.stdin.flush()

    def answer(self, patience_s: float = ANSWER_S) -> dict[str, Any]:
        """Return the answer to the oldest order that was not answered yet."""
        return self._answer(patience_s)

    def _answer(self, patience_s: float) -> dict[str, Any]:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], patience_s)
        line = self._process.stdout.readline() if ready else ""
        if not line:
            how = f"gave no answer within {patience_s:g} s" if not ready else "has ended"
            self.close()
            self._errors.seek(0)
            raise SteelyardError(f"{self.module} {how}: {self._errors.read()[-2000:] or 'it said nothing'}")
        return dict(json.loads(line))

    def close(self) -> None:
        """End it: first by closing its orders, then by force."""
        if self._process.poll() is None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def __enter__(self) -> "Child":
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self.close()


def arguments() -> dict[str, Any]:
    """Return the arguments that a child was started with."""
    return dict(json.loads(sys.argv[1]))


def say(answer: dict[str, Any]) -> None:
    """Answer the parent."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


async def orders() -> AsyncIterator[dict[str, Any]]:
    """Give the parent's orders until it closes them."""
    while line := await asyncio.to_thread(sys.stdin.readline):
        yield json.loads(line)


def run(work: Any) -> None:
    """Run a coroutine in the loop that the server uses too."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(work)
        return
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work)
