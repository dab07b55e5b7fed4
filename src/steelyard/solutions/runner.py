"""The inside of a Python solution's process: confine, load the class `Solution`, speak the contract.

Called as ``python -s -P -B runner.py CONFIG FILE`` (standard library only, it starts in some 20 ms). The pipe of the
contract is moved to private descriptors first: whatever the solution prints goes to stderr, so that it cannot break
the protocol by accident. A FILE that is no Python file is confined in the same way and then takes the place of this
process (exec), with the pipe on its standard input and output.
"""

import importlib.util
import json
import os
import sys
import types
from collections.abc import Iterator
from typing import Any

_HELLO = ("name", "version", "kind", "reads", "writes", "interval_s")
_PACKAGE = "solution_files"


def main(config: str, file: str) -> None:
    """Run the solution in `file`; `config` is a JSON object, see `confine`; with `probe` it only says what holds."""
    settings = json.loads(config)
    holds = _load_confine().confine(settings)
    if settings.get("probe"):
        sys.stdout.write(json.dumps(holds))
        return
    if not file.endswith(".py"):
        os.execv(file, [file])
    reader, writer = _take_pipes()
    solution = _load_solution(file)
    for message in _messages(reader):
        if message["type"] == "stop":
            break
        _say(writer, _answer(solution, message))


def _load_confine() -> Any:
    place = os.path.join(os.path.dirname(os.path.abspath(__file__)), "confine.py")
    spec = importlib.util.spec_from_file_location("confine", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _take_pipes() -> tuple[Any, int]:
    """Move the pipe away from descriptors 0 and 1: reading gives nothing there, printing goes to stderr."""
    reader, writer = os.fdopen(os.dup(0), "rb", buffering=65536), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    sys.stdout = sys.stderr
    _watch(reader.fileno())
    return reader, writer


def _watch(descriptor: int) -> None:
    """End this process soon after the host is gone, even while the solution is busy."""
    import select
    import threading
    import time

    def wait() -> None:
        poll = select.poll()
        poll.register(descriptor, 0)
        poll.poll()
        time.sleep(2.0)
        os._exit(3)

    threading.Thread(target=wait, daemon=True).start()


class _NoHouse:
    """Refuses the house's own package: a solution sees signals, never the models behind them."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name.partition(".")[0] == "steelyard":
            raise ImportError("a solution may not import steelyard: it sees signals, never the models behind them")


def _load_solution(file: str) -> Any:
    folder, name = os.path.split(file)
    package = types.ModuleType(_PACKAGE)
    package.__path__ = [folder]
    sys.modules[_PACKAGE] = package
    sys.path.append(folder)
    sys.meta_path.insert(0, _NoHouse())
    module_name = f"{_PACKAGE}.{name.removesuffix('.py')}"
    spec = importlib.util.spec_from_file_location(module_name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    spec.loader.exec_module(module)
    if not hasattr(module, "Solution"):
        sys.exit(f"{name} has no class named Solution; write: class Solution: … (steelyard solution new shows one)")
    return module.Solution()


def _messages(reader: Any) -> Iterator[dict]:
    for line in reader:
        yield json.loads(line)


def _answer(solution: Any, message: dict) -> dict:
    """Return the solution's answer to one message; an exception of the solution ends the process."""
    kind = message["type"]
    if kind == "decide":
        wanted = solution.decide(message["time_s"], message["signals"])
        key = "alarm" if getattr(solution, "kind", None) == "detector" else "set"
        return {"type": "answer", key: {} if wanted is None else wanted}
    if kind == "predict":
        estimate = solution.predict(message["time_s"], message["signals"], message["what"])
        return {"type": "answer", "estimate": estimate}
    if kind == "observe":
        solution.observe(message["time_s"], message["signals"])
        return {"type": "ok"}
    if kind == "start":
        start = getattr(solution, "start", None)
        if start is not None:
            start(message["run"])
        return {"type": "ready"}
    if kind == "hello":
        keys = (*_HELLO, "alarms") if getattr(solution, "kind", None) == "detector" else _HELLO
        return {"type": "hello", **{key: getattr(solution, key, None) for key in keys}}
    return {"type": "error", "reason": f"message type {kind!r} is not known to this runner"}


def _plain(value: Any) -> Any:
    """Return a NumPy number or array, a tuple or a set as JSON can say it."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def _say(writer: int, message: dict) -> None:
    try:
        text = json.dumps(message, ensure_ascii=True, separators=(",", ":"), default=_plain)
    except (TypeError, ValueError, RecursionError) as error:
        text = json.dumps({"type": "error", "reason": f"answer of type {type(error).__name__}: {error}"[:500]})
    data = memoryview(text.encode() + b"\n")
    while data:
        data = data[os.write(writer, data) :]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
