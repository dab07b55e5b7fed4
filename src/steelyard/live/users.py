"""The users of a server: names, roles and argon2 hashes in one file, passwords made at the first start.

The passwords that were made are kept beside it, readable by the owner of the files only, until somebody sets others.
Checking a password takes a tenth of a second on purpose: call `check` in a thread, once for each connection.
"""

import hmac
import json
import os
import time
from hashlib import sha256
from pathlib import Path
from secrets import token_bytes, token_urlsafe
from threading import BoundedSemaphore, Lock
from typing import Any

from steelyard.errors import AccessError
from steelyard.live.access import ENGINEER, ROLES, VIEWER, Session, host_of
from steelyard.plant.board import ROLE_WRITES

FAILURES, PAUSE_S, PLACES = 5, 10.0, 1000
AT_ONCE = 2  # each check takes 64 MB
LONGEST_NAME, SHORTEST_PASSWORD, LONGEST_PASSWORD = 64, 8, 1024
USERS, PASSWORDS = "users.json", "passwords.json"


class Users:
    """Users by name. Made with one user for each role when the folder has none yet."""

    def __init__(self, folder: Path) -> None:
        """Open (or create) the users under `folder`; AccessError when the file cannot be read."""
        self._folder, self._key, self._lock = folder, token_bytes(32), Lock()
        self._good: dict[tuple[str, bytes], None] = {}
        self._limiter, self._slow = Limiter(), BoundedSemaphore(AT_ONCE)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._users: dict[str, dict[str, Any]] = self._load() if (folder / USERS).exists() else self._first()

    def table(self) -> list[dict[str, Any]]:
        """Return name and roles of every user."""
        return [{"name": name, "roles": user["roles"]} for name, user in self._users.items()]

    def passwords(self) -> dict[str, str]:
        """Return the passwords that were made here and not changed since; for the owner of the files."""
        path = self._folder / PASSWORDS
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}

    def check(self, name: str, password: str, via: str, peer: str = "") -> Session:
        """Return a session of this user; AccessError when name or password are wrong, or after too many failures."""
        secret = password.encode("utf-8", "surrogatepass")
        digest = hmac.new(self._key, name.encode("utf-8", "surrogatepass") + b"\0" + secret, sha256).digest()
        place = host_of(peer) or via
        if (name, digest) not in self._good:
            with self._slow:
                self._try(name, secret, digest, place)
        return Session(name, frozenset(self._users[name]["roles"]), via, peer)

    def _try(self, name: str, secret: bytes, digest: bytes, place: str) -> None:
        """Check a password that was not seen yet; who is unknown takes as long as who is known."""
        from argon2 import PasswordHasher
        from argon2.exceptions import InvalidHashError, VerificationError

        if (name, digest) in self._good:
            return
        self._limiter.check(place)
        user = self._users.get(name)
        try:
            PasswordHasher().verify(user["hash"] if user else _DUMMY, secret)
        except (VerificationError, InvalidHashError):
            user = None
        if user is None:
            self._limiter.failed(place)
            raise AccessError("user name or password is wrong")
        self._good[(name, digest)] = None

    def set(self, name: str, password: str, roles: list[str] | None = None) -> None:
        """Add a user or change a password (and roles); AccessError for unknown roles or a short password."""
        unknown = sorted(set(roles or ()) - set(ROLES))
        if unknown:
            raise AccessError(f"there is no role {unknown[0]!r}; roles are: {', '.join(ROLES)}")
        if not name.isprintable() or not 0 < len(name) <= LONGEST_NAME:
            raise AccessError(f"a user's name has 1 to {LONGEST_NAME} printable characters")
        if not SHORTEST_PASSWORD <= len(password.encode()) <= LONGEST_PASSWORD:
            raise AccessError(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
        old = self._users.get(name, {"roles": [VIEWER]})
        with self._lock:
            self._users[name] = {"roles": roles or old["roles"], "hash": _hash(password)}
            self._good.clear()
            _save(self._folder / USERS, self._users)
            _save(self._folder / PASSWORDS, {n: p for n, p in self.passwords().items() if n != name})

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
    """Lets a place fail a few times, then no more for some seconds."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._failed: dict[str, list[float]] = {}

    def check(self, place: str) -> None:
        """AccessError while too many of the last tries from this place failed."""
        with self._lock:
            if len(self._recent(place)) >= FAILURES:
                raise AccessError(f"too many failed logins from here; wait {PAUSE_S:.0f} s")

    def failed(self, place: str) -> None:
        """A try from this place failed."""
        with self._lock:
            self._failed[place] = [*self._recent(place), time.monotonic()]
            if len(self._failed) > PLACES:
                self._failed.pop(next(iter(self._failed)))

    def _recent(self, place: str) -> list[float]:
        now = time.monotonic()
        return [t for t in self._failed.get(place, []) if now - t < PAUSE_S]


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
