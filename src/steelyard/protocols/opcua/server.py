"""The OPC UA adapter of a site: it starts, says where it listens, follows works that come and go, and stops."""

import asyncio
import logging
import math
from datetime import UTC, datetime
from typing import Any

from asyncua import Server, ua
from asyncua.common.connection import TransportLimits
from asyncua.common.utils import ServiceError
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.internal_server import InternalServer
from cryptography import x509

from steelyard import __version__
from steelyard.live.adapter import Endpoint
from steelyard.live.site import Site
from steelyard.protocols.opcua.alarms import Conditions
from steelyard.protocols.opcua.board import Board
from steelyard.protocols.opcua.crowd import LOGIN_S, MOST_CONNECTIONS
from steelyard.protocols.opcua.door import Door
from steelyard.protocols.opcua.hub import Hub
from steelyard.protocols.opcua.identification import DI, MACHINERY, Machinery
from steelyard.protocols.opcua.methods import add_site_methods, add_works_methods
from steelyard.protocols.opcua.nodes import FOLDER_TYPE, ORGANIZES, Nodes
from steelyard.protocols.opcua.pki import Pki, in_force
from steelyard.protocols.opcua.session import WireSession
from steelyard.protocols.opcua.standard import standard
from steelyard.protocols.opcua.subscriptions import Subscriptions
from steelyard.protocols.opcua.texts import LANGUAGES, Texts

NAMESPACE, PATH = "urn:steelyard:board", "/"
LONGEST_SESSION_MS, MOST_MESSAGE = 120_000.0, 8 * 1024 * 1024
_LOCALES = standard(ua.ObjectIds.Server_ServerCapabilities_LocaleIdArray)
POLICIES = [
    ua.SecurityPolicyType.NoSecurity,
    ua.SecurityPolicyType.Basic256Sha256_Sign,
    ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt,
    ua.SecurityPolicyType.Aes256Sha256RsaPss_Sign,
    ua.SecurityPolicyType.Aes256Sha256RsaPss_SignAndEncrypt,
]
NOTE = {
    "en": "Basic256Sha256, Aes256Sha256RsaPss; user name and password, anonymous reads",
    "ko": "Basic256Sha256, Aes256Sha256RsaPss; 사용자 이름과 비밀번호, 익명은 읽기 전용",
}
NOTE_CLOSED = {
    "en": "Basic256Sha256, Aes256Sha256RsaPss; user name and password",
    "ko": "Basic256Sha256, Aes256Sha256RsaPss; 사용자 이름과 비밀번호",
}


class _LoggedIn:
    """Stands for the user manager of the library: who comes here was checked at the door."""

    def get_user(self, iserver: Any, username: Any = None, password: Any = None, certificate: Any = None) -> User:
        """Return a plain user; what it may do is asked of its session."""
        return User(role=UserRole.User, name=username)


class _Inner(InternalServer):
    """The library's server with our sessions and subscriptions."""

    def __init__(self, hub: Hub) -> None:
        super().__init__(user_manager=_LoggedIn())  # type: ignore[arg-type]
        self.hub = hub
        self.max_session_timeout_ms, self.max_subscriptions = LONGEST_SESSION_MS, 500
        self.max_connections, self.max_pending_activation_seconds = MOST_CONNECTIONS, LOGIN_S
        self.subscription_service: Subscriptions = Subscriptions(self.aspace, self, hub.signals.get)
        self.isession.subscription_service = self.subscription_service

    def create_session(self, name: Any, user: Any = None, external: bool = False) -> WireSession:
        """Open a session of a client."""
        return WireSession(self, self.hub, str(name))

    def register_server(self, server: Any, conf: Any = None) -> None:
        """Nobody registers servers here."""
        raise ServiceError(ua.StatusCodes.BadServiceUnsupported)


class _Watch(logging.Handler):
    """Puts exceptions that the library swallows into the audit log."""

    def __init__(self, hub: Hub) -> None:
        super().__init__(logging.ERROR)
        self._hub = hub

    def emit(self, record: logging.LogRecord) -> None:
        """Note it: as malformed when a filter of a client failed, else as what should never happen."""
        if record.exc_info:
            kind = "malformed" if ".monitored_item_service" in record.name else "unhandled"
            self._hub.note(kind, where=record.name, why=f"{record.getMessage()}: {record.exc_info[1]!r}"[:300])


class OpcUaServer:
    """OPC UA over all works of a site."""

    def __init__(self, site: Site, host: str, port: int, *, lang: str = "en") -> None:
        """`port` 0 takes a free one; `lang` is the language of texts for sessions that ask for none."""
        self._site, self._host, self._port = site, host, port
        self.hub = Hub(site, Texts(lang))
        self._server: Server | None = None
        self._inner: _Inner | None = None
        self._door: Door | None = None
        self._unsubscribe: dict[str, Any] = {}
        self._watch = _Watch(self.hub)
        self._quiet = logging.getLogger("asyncua.server")

    # -- life ---------------------------------------------------------------------------------------------------------
    async def start(self) -> None:
        """Build the address space and listen."""
        self._quiet.addHandler(self._watch)
        self._quiet.propagate = False
        uri = f"urn:steelyard:{self._site.name}"
        self._pki = await asyncio.to_thread(Pki, self._site.folder / "pki", uri, self._host)
        self._inner = inner = _Inner(self.hub)
        self._server = server = Server(iserver=inner)
        await server.init()
        await self._introduce(server, uri)
        self.nodes = Nodes(inner.aspace, await server.register_namespace(NAMESPACE))
        self.hub.conditions = Conditions(self.hub, inner.subscription_service)
        self._root = self.nodes.object("site", standard(ua.ObjectIds.ObjectsFolder), ua.LocalizedText("Steelyard"),
                                       kind=FOLDER_TYPE, by=ORGANIZES, tells=True)  # fmt: skip
        self._machinery = Machinery(
            self.nodes, await server.register_namespace(DI), await server.register_namespace(MACHINERY)
        )
        add_site_methods(self.hub, self.nodes, self._root)
        for works in list(self._site.works.values()):
            await self._added(works)
        self._site.on_change(self._added, self._removed)
        await self._listen(server, inner)

    async def _introduce(self, server: Server, uri: str) -> None:
        """Say who we are, with which key, and who may come in how."""
        server.name, server.product_uri, server.manufacturer_name = "Steelyard", "urn:steelyard", "Steelyard"
        server.application_type = ua.ApplicationType.Server
        await server.set_application_uri(uri)
        await server.set_build_info("urn:steelyard", "Steelyard", "Steelyard", __version__, "", datetime.now(UTC))
        server.iserver.certificate, server.iserver.private_key = self._pki.certificate, self._pki.key
        await server.get_node(_LOCALES).write_value(list(LANGUAGES))
        server.set_certificate_validator(_check_certificate)
        server._permission_ruleset = None  # type: ignore[assignment]
        server.set_security_policy(POLICIES)
        tokens: list[type] = [ua.UserNameIdentityToken]
        server.set_identity_tokens([ua.AnonymousIdentityToken, *tokens] if self._site.anonymous else tokens)

    async def _listen(self, server: Server, inner: InternalServer) -> None:
        size = 65_535
        limits = TransportLimits(size, size, math.ceil(MOST_MESSAGE / size), MOST_MESSAGE)
        self._door = Door(inner, self._host, self._port, limits, self.hub, self._pki)
        await self._door.start()
        self._port = self._door._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        server.set_endpoint(self._url())
        await server._setup_server_nodes()
        self._door.set_policies(server._policies)
        await inner.start()

    async def stop(self) -> None:
        """Close the door and end all sessions."""
        if self._server is None:
            return
        server, self._server = self._server, None
        inner = server.iserver
        await inner.subscription_service.delete_subscriptions(list(inner.subscription_service.subscriptions))
        if self._door is not None:
            await self._door.stop()
        for session in list(inner._external_sessions.values()):
            await session.close_session(True)
        for works_id in list(self.hub.boards):
            self._leave(works_id)
        if inner.time_task is not None:
            inner.time_task.cancel()
            await asyncio.wait([inner.time_task])
            inner.time_task = None
        await inner.stop()
        self._quiet.removeHandler(self._watch)
        self._quiet.propagate = not self._quiet.handlers

    # -- works come and go --------------------------------------------------------------------------------------------
    async def _added(self, works: Any) -> None:
        if self._server is None or works.id in self.hub.boards:
            return
        board = Board(works, self.nodes, self.hub.texts, self._root)
        self.hub.boards[works.id] = board
        await board.build()
        if self.hub.boards.get(works.id) is not board:
            return
        self.hub.signals.update({one.node: one for one in board.signals})
        add_works_methods(self.hub, self.nodes, board)
        self._machinery.add(self.hub.texts, board, self._site.name)
        self.hub.conditions.open(board)
        self._unsubscribe[works.id] = works.subscribe(board.listen)

    async def _removed(self, works: Any) -> None:
        board = self._leave(works.id)
        if board is not None:
            gone = board.close()
            for node in gone:
                self.hub.signals.pop(node, None)
                self.hub.methods.pop(node, None)
            self.hub.texts.forget(gone)

    def _leave(self, works_id: str) -> Board | None:
        """Hear no more of a works."""
        unsubscribe = self._unsubscribe.pop(works_id, None)
        if unsubscribe is not None:
            unsubscribe()
        board = self.hub.boards.pop(works_id, None)
        if board is not None:
            self.hub.conditions.close(board)
            self.hub.count("values_out", board.values_out)
        return board

    # -- what it says of itself ---------------------------------------------------------------------------------------
    def _url(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"opc.tcp://{host}:{self._port}{PATH}"

    def endpoints(self) -> list[Endpoint]:
        """Return where it listens."""
        return [Endpoint("opcua", self._url(), NOTE if self._site.anonymous else NOTE_CLOSED)]

    def counts(self) -> dict[str, int]:
        """Return what passed so far, and how many are connected now."""
        out = self.hub.numbers.get("values_out", 0) + sum(board.values_out for board in self.hub.boards.values())
        return {
            **self.hub.numbers, "connected": len(self._door.clients) if self._door else 0,
            "values_out": out, "values_lost": self._inner.subscription_service.lost if self._inner else 0,
        }  # fmt: skip


async def _check_certificate(certificate: x509.Certificate, _application: Any) -> None:
    """Refuse a client certificate that is out of date or too weak."""
    if not in_force(certificate):
        raise ServiceError(ua.StatusCodes.BadCertificateTimeInvalid)
