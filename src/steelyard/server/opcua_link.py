"""A works over OPC UA, as a client sees it: values are read from nodes, set-points are written to nodes.

The messages of a trial go through the method ``Exchange``; beyond this machine everything is signed and encrypted.
"""

import asyncio
import contextlib
import json
import logging
import tempfile
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from asyncua import Client, Node, ua
from asyncua.ua.uaerrors import UaError

from steelyard.server.links import TIMEOUT_S, LinkError, Refused

NAMESPACE = "urn:steelyard:board"
WATCHDOG_S = 3600.0  # the loop runs only while something is asked
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class OpcUaLink:
    """A connection to one works; the loop of the client runs only while something is asked."""

    native = True

    def __init__(self, url: str, user: str, password: str, works: str) -> None:
        """Connect and log in; LinkError when the server cannot be reached, Refused when it does not let us in."""
        self._works, self._loop = works, asyncio.new_event_loop()
        self._nodes: dict[str, Node] = {}
        self._first: datetime | None = None
        logging.getLogger("asyncua").setLevel(logging.CRITICAL)
        self._client = Client(url, timeout=TIMEOUT_S, watchdog_intervall=WATCHDOG_S)
        try:
            self._do(self._open(url, user, password))
        except BaseException:
            self.close()
            raise

    async def _open(self, url: str, user: str, password: str) -> None:
        if user:
            self._client.set_user(user)
            self._client.set_password(password)
        if urlsplit(url).hostname not in LOOPBACK:
            await self._encrypt()
        await self._client.connect()
        self._namespace = await self._client.get_namespace_index(NAMESPACE)
        self._root = self._node(self._works)
        try:
            await self._root.read_browse_name()
        except UaError:
            raise Refused(f"the server has no works {self._works!r}") from None

    async def _encrypt(self) -> None:
        """Sign and encrypt with a key that lives as long as this connection."""
        from asyncua.crypto.cert_gen import setup_self_signed_certificate
        from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256
        from cryptography.x509.oid import ExtendedKeyUsageOID

        with tempfile.TemporaryDirectory() as folder:
            key, certificate = Path(folder) / "key.pem", Path(folder) / "certificate.der"
            uri = "urn:steelyard:connector"
            await setup_self_signed_certificate(
                key, certificate, uri, "localhost", [ExtendedKeyUsageOID.CLIENT_AUTH], {}
            )
            self._client.application_uri = uri
            await self._client.set_security(SecurityPolicyBasic256Sha256, str(certificate), str(key))

    # -- see `Link` ---------------------------------------------------------------------------------------------------
    def exchange(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """See `Link`."""
        said = self._do(self._call("Exchange", ua.Variant(json.dumps(message), ua.VariantType.String)))
        found: dict[str, Any] = json.loads(said)
        return found

    def read(self, names: Iterable[str]) -> tuple[float, dict[str, float | None]]:
        """See `Link`; the plant time counts from the first read, as OPC UA tells moments and not plant times."""
        wanted = list(names)
        found = self._do(self._read(wanted))
        moments = [one.SourceTimestamp for one in found if one.SourceTimestamp is not None]
        values = [one.Value.Value if one.Value is not None and not one.StatusCode.is_bad() else None for one in found]
        return self._time_s(max(moments)) if moments else 0.0, dict(zip(wanted, values, strict=True))

    def status(self) -> dict[str, Any]:
        """See `Link`."""
        time_s, found = self.read(["live.running", "live.speed"])
        return {"running": bool(found["live.running"]), "speed": found["live.speed"], "time_s": time_s, "dt_s": 1.0}

    def signals(self) -> list[str]:
        """See `Link`."""
        found: list[str] = self._do(self._browse())
        return found

    def _time_s(self, moment: datetime) -> float:
        self._first = self._first or moment
        return (moment - self._first).total_seconds()

    def write(self, values: Mapping[str, float]) -> None:
        """See `Link`."""
        nodes = [self._node(f"{self._works}/{name}") for name in values]
        data = [ua.DataValue(ua.Variant(float(value), ua.VariantType.Double)) for value in values.values()]
        codes = self._do(self._client.write_values(nodes, data, raise_on_partial_error=False))
        bad = [f"{name}: {code.name}" for name, code in zip(values, codes, strict=True) if not code.is_good()]
        if bad:
            raise Refused("; ".join(bad))

    def advance(self, n: int) -> None:
        """See `Link`."""
        self._do(self._call("Advance", ua.Variant(n, ua.VariantType.UInt32)))

    def close(self) -> None:
        """See `Link`."""
        with contextlib.suppress(UaError, OSError, TimeoutError, RuntimeError):
            self._loop.run_until_complete(self._client.disconnect())
        self._loop.close()

    # -- the loop -----------------------------------------------------------------------------------------------------
    def _node(self, name: str) -> Node:
        if name not in self._nodes:
            self._nodes[name] = self._client.get_node(ua.StringNodeId(name, self._namespace))  # type: ignore[arg-type]
        node: Node = self._nodes[name]
        return node

    async def _read(self, names: list[str]) -> list[ua.DataValue]:
        nodes = [self._node(f"{self._works}/{name}") for name in names]
        return await self._client.uaclient.session.read_attributes([n.nodeid for n in nodes], ua.AttributeIds.Value)

    async def _browse(self) -> list[str]:
        names = []
        for unit in await self._root.get_children(nodeclassmask=ua.NodeClass.Object):
            for node in await unit.get_children(nodeclassmask=ua.NodeClass.Variable):
                names.append(str(node.nodeid.Identifier).removeprefix(f"{self._works}/"))
        return names

    async def _call(self, method: str, *given: ua.Variant) -> Any:
        return await self._root.call_method(self._node(f"{self._works}/{method}").nodeid, *given)

    def _do(self, work: Any) -> Any:
        try:
            return self._loop.run_until_complete(work)
        except (OSError, TimeoutError, ConnectionError) as error:
            raise LinkError(f"the server does not answer ({error or type(error).__name__})") from error
        except UaError as error:
            raise Refused(str(error)[:300]) from error
