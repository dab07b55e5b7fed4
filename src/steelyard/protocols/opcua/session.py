"""One session of a client: every service it may ask for, and a plain refusal of all that would alter the server."""

from collections.abc import Callable
from dataclasses import replace
from secrets import token_bytes
from typing import Any, cast

from asyncua import ua
from asyncua.common.utils import ServiceError
from asyncua.server.internal_session import InternalSession

from steelyard.live.access import Session, role_of
from steelyard.protocols.opcua.calling import call_all
from steelyard.protocols.opcua.history import read_history
from steelyard.protocols.opcua.hub import Hub
from steelyard.protocols.opcua.standard import secret_id, ua_status
from steelyard.protocols.opcua.subscriptions import FastSubscription
from steelyard.protocols.opcua.texts import language_of
from steelyard.protocols.opcua.writing import write_all

CODES, ATTRIBUTES = ua.StatusCodes, ua.AttributeIds
NOBODY = Session("nobody", frozenset(), "opcua")
SHORTEST_S = 5.0


class WireSession(InternalSession):
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
        role = role_of(self.hub.signals[node].name)
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
        mine = cast(dict[int, FastSubscription], self._mine())
        return [await call_all(self.hub, self.who, request, mine) for request in params]

    def _refuse(self, what: str) -> ServiceError:
        self.hub.note("refused", self.who, why=f"nobody may {what}")
        return ServiceError(CODES.BadUserAccessDenied)

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

    # -- subscriptions: each session has its own ----------------------------------------------------------------------
    def _mine(self) -> dict[int, Any]:
        known = self.subscription_service.subscriptions
        return {key: one for key, one in known.items() if one.session_id == self.session_id}

    def _own(self, subscription_id: int) -> None:
        if subscription_id not in self._mine():
            raise ServiceError(CODES.BadSubscriptionIdInvalid)

    async def create_subscription(
        self, params: ua.CreateSubscriptionParameters, callback: Callable[..., Any],
        request_callback: Callable[..., Any] | None = None,
    ) -> ua.CreateSubscriptionResult:  # fmt: skip
        """Create one that belongs to this user."""
        result = await super().create_subscription(params, callback, request_callback)
        cast(Any, self.subscription_service.subscriptions[result.SubscriptionId]).user = self.who.user
        return result

    async def create_monitored_items(
        self, params: ua.CreateMonitoredItemsParameters
    ) -> list[ua.MonitoredItemCreateResult]:
        """Watch nodes."""
        self._own(params.SubscriptionId)
        return await self.subscription_service.create_monitored_items(params)

    async def modify_monitored_items(
        self, params: ua.ModifyMonitoredItemsParameters
    ) -> list[ua.MonitoredItemModifyResult]:
        """Watch them otherwise."""
        self._own(params.SubscriptionId)
        return self.subscription_service.modify_monitored_items(params)

    async def delete_monitored_items(self, params: ua.DeleteMonitoredItemsParameters) -> list[ua.StatusCode]:
        """Watch them no more."""
        self._own(params.SubscriptionId)
        return self.subscription_service.delete_monitored_items(params)

    async def set_monitoring_mode(self, params: ua.SetMonitoringModeParameters) -> list[ua.StatusCode]:
        """Turn single nodes on and off."""
        self._own(params.SubscriptionId)
        return await self.subscription_service.set_monitoring_mode(params)

    async def set_publishing_mode(self, params: ua.SetPublishingModeParameters) -> list[ua.StatusCode]:
        """Turn subscriptions on and off."""
        for one in params.SubscriptionIds:
            self._own(one)
        return await self.subscription_service.set_publishing_mode(params)

    def modify_subscription(self, params: ua.ModifySubscriptionParameters) -> ua.ModifySubscriptionResult:
        """Answer with what it has; intervals stay as they were created."""
        self._own(params.SubscriptionId)
        return self.subscription_service.modify_subscription(params)

    def republish(self, params: ua.RepublishParameters) -> ua.NotificationMessage:
        """Send a message again that was not acknowledged; BadMessageNotAvailable when it is gone."""
        self._own(params.SubscriptionId)
        message = self.subscription_service.republish(params)
        if not message.NotificationData:
            raise ServiceError(CODES.BadMessageNotAvailable)
        return message

    async def delete_subscriptions(self, ids: list[int]) -> list[ua.StatusCode]:
        """Delete own subscriptions; others are as good as unknown."""
        mine = self._mine()
        known = iter(await self.subscription_service.delete_subscriptions([k for k in ids if k in mine]))
        return [next(known) if k in mine else ua_status(CODES.BadSubscriptionIdInvalid) for k in ids]

    async def transfer_subscriptions(  # type: ignore[override]
        self, params: ua.TransferSubscriptionsParameters, callback: Callable[..., Any]
    ) -> list[ua.TransferResult]:
        """Take over subscriptions of an earlier session of the same user."""
        known = self.subscription_service.subscriptions
        results = []
        for one in params.SubscriptionIds:
            found = cast(Any, known.get(int(one)))
            result = ua.TransferResult()
            if found is None or found.user != self.who.user or self.who.user == "anonymous":
                result.StatusCode = ua_status(CODES.BadSubscriptionIdInvalid)
            else:
                found.session_id, found.pub_result_callback = self.session_id, callback
                found.pub_request_callback = cast(Any, callback).__self__.get_publish_request
                result.AvailableSequenceNumbers = sorted(found._not_acknowledged_results)
            results.append(result)
        return results

    def publish(self, acks: Any = None) -> tuple[int, list[ua.StatusCode]]:
        """Acknowledge messages; BadNoSubscription when this session has none."""
        mine = self._mine()
        if not mine:
            raise ServiceError(CODES.BadNoSubscription)
        results = []
        for ack in acks or []:
            if ack.SubscriptionId in mine:
                mine[ack.SubscriptionId].publish([ack.SequenceNumber])
            known = ack.SubscriptionId in mine
            results.append(ua_status(CODES.Good if known else CODES.BadSubscriptionIdInvalid))
        return len(mine), results
