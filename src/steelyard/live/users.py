"""The users of a server: names, roles and argon2 hashes in one file, passwords made at the first start.

The passwords that were made are kept beside it, readable by the owner of the files only, until somebody sets others.
Checking a password takes a tenth of a second on purpose: call `check` in a thread, once for each connection.
"""

import hmac
import json
import logging
import os
import time
from hashlib import sha256
from pathlib import Path
from secrets import token_bytes, token_urlsafe
from threading import BoundedSemaphore, Lock
from typing import Any, TypeVar

from steelyard.errors import AccessError, TooManyError
from steelyard.live.access import ENGINEER, ROLES, VIEWER, Session, host_of
from steelyard.plant.board import ROLE_WRITES

FAILURES, PAUSE_S = 5, 10.0
HOST_FAILURES, HOST_PAUSE_S = 60, 60.0
PLACES = 1000
AT_ONCE = 2  # each check takes 64 MB
LONGEST_NAME, SHORTEST_PASSWORD, LONGEST_PASSWORD = 64, 8, 1024
USERS, PASSWORDS = "users.json", "passwords.json"
Key = TypeVar("Key")
_log = logging.getLogger(__name__)


class Users:
    """Users by name. Made with one user for each role when the folder has none yet."""

    def __init__(self, folder: Path) -> None:
        """Open (or create) the users under `folder`; AccessError when the file cannot be read."""
        self._folder, self._key, self._lock = folder, token_bytes(32), Lock()
        self._good: dict[tuple[str, bytes], None] = {}
        self._limiter, self._slow = Limiter(), BoundedSemaphore(AT_ONCE)
        self._generation, self._seen = 0, (0, 0, 0)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._users: dict[str, dict[str, Any]] = self._load() if (folder / USERS).exists() else self._first()
        self._seen = self._stamp()

    def table(self) -> list[dict[str, Any]]:
        """Return name and roles of every user."""
        self._refresh()
        return [{"name": name, "roles": user["roles"]} for name, user in self._users.items()]

    def passwords(self) -> dict[str, str]:
        """Return the passwords that were made here and not changed since; for the owner of the files."""
        path = self._folder / PASSWORDS
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}

    def check(self, name: str, password: str, via: str, peer: str = "") -> Session:
        """Return a session of this user; AccessError when name or password are wrong, or after too many failures."""
        self._refresh()
        digest, users = self._digest(name, password), self._users
        if (name, digest) not in self._good:
            with self._slow:
                users = self._try(name, password.encode("utf-8", "surrogatepass"), digest, host_of(peer) or via)
        return Session(name, frozenset(users[name]["roles"]), via, peer)

    def known(self, name: str, password: str) -> bool:
        """Return whether this password was found right before and still is: then `check` costs and waits nothing."""
        self._refresh()
        return (name, self._digest(name, password)) in self._good

    @property
    def generation(self) -> int:
        """How often the users were changed; what was granted under an earlier one is to be asked for again."""
        self._refresh()
        return self._generation

    def _digest(self, name: str, password: str) -> bytes:
        both = f"{name}\0{password}".encode("utf-8", "surrogatepass")
        return hmac.new(self._key, both, sha256).digest()

    def _try(self, name: str, secret: bytes, digest: bytes, place: str) -> dict[str, dict[str, Any]]:
        """Check a password that was not seen yet; who is unknown takes as long as who is known.

        Return the users among whom it is right; AccessError when it is wrong.
        """
        from argon2 import PasswordHasher
        from argon2.exceptions import InvalidHashError, VerificationError

        with self._lock:
            users, good = self._users, self._good
        if (name, digest) in good:
            return users
        self._limiter.check(place, name)
        user = users.get(name)
        try:
            PasswordHasher().verify(user["hash"] if user else _DUMMY, secret)
        except (VerificationError, InvalidHashError):
            user = None
        if user is None:
            self._limiter.failed(place, name)
            raise AccessError("user name or password is wrong")
        good[(name, digest)] = None
        return users

    def set(self, name: str, password: str, roles: list[str] | None = None) -> None:
        """Add a user or change a password (and roles); AccessError for unknown roles or a short password.

        A server that runs on this folder takes it at once.
        """
        unknown = sorted(set(roles or ()) - set(ROLES))
        if unknown:
            raise AccessError(f"there is no role {unknown[0]!r}; roles are: {', '.join(ROLES)}")
        if not name.isprintable() or not 0 < len(name) <= LONGEST_NAME:
            raise AccessError(f"a user's name has 1 to {LONGEST_NAME} printable characters")
        if not SHORTEST_PASSWORD <= len(password.encode()) <= LONGEST_PASSWORD:
            raise AccessError(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
        self._refresh()
        made = _hash(password)
        with self._lock:
            old = self._users.get(name, {"roles": [VIEWER]})
            self._put(self._users | {name: {"roles": roles or old["roles"], "hash": made}}, name)

    def remove(self, name: str) -> None:
        """Take a user away; AccessError when there is none of this name, or no engineer would be left.

        A server that runs on this folder lets nobody in under this name any more.
        """
        self._refresh()
        with self._lock:
            if name not in self._users:
                raise AccessError(f"there is no user {name!r}; users are: {', '.join(self._users)}")
            left = {other: user for other, user in self._users.items() if other != name}
            if not any(ENGINEER in user["roles"] for user in left.values()):
                raise AccessError(f"{name!r} is the last engineer: give this role to another user first")
            self._put(left, name)

    def _put(self, users: dict[str, dict[str, Any]], changed: str) -> None:
        """Write the users; what was made here for the one who `changed` is forgotten."""
        self._take(users)
        _save(self._folder / USERS, users)
        self._seen = self._stamp()
        _save(self._folder / PASSWORDS, {name: word for name, word in self.passwords().items() if name != changed})

    def _refresh(self) -> None:
        """Take the users anew when somebody changed their file; a file that cannot be read changes nobody."""
        if self._stamp() == self._seen:
            return
        with self._lock:
            stamp = self._stamp()
            if stamp == self._seen:
                return
            self._seen = stamp
            try:
                self._take(self._load())
            except AccessError as error:
                _log.error("%s; the users stay as they were", error)

    def _take(self, users: dict[str, dict[str, Any]]) -> None:
        self._good, self._users = {}, users
        self._generation += 1

    def _stamp(self) -> tuple[int, int, int]:
        """Return what changes with the file of users; zeros when it is not there."""
        try:
            about = (self._folder / USERS).stat()
        except OSError:
            return 0, 0, 0
        return about.st_ino, about.st_mtime_ns, about.st_size

    def _first(self) -> dict[str, dict[str, Any]]:
        passwords = {role: token_urlsafe(12) for role in (ENGINEER, *ROLE_WRITES, VIEWER)}
        users = {role: {"roles": [role], "hash": _hash(passwords[role])} for role in passwords}
        _save(self._folder / PASSWORDS, passwords)
        _save(self._folder / USERS, users)
        return users

    def _load(self) -> dict[str, dict[str, Any]]:
        path = self._folder / USERS
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            return {str(n): {"roles": [r for r in u["roles"] if r in ROLES], "hash": str(u["hash"])}
                    for n, u in found.items()}  # fmt: skip
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise AccessError(f"{path} cannot be read as users ({error}); mend it or move it away") from error


class Limiter:
    """Lets a name fail a few times from one host, and a host some more under all names; then no more for a while."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._names: dict[tuple[str, str], list[float]] = {}
        self._hosts: dict[str, list[float]] = {}

    def check(self, host: str, name: str) -> None:
        """TooManyError while too many of the last tries of this name from this host, or from this host, failed."""
        with self._lock:
            if len(_recent(self._names.get((host, name)), PAUSE_S)) >= FAILURES:
                raise TooManyError(f"too many failed logins of this user from here; wait {PAUSE_S:.0f} s")
            if len(_recent(self._hosts.get(host), HOST_PAUSE_S)) >= HOST_FAILURES:
                raise TooManyError(f"too many failed logins from here; wait {HOST_PAUSE_S:.0f} s")

    def failed(self, host: str, name: str) -> None:
        """A try of this name from this host failed."""
        with self._lock:
            _enter(self._names, (host, name), PAUSE_S)
            _enter(self._hosts, host, HOST_PAUSE_S)


def _enter(table: dict[Key, list[float]], key: Key, pause_s: float) -> None:
    table[key] = [*_recent(table.pop(key, None), pause_s), time.monotonic()]
    if len(table) > PLACES:
        table.pop(next(iter(table)))


def _recent(times: list[float] | None, pause_s: float) -> list[float]:
    now = time.monotonic()
    return [t for t in times or () if now - t < pause_s]


def _hash(password: str) -> str:
    from argon2 import PasswordHasher

    return PasswordHasher().hash(password)


_DUMMY = "$argon2id$v=19$m=65536,t=3,p=4$TsZrzr9vDTw63XqU4owvDw$Tvbl1ymV+sPvQ5qa2L/8Y/aGYTSL9P+fzWddnkA8Gow"


def _save(path: Path, data: dict[str, Any]) -> None:
    """Write a file that only its owner may read, in one rename."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(data, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
