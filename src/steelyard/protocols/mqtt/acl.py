"""Files for a mosquitto that stands between the plant and its clients: who may log in, and who may publish what.

Over another broker the plant does not see who publishes. It sees the topic, and the topic names the role: so the
access list of the broker is what keeps a viewer from writing as a controller.
"""

import base64
import getpass
import hashlib
import os
from pathlib import Path
from secrets import token_bytes, token_urlsafe
from typing import Any

from steelyard.live.access import ENGINEER, RIGHTS, VIEWER
from steelyard.protocols.mqtt.publisher import GROUP
from steelyard.protocols.mqtt.sparkplug import SPACE, node_topic
from steelyard.protocols.mqtt.topics import site_base

SERVER = "steelyard"
ACL, PASSWORDS, CONFIGURATION, SERVER_PASSWORD = "acl", "passwords", "mosquitto.conf", "server-password"
PID = "mosquitto.pid"
ROUNDS, SALT_BYTES = 101, 12


def mosquitto_acl(site: Any, group: str = GROUP, writer: str | None = None) -> str:
    """Return the access list for mosquitto: everybody reads, each role publishes on its own command topics only.

    `writer` is the role of Sparkplug's hosts, as in `MqttAdapter`: its users may send DCMD (None: nobody), and they and
    an engineer say STATE.
    """
    base = site_base(site.name)
    reads = [f"topic read {base}/#", f"topic read {SPACE}/#"]
    lines = ["# who does not log in"] + (reads if site.anonymous else ["# may do nothing"])
    lines += ["", f"user {SERVER}", f"topic readwrite {base}/#", f"topic readwrite {SPACE}/#"]
    for user in site.users.table():
        lines += ["", f"user {user['name']}", *reads]
        for role in user["roles"]:
            lines += [f"topic write {base}/+/{command}" for command in _commands(role)]
            if role != VIEWER:
                lines.append(f"topic write {node_topic('NCMD', group, site.name)}")
            if role in (ENGINEER, writer):
                lines.append(f"topic readwrite {SPACE}/STATE/+")
            if role == writer:
                lines.append(f"topic write {node_topic('DCMD', group, site.name)}/+")
    return "\n".join(lines) + "\n"


def _commands(role: str) -> list[str]:
    if role == VIEWER:
        return []
    rights = RIGHTS[role]
    found = [f"{kind}/{role}" for kind, right in (("advance", "advance"), ("run", "run"), ("pause", "run"))
             if right in rights]  # fmt: skip
    return found if role == ENGINEER else [*found, f"set/{role}/#", f"lease/{role}", f"exchange/answer/{role}"]


def mosquitto_passwords(passwords: dict[str, str]) -> str:
    """Return a password file for mosquitto 2: PBKDF2-SHA512, as mosquitto_passwd writes it."""
    return "".join(f"{name}:{_hashed(password)}\n" for name, password in passwords.items())


def _hashed(password: str) -> str:
    salt = token_bytes(SALT_BYTES)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ROUNDS)
    return f"$7${ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def write_mosquitto_files(site: Any, folder: Path, port: int = 1883, writer: str | None = None) -> str:
    """Write acl, passwords and mosquitto.conf into `folder`; return the password of the plant itself there.

    Users whose password was changed are left out: their password is not known here; add them by mosquitto_passwd.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    server = token_urlsafe(16)
    known = {SERVER: server, **site.users.passwords()}
    configuration = [
        f"listener {port} 127.0.0.1", f"user {getpass.getuser()}", f"password_file {folder / PASSWORDS}",
        f"acl_file {folder / ACL}", f"allow_anonymous {str(site.anonymous).lower()}", "max_packet_size 1048576",
        f"pid_file {folder / PID}", "",
    ]  # fmt: skip
    for name, text in (
        (ACL, mosquitto_acl(site, writer=writer)), (PASSWORDS, mosquitto_passwords(known)),
        (SERVER_PASSWORD, server + "\n"), (CONFIGURATION, "\n".join(configuration)),
    ):  # fmt: skip
        _write(folder / name, text)
    return server


def _write(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
