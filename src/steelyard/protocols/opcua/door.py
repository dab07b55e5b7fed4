"""The door: bytes of a connection, login, and what happens to those that are no OPC UA.

Bad bytes are counted and the connection is closed; a request that cannot be answered is a fault, never an exception.
"""

import asyncio
import ipaddress
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, cast

from asyncua import ua
from asyncua.common.utils import Buffer, NotEnoughData, ServiceError
from asyncua.crypto import uacrypto
from asyncua.server.binary_server_asyncio import BinaryServer, OPCUAProtocol
from asyncua.server.uaprocessor import UaProcessor
from asyncua.ua.ua_binary import header_from_binary, nodeid_from_binary, struct_from_binary

from steelyard.errors import AccessError
from steelyard.live.access import ANONYMOUS_ROLES, Session
from steelyard.protocols.opcua.crowd import no_place, to_make_way
from steelyard.protocols.opcua.hub import Hub, Noted
from steelyard.protocols.opcua.pki import Pki
from steelyard.protocols.opcua.reasons import ASKED, explain
from steelyard.protocols.opcua.session import WireSession
from steelyard.protocols.opcua.standard import standard, ua_status
from steelyard.protocols.opcua.subscriber import NOBODY

CODES, IDS, _MESSAGE = ua.StatusCodes, ua.ObjectIds, ua.MessageType.SecureMessage
MOST_CHUNK, PATIENCE = 70_000, 20
OAEP, OAEP_256 = "http://www.w3.org/2001/04/xmlenc#rsa-oaep", "http://opcfoundation.org/UA/security/rsa-oaep-sha2-256"


def _request(name: str) -> ua.NodeId:
    return standard(getattr(IDS, f"{name}Request_Encoding_DefaultBinary"))


CREATE, ACTIVATE, CLOSE = _request("CreateSession"), _request("ActivateSession"), _request("CloseSession")
WITHOUT_TOKEN = {CREATE, ACTIVATE, _request("FindServers"), _request("GetEndpoints"), _request("CloseSecureChannel")}
MAY_WAIT, MOST_AT_ONCE = {_request("Call"), _request("HistoryRead")}, 16
NEVER = {_request("RegisterServer"), _request("RegisterServer2")}
NO_REFUSAL = {
    CODES.BadNoSubscription, CODES.BadSessionIdInvalid, CODES.BadSubscriptionIdInvalid, CODES.BadSessionClosed,
    CODES.BadMessageNotAvailable, CODES.BadSessionNotActivated,
}  # fmt: skip


class Processor(UaProcessor):
    """Reads the requests of one connection and answers them."""

    def __init__(self, iserver: Any, transport: Any, limits: Any, hub: Hub, pki: Pki) -> None:
        super().__init__(iserver, transport, limits)
        self.hub, self.pki = hub, pki
        self._working: set[asyncio.Task[bool]] = set()
        address = self.name if isinstance(self.name, tuple) else ("?", 0)
        self.host, self.peer = str(address[0]), f"{address[0]}:{address[1]}"

    @property
    def _who(self) -> Session | None:
        session = cast(WireSession | None, self.session)
        return None if session is None or session.who is NOBODY else session.who

    def send_response(self, requesthandle: Any, seqhdr: Any, response: Any, msgtype: Any = _MESSAGE) -> None:
        """Send an answer, unless the client went without a word meanwhile."""
        if not self._transport.is_closing():
            explain(response)
            super().send_response(requesthandle, seqhdr, response, msgtype)

    async def process(self, header: Any, body: Any) -> bool:
        """Take one message; a request before the channel is open ends the connection."""
        if header.MessageType == ua.MessageType.SecureMessage and not self._connection.is_open():
            raise ValueError("a request outside of any secure channel")
        return bool(await super().process(header, body))

    async def process_message(self, seqhdr: Any, body: Any) -> bool:
        """Answer one request; every failure becomes a fault that says why, and is counted."""
        typeid = nodeid_from_binary(body)
        header = struct_from_binary(ua.RequestHeader, body)
        ASKED.set(int(header.ReturnDiagnostics))
        return await self._answer(self._process_message(typeid, header, seqhdr, body), header, seqhdr)

    async def _answer(self, work: Coroutine[Any, Any, Any], header: Any, seqhdr: Any) -> bool:
        """Wait for the answer of a service, which sends it; send a fault when there is none."""
        try:
            return bool(await work)
        except (ServiceError, ua.uaerrors.UaStatusCodeError) as error:
            code = int(error.code)
            if code not in NO_REFUSAL and not isinstance(error, Noted):
                self.hub.note("refused", self._who, peer=self.peer, why=ua_status(code).name)
        except Exception as error:  # noqa: BLE001 the library stumbles over requests that make no sense
            code = int(CODES.BadDecodingError)
            self.hub.note("malformed", self._who, peer=self.peer, why=repr(error)[:300])
        response = ua.ServiceFault()
        response.ResponseHeader.ServiceResult = ua_status(code)
        self.send_response(header.RequestHandle, seqhdr, response)
        return True

    async def _process_message(self, typeid: Any, header: Any, seqhdr: Any, body: Any) -> Any:
        if typeid in NEVER:
            raise ServiceError(CODES.BadServiceUnsupported)
        session = cast(WireSession | None, self.session)
        if session is not None and typeid not in WITHOUT_TOKEN and header.AuthenticationToken != session.auth_token:
            raise ServiceError(CODES.BadSessionIdInvalid)
        if typeid == CREATE and session is not None:
            await session.close_session(True)
        if typeid in MAY_WAIT and len(self._working) < MOST_AT_ONCE:
            task = asyncio.create_task(
                self._answer(super()._process_message(typeid, header, seqhdr, body), header, seqhdr)
            )
            self._working.add(task)
            task.add_done_callback(self._working.discard)
            return True
        if typeid == ACTIVATE:
            await self._log_in(header, struct_from_binary(ua.ActivateSessionParameters, body.copy()))
            self._find_a_place(header)
        result = await super()._process_message(typeid, header, seqhdr, body)
        if typeid == ACTIVATE:
            self._welcome()
        return result

    async def _log_in(self, header: Any, params: ua.ActivateSessionParameters) -> None:
        """Find out who wants in, off the loop; the session is opened only when the signature holds as well."""
        session = cast(
            WireSession | None, self.session or self.iserver.lookup_external_session(header.AuthenticationToken)
        )
        if session is None:
            raise ServiceError(CODES.BadSessionIdInvalid)
        token: Any = params.UserIdentityToken
        if token is None or isinstance(token, ua.ExtensionObject | ua.AnonymousIdentityToken):
            if not self.hub.site.anonymous:
                raise ServiceError(CODES.BadIdentityTokenRejected)
            session.candidate = Session("anonymous", ANONYMOUS_ROLES, "opcua", self.peer)
            return
        if not isinstance(token, ua.UserNameIdentityToken):
            raise ServiceError(CODES.BadIdentityTokenInvalid)
        password = self._password(session, token)
        try:
            who = await asyncio.to_thread(self.hub.site.users.check, str(token.UserName), password, "opcua", self.host)
        except AccessError as error:
            self.hub.note("login_failed", peer=self.peer, user=str(token.UserName)[:80], why=str(error))
            raise Noted(CODES.BadUserAccessDenied) from None
        session.candidate = replace(who, peer=self.peer)

    def _find_a_place(self, header: Any) -> None:
        """BadTooManySessions when there are too many of this user already; who is in stays in."""
        session = cast(WireSession, self.session or self.iserver.lookup_external_session(header.AuthenticationToken))
        if session.who is NOBODY:
            why = no_place(session.candidate, cast(Any, self.iserver)._external_sessions.values())
            if why:
                self.hub.note("refused", session.candidate, why=why)
                raise Noted(CODES.BadTooManySessions)

    def _password(self, session: WireSession, token: ua.UserNameIdentityToken) -> str:
        """Return the password of a token; BadIdentityTokenRejected when it could have been read on its way."""
        mode = self._connection.security_policy.Mode
        if mode == ua.MessageSecurityMode.None_ and not _is_loopback(self.host):
            raise ServiceError(CODES.BadSecurityModeInsufficient)
        secret = token.Password or b""
        if not token.EncryptionAlgorithm:
            if mode != ua.MessageSecurityMode.SignAndEncrypt:
                raise ServiceError(CODES.BadIdentityTokenRejected)
            return secret.decode("utf-8") if isinstance(secret, bytes) else str(secret)
        ways = {OAEP: uacrypto.decrypt_rsa_oaep, OAEP_256: uacrypto.decrypt_rsa_oaep_sha256}
        if token.EncryptionAlgorithm not in ways:
            raise ServiceError(CODES.BadIdentityTokenRejected)
        try:
            raw = ways[token.EncryptionAlgorithm](self.pki.key, secret)
            length, nonce = int.from_bytes(raw[:4], "little"), session.nonce or b""
            if not nonce or raw[4 + length - len(nonce) : 4 + length] != nonce:
                raise ValueError("the nonce is not that of this session")
            return bytes(raw[4 : 4 + length - len(nonce)]).decode("utf-8")
        except Exception as error:  # noqa: BLE001 whatever is wrong with it, it is no valid token
            self.hub.note("malformed", peer=self.peer, why=f"user token: {error!r}"[:300])
            raise Noted(CODES.BadIdentityTokenInvalid) from None

    def _welcome(self) -> None:
        """Log who came in, and keep a certificate that is seen for the first time; the nameless are only counted."""
        who = self._who
        if who is None:
            return
        policy = self._connection.security_policy
        if who.user == "anonymous":
            self.hub.count("anonymous")
            return
        self.hub.note("login", who, policy=str(policy.URI).rpartition("#")[2])
        if policy.peer_certificate:
            thumbprint = self.pki.keep(policy.peer_certificate)
            if thumbprint:
                self.hub.note("certificate", who, thumbprint=thumbprint)

    async def close(self) -> None:
        """The connection is gone: leases are free at once, even where the session may still come back."""
        self._publish_requests.clear()
        for task in list(self._working):
            task.cancel()
        if self._who is not None:
            self.hub.release(self._who)
        await super().close()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


class Connection(OPCUAProtocol):
    """The bytes of one connection."""

    hub: Hub
    pki: Pki

    @property
    def logged_in(self) -> bool:
        """Whether it has an open session."""
        session = None if self.processor is None else self.processor.session
        return session is not None and session.is_activated()

    @property
    def host(self) -> str:
        """Where it comes from."""
        return str(self.peer_name[0]) if isinstance(self.peer_name, tuple) else "?"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Give the connection our own processor; it may push out an older one that never logged in."""
        peer = transport.get_extra_info("peername")
        old = to_make_way(self.clients, str(peer[0]) if isinstance(peer, tuple) else "?")
        if old is not None:
            self.hub.note("refused", peer=f"{old.host}:{old.peer_name[1]}", why="it did not log in, and others knock")
            self.clients.remove(old)
            old.transport.close()
        super().connection_made(transport)
        self._taken = asyncio.Event()
        self._taken.set()
        if self.processor is not None:
            self.processor = Processor(self.iserver, self.transport, self.limits, self.hub, self.pki)
            self.processor.set_policies(self.policies)
            self.hub.count("clients")

    def data_received(self, data: bytes) -> None:
        """Cut the bytes into messages; what cannot be one closes the connection."""
        self._buffer += data
        while self._buffer and self.transport is not None and not self.transport.is_closing():
            buffer = Buffer(self._buffer)
            try:
                header = header_from_binary(buffer)
                size = header.header_size + header.body_size
                if not header.header_size < size <= MOST_CHUNK:
                    raise ValueError(f"a chunk of {size} bytes")
                if len(buffer) < header.body_size:
                    return
                self.messages.put_nowait((header, buffer))
            except NotEnoughData:
                return
            except Exception as error:  # noqa: BLE001 whatever the bytes are, they are no message
                self._throw_out(error)
                return
            self._buffer = self._buffer[size:]

    def pause_writing(self) -> None:
        """The client does not take what it asked for: nothing more is worked on until it does."""
        self._taken.clear()

    def resume_writing(self) -> None:
        """It reads again."""
        self._taken.set()

    async def _process_one_msg(self, header: Any, buf: Any) -> bool:
        await asyncio.sleep(0)
        await self._taken.wait()
        if self.transport is None or self.transport.is_closing():
            return False
        try:
            return await super()._process_one_msg(header, buf)
        except Exception as error:  # noqa: BLE001 one bad client must not stop the others
            self._throw_out(error)
            return False

    def _throw_out(self, error: Exception) -> None:
        peer = self.peer_name if isinstance(self.peer_name, tuple) else ("?", 0)
        self.hub.note("malformed", peer=f"{peer[0]}:{peer[1]}", why=repr(error)[:300])
        self._buffer = b""
        if self.transport is not None:
            self.transport.close()


class Door(BinaryServer):
    """Listens; every connection gets the hub."""

    def __init__(self, iserver: Any, host: str, port: int, limits: Any, hub: Hub, pki: Pki) -> None:
        super().__init__(iserver, host, port, limits)
        self.hub, self.pki = hub, pki

    async def stop(self) -> None:
        """Hang up; a client that does not take what was sent is not waited for."""
        for transport in list(self.iserver.asyncio_transports):
            transport.close()
        for _ in range(PATIENCE):
            if not self.clients:
                break
            await asyncio.sleep(0.01)
        for transport in list(self.iserver.asyncio_transports):
            transport.abort()
        await super().stop()

    def _make_protocol(self) -> Connection:
        made = Connection(self.iserver, self._policies, self.clients, self.closing_tasks, self.limits)
        made.hub, made.pki = self.hub, self.pki
        return made
