"""The walls around a solution's process: bubblewrap where the machine has it, else what the process does to itself.

Inside bubblewrap there is an empty machine: the system's programs and Python read-only, the solution's own files, two
small folders in memory, no network, no other processes, no user. Elsewhere `confine` takes rights away inside the
process (weak isolation). ``STEELYARD_SANDBOX=weak`` leaves bubblewrap out on purpose.
"""

import os
import shutil
import sys
from pathlib import Path

SWITCH = "STEELYARD_SANDBOX"
INSIDE = "/steelyard"  # where the runner lies inside
_HERE = Path(__file__).parent
_RUNNER = (_HERE / "runner.py", _HERE / "confine.py")
HOUSE = _HERE.parent  # this package: never shown to a solution
_PLACES = "/usr/bin:/usr/local/bin:/bin"
_MEMORY_FOLDER_BYTES = 64 * 2**20
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
IN_MEMORY = ("/tmp", "/dev/shm")  # inside; beside the working folder
_MORE = ("/nix/store", "/etc/ld.so.cache", "/etc/localtime", "/etc/alternatives")
_NETWORK = ("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/ssl", "/etc/ca-certificates", "/etc/pki")
_PRIVATE_UIDS, _MOST_UIDS = 0x7A000000, 2**22


def bubblewrap() -> str | None:
    """Return the path of bubblewrap; None where there is none, or where it is left out on purpose."""
    if os.environ.get(SWITCH) == "weak" or not sys.platform.startswith("linux"):
        return None
    return shutil.which("bwrap", path=_PLACES)


def private_uid(walled: bool) -> int | None:
    """Return a user id that nobody else has, for what root starts: processes are counted for ordinary users only.

    None when this is not root, and where another user could not reach Python without the walls of bubblewrap.
    """
    if os.getuid() != 0 or not (walled or all(map(_open_to_all, (*python_folders(), str(_HERE))))):
        return None
    return _PRIVATE_UIDS + os.getpid() % _MOST_UIDS


def _open_to_all(folder: str) -> bool:
    return all(one.stat().st_mode & 0o001 for one in (Path(folder), *Path(folder).parents))


def walls(program: str, code: Path, work: Path, network: bool) -> list[str]:
    """Return the command before a command that runs it inside bubblewrap: `code` read-only, `work` in memory.

    What runs inside ends with the thread that started it.
    """
    unshare = ["--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try"]
    if os.getuid() == 0:
        unshare += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        unshare += ["--unshare-user", "--disable-userns"]
    return [
        program, "--die-with-parent", "--cap-drop", "ALL", *unshare, *([] if network else ["--unshare-net"]),
        "--proc", "/proc", "--dev", "/dev", *(part for place in IN_MEMORY for part in _in_memory(place)),
        *_system(network), *_python(),
        *(part for file in _RUNNER for part in _bound(str(file), f"{INSIDE}/{file.name}")),
        *_bound(str(code)), *_in_memory(str(work)),
        "--remount-ro", "/dev", "--remount-ro", "/", "--hostname", "solution", "--chdir", str(work), "--",
    ]  # fmt: skip


def _bound(place: str, inside: str | None = None) -> list[str]:
    """Show a file or folder read-only, in folders that anybody may pass."""
    inside = inside or place
    above = [str(folder) for folder in reversed(Path(inside).parents)][1:]
    made = [part for folder in above for part in ("--perms", "0755", "--dir", folder)]
    return [*made, "--ro-bind", place, inside]


def _system(network: bool) -> list[str]:
    found: list[str] = []
    for place in _SYSTEM:
        if os.path.islink(place):
            found += ["--symlink", os.readlink(place), place]
        elif os.path.isdir(place):
            found += _bound(place)
    for place in (*_MORE, *(_NETWORK if network else ())):
        found += _bound(place) if os.path.exists(place) else []
    return found


def python_folders() -> list[str]:
    """Return the folders that Python itself needs, the outer ones only."""
    program = os.path.realpath(sys.executable)
    own = {sys.prefix, sys.base_prefix, sys.exec_prefix, os.path.dirname(os.path.dirname(program))}
    return sorted(one for one in own if not any(one != other and one.startswith(other + os.sep) for other in own))


def _python() -> list[str]:
    """Bind Python and its packages, but not this one: a solution sees signals, never the models behind them."""
    found: list[str] = []
    for folder in python_folders():
        if folder not in _SYSTEM:
            found += _bound(folder)
    if any(str(HOUSE).startswith(folder + os.sep) for folder in (*python_folders(), *_SYSTEM)):
        found += ["--tmpfs", str(HOUSE), "--remount-ro", str(HOUSE)]
    return found


def _in_memory(place: str) -> list[str]:
    return ["--perms", "1777", "--size", str(_MEMORY_FOLDER_BYTES), "--tmpfs", place]
