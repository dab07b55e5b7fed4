"""A works over OPC UA, as a client sees it: values are read from nodes, set-points are written to nodes.

The messages of a trial go through the method ``Exchange``; beyond this machine everything is signed and encrypted.
"""

import asyncio
import json
import logging
import tempfile
from collections.abc import Iterable, Mapping
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
        self._works, self._loop, self._nodes = works, asyncio.new_event_loop(), {}  # type: ignore[var-annotated]
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
        """See `Link`; the plant time is not among the values here, so it is nan."""
        wanted = list(names)
        values = self._do(self._client.read_values([self._node(f"{self._works}/{name}") for name in wanted]))
        return float("nan"), dict(zip(wanted, values, strict=True))

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
        try:
            self._loop.run_until_complete(self._client.disconnect())
        except (UaError, OSError, TimeoutError, RuntimeError):
            pass
        self._loop.close()

    # -- the loop -----------------------------------------------------------------------------------------------------
    def _node(self, name: str) -> Node:
        if name not in self._nodes:
            self._nodes[name] = self._client.get_node(ua.NodeId(name, self._namespace, ua.NodeIdType.String))
        node: Node = self._nodes[name]
        return node

    async def _call(self, method: str, *given: ua.Variant) -> Any:
        return await self._root.call_method(self._node(f"{self._works}/{method}"), *given)

    def _do(self, work: Any) -> Any:
        try:
            return self._loop.run_until_complete(work)
        except (OSError, TimeoutError, ConnectionError) as error:
            raise LinkError(f"the server does not answer ({error or type(error).__name__})") from error
        except UaError as error:
            raise Refused(str(error)[:300]) from error
