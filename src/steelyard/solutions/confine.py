"""What a solution's process may not do: limits, no network, no files but its own. Runs inside that process.

Plain standard library, loaded by path: `runner` uses it before it loads the solution. Everything a solution starts
inherits it. Linux gives all of it (Landlock, a network namespace); elsewhere the resource limits remain, and
`confine` says so in what it returns, so that a trial can be marked *weak isolation*.
"""

import ctypes
import os
import struct
import sys

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same numbers on all architectures, Linux >= 5.13
_READ = 1 << 0 | 1 << 2 | 1 << 3  # execute, read file, read directory
_FILE_ONLY = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14  # rights that a rule on a plain file may carry
_WRITE_FILE = 1 << 1 | 1 << 2
_NO_NEW_PRIVILEGES = 38
_NEW_NETWORK, _NEW_USER = 0x40000000, 0x10000000
_OWN_COUNT = (5, 14)  # since then the processes of a user namespace are counted by themselves
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/opt", "/nix/store", "/etc/ld.so.cache",
           "/etc/localtime", "/etc/alternatives", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat",
           "/sys/devices/system/cpu", "/dev/zero", "/dev/urandom", "/dev/random")  # fmt: skip
_RESOLVING = ("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/ssl", "/etc/ca-certificates", "/etc/pki")


def confine(settings: dict) -> dict:
    """Confine this process for good and return what holds: {"memory": …, "processes": …, "files": …, "network": …}.

    `settings`: `limits` holds RLIMIT names without prefix -> number, `processes` how many there may be;
    `writable` are the folders that it may write, `readable` what it may read besides the system's and Python's own;
    `hidden` is a folder in there that it may not; `network` leaves the network open; `walled`: bubblewrap is around it;
    `uid`: a user id of its own, or null.
    """
    holds = {"memory": _limit(settings["limits"]), "processes": "open", "files": "open", "network": "open"}
    if not sys.platform.startswith("linux"):
        return holds
    library = ctypes.CDLL(None, use_errno=True)
    alone = settings["walled"] and os.getuid() != 0
    if settings["network"]:
        holds["network"] = "declared"
    elif settings["walled"]:
        holds["network"] = "none" if _only_loopback() else "open"
    elif library.unshare(_NEW_NETWORK) == 0:
        holds["network"] = "none"
    elif library.unshare(_NEW_USER | _NEW_NETWORK) == 0:
        holds["network"], alone = "none", True
    if settings["uid"] is not None:
        alone = _become(settings["uid"])
    if alone and (settings["uid"] is not None or _kernel() >= _OWN_COUNT):
        holds["processes"] = _limit({"NPROC": settings["processes"]})
    _die_first()
    library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    own = {sys.prefix, sys.base_prefix, sys.exec_prefix, os.path.dirname(os.path.realpath(sys.executable))}
    shown = [part for place in (*_SYSTEM, *sorted(own)) for part in _without(settings["hidden"], place)]
    version = library.syscall(_CREATE_RULESET, None, 0, 1)
    network = bool(settings["network"])
    readable = [*shown, *settings["readable"], *(_RESOLVING if network else ())]
    if settings["walled"]:
        holds["files"] = "own"
    if version > 0 and _landlock(library, version, settings["writable"], readable, network):
        holds["files"] = "own"
        if version >= 4 and holds["network"] == "open":
            holds["network"] = "no tcp"
    return holds


def _without(hidden: str, place: str) -> list[str]:
    """Return `place`, or where `hidden` lies in it all that lies there but this."""
    real, hidden = os.path.realpath(place), os.path.realpath(hidden)
    if not _holds(real, hidden):
        return [place]
    if real == hidden:
        return []
    found = []
    for entry in os.scandir(real):
        if not entry.is_symlink():
            found += _without(hidden, entry.path)
        elif not _holds(os.path.realpath(entry.path), hidden):  # a link to above would show it
            found.append(entry.path)
    return found


def _holds(folder: str, other: str) -> bool:
    return (other + os.sep).startswith(folder.rstrip(os.sep) + os.sep)


def _become(uid: int) -> bool:
    """Become a user that owns nothing and whose processes are counted by themselves; False where that may not be."""
    try:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    except OSError:
        return False
    return True


def _only_loopback() -> bool:
    import socket

    return {name for _, name in socket.if_nameindex()} <= {"lo"}


def _kernel() -> tuple:
    return tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2])


def _die_first() -> None:
    """Have the system end this process before any other when memory runs out."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        return


def _limit(limits: dict) -> str:
    try:
        import resource
    except ImportError:
        return "open"
    for name, value in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}", None)
        if kind is None:
            continue
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))
    return "limited"


def _landlock(library: ctypes.CDLL, version: int, writable: list[str], readable: list[str], online: bool) -> bool:
    files = (1 << (13 + (version >= 2) + (version >= 3) + (version >= 5))) - 1
    network = 3 if version >= 4 and not online else 0
    scope = 3 if version >= 6 else 0  # no abstract sockets, no signals to processes outside
    attributes = struct.pack("QQQ", files, network, scope)[: 8 if version < 4 else 16 if version < 6 else 24]
    ruleset = library.syscall(_CREATE_RULESET, attributes, len(attributes), 0)
    if ruleset < 0:
        return False
    for path in dict.fromkeys(readable):
        _allow(library, ruleset, path, _READ)
    _allow(library, ruleset, "/dev/null", _WRITE_FILE)
    for path in writable:
        _allow(library, ruleset, path, files)
    done = library.syscall(_RESTRICT_SELF, ruleset, 0) == 0
    os.close(ruleset)
    return done


def _allow(library: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, getattr(os, "O_PATH", 0) | os.O_CLOEXEC)
    except OSError:
        return
    if not os.path.isdir(path):
        rights &= _FILE_ONLY
    library.syscall(_ADD_RULE, ruleset, 1, struct.pack("=Qi", rights, place), 0)
    os.close(place)
