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
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/opt", "/nix/store", "/etc/ld.so.cache",
           "/etc/localtime", "/etc/alternatives", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat",
           "/sys/devices/system/cpu", "/dev/zero", "/dev/urandom", "/dev/random")  # fmt: skip


def confine(limits: dict, work: str, readable: list[str]) -> dict:
    """Confine this process for good and return what holds: {"memory": …, "files": …, "network": …}.

    `limits` holds RLIMIT names without prefix -> number; `work` is the one folder it may write; `readable` are files
    and folders besides the system's and Python's own.
    """
    holds = {"memory": _limit(limits), "files": "open", "network": "open"}
    if not sys.platform.startswith("linux"):
        return holds
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(_NEW_NETWORK) == 0 or library.unshare(_NEW_USER | _NEW_NETWORK) == 0:
        holds["network"] = "none"
    library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    own = [sys.prefix, sys.base_prefix, sys.exec_prefix, os.path.dirname(os.path.realpath(sys.executable))]
    version = library.syscall(_CREATE_RULESET, None, 0, 1)
    if version > 0 and _landlock(library, version, work, [*_SYSTEM, *own, *readable]):
        holds["files"] = "own"
        if version >= 4 and holds["network"] == "open":
            holds["network"] = "no tcp"
    return holds


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


def _landlock(library: ctypes.CDLL, version: int, work: str, readable: list[str]) -> bool:
    files = (1 << (13 + (version >= 2) + (version >= 3) + (version >= 5))) - 1
    network = 3 if version >= 4 else 0
    scope = 3 if version >= 6 else 0  # no abstract sockets, no signals to processes outside
    attributes = struct.pack("QQQ", files, network, scope)[: 8 if version < 4 else 16 if version < 6 else 24]
    ruleset = library.syscall(_CREATE_RULESET, attributes, len(attributes), 0)
    if ruleset < 0:
        return False
    for path in dict.fromkeys(readable):
        _allow(library, ruleset, path, _READ)
    _allow(library, ruleset, "/dev/null", _WRITE_FILE)
    _allow(library, ruleset, work, files)
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
