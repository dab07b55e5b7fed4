"""One session of a client: every service it may ask for, and a plain refusal of all that would alter the server."""

from dataclasses import replace
from secrets import token_bytes
from typing import Any

from asyncua import ua
from asyncua.common.utils import ServiceError

from steelyard.protocols.opcua.calling import call_all
from steelyard.protocols.opcua.history import read_history
from steelyard.protocols.opcua.hub import Hub, Noted
from steelyard.protocols.opcua.reasons import Verdicts
from steelyard.protocols.opcua.standard import secret_id
from steelyard.protocols.opcua.subscriber import NOBODY, Subscriber
from steelyard.protocols.opcua.texts import language_of
from steelyard.protocols.opcua.writing import write_all

CODES, ATTRIBUTES = ua.StatusCodes, ua.AttributeIds


class WireSession(Subscriber):
    """The session of one client; `who` is set when it logs in. Its token cannot be guessed."""

    def __init__(self, iserver: Any, hub: Hub, name: str) -> None:
        super().__init__(iserver, iserver.aspace, iserver.subscription_service, name, external=True)
        self.hub, self.who, self.candidate = hub, NOBODY, NOBODY
        self.language = hub.texts.language
        iserver.unregister_external_session(self)
        self.auth_token = secret_id(token_bytes(32))
        iserver.register_external_session(self)

    # -- life ---------------------------------------------------------------------------------------------------------
    def activate_session(
        self, params: ua.ActivateSessionParameters, peer_certificate: bytes | None
    ) -> ua.ActivateSessionResult:
        """Open the session for who has just logged in; BadIdentityChangeNotSupported for somebody else."""
        candidate, self.candidate = self.candidate, NOBODY
        if candidate is NOBODY:
            raise ServiceError(CODES.BadIdentityTokenRejected)
        if self.who is not NOBODY and self.who.user != candidate.user:
            raise ServiceError(CODES.BadIdentityChangeNotSupported)
        params.UserIdentityToken = ua.UserNameIdentityToken(UserName=candidate.user, Password=b"")
        result = super().activate_session(params, peer_certificate)
        self.who = candidate if self.who is NOBODY else replace(self.who, peer=candidate.peer)
        self.language = language_of(params.LocaleIds, self.hub.texts.language)
        return result

    async def close_session(self, delete_subs: bool = True) -> None:
        """End it; what it held is free again."""
        self.hub.release(self.who)
        await super().close_session(delete_subs)

    # -- reading ------------------------------------------------------------------------------------------------------
    async def read(self, params: ua.ReadParameters) -> list[ua.DataValue]:
        """Return attributes; access and texts are answered for this user and its language."""
        results = self.iserver.attribute_service.read(params)
        for k, wanted in enumerate(params.NodesToRead):
            attribute = wanted.AttributeId
            if attribute == ATTRIBUTES.UserAccessLevel and wanted.NodeId in self.hub.signals:
                results[k] = self._user_access(wanted.NodeId, results[k])
            elif attribute in (ATTRIBUTES.Description, ATTRIBUTES.DisplayName):
                text = self.hub.texts.in_language(wanted.NodeId, int(attribute), self.language)
                if text is not None:
                    results[k] = ua.DataValue(ua.Variant(text, ua.VariantType.LocalizedText))
        self.hub.count("reads", len(results))
        return results

    def _user_access(self, node: ua.NodeId, known: ua.DataValue) -> ua.DataValue:
        """Return the access level of a signal with the write bit as this user has it."""
        level = int(known.Value.Value) & ~2 if known.Value is not None else 1
        role = self.hub.signals[node].role
        return ua.DataValue(ua.Variant(level | (2 if role in self.who.roles else 0), ua.VariantType.Byte))

    async def browse(self, params: ua.BrowseParameters) -> list[ua.BrowseResult]:
        """Return references, with titles in the language of the session."""
        results = self.iserver.view_service.browse(params)
        if self.language != self.hub.texts.language:
            for result in results:
                result.References = [self._titled(reference) for reference in result.References]
        return results

    def _titled(self, reference: ua.ReferenceDescription) -> ua.ReferenceDescription:
        title = self.hub.texts.in_language(reference.NodeId, int(ATTRIBUTES.DisplayName), self.language)
        return reference if title is None else replace(reference, DisplayName=title)

    async def history_read(self, params: ua.HistoryReadParameters) -> list[ua.HistoryReadResult]:
        """Return recorded values."""
        return await read_history(self.hub, self.who, params)

    # -- writing ------------------------------------------------------------------------------------------------------
    async def write(self, params: ua.WriteParameters) -> list[ua.StatusCode]:
        """Write set-points."""
        return await write_all(self.hub, self.who, params.NodesToWrite)

    async def call(self, params: list[ua.CallMethodRequest]) -> list[ua.CallMethodResult]:
        """Call methods."""
        return Verdicts([await call_all(self.hub, self.who, request, self.mine()) for request in params])

    def _refuse(self, what: str) -> Noted:
        self.hub.note("refused", self.who, why=f"nobody may {what}")
        return Noted(CODES.BadUserAccessDenied)

    async def history_update(self, params: ua.HistoryUpdateParameters) -> list[ua.HistoryUpdateResult]:
        """Nobody may."""
        raise self._refuse("update the history")

    async def add_nodes(self, params: list[ua.AddNodesItem]) -> list[ua.AddNodesResult]:
        """Nobody may."""
        raise self._refuse("add nodes")

    async def delete_nodes(self, params: ua.DeleteNodesParameters) -> list[ua.StatusCode]:
        """Nobody may."""
        raise self._refuse("delete nodes")

    async def add_references(self, params: list[ua.AddReferencesItem]) -> list[ua.StatusCode]:
        """Nobody may."""
        raise self._refuse("add references")

    async def delete_references(self, params: list[ua.DeleteReferencesItem]) -> list[ua.StatusCode]:
        """Nobody may."""
        raise self._refuse("delete references")
