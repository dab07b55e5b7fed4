"""The subscriptions of a session: each session sees, changes and loses only its own."""

from collections.abc import Callable
from typing import Any, cast

from asyncua import ua
from asyncua.common.utils import ServiceError
from asyncua.server.internal_session import InternalSession

from steelyard.live.access import Session
from steelyard.protocols.opcua.standard import ua_status
from steelyard.protocols.opcua.subscriptions import FastSubscription

CODES = ua.StatusCodes
NOBODY = Session("nobody", frozenset(), "opcua")
MOST_SUBSCRIPTIONS = 20


class Subscriber(InternalSession):
    """The part of a session that subscribes; `who` has logged in."""

    who: Session = NOBODY

    def mine(self) -> dict[int, FastSubscription]:
        """Return the subscriptions of this session by number."""
        known = cast(dict[int, FastSubscription], self.subscription_service.subscriptions)
        return {key: one for key, one in known.items() if one.session_id == self.session_id}

    def _own(self, subscription_id: int) -> None:
        if subscription_id not in self.mine():
            raise ServiceError(CODES.BadSubscriptionIdInvalid)

    async def create_subscription(
        self, params: ua.CreateSubscriptionParameters, callback: Callable[..., Any],
        request_callback: Callable[..., Any] | None = None,
    ) -> ua.CreateSubscriptionResult:  # fmt: skip
        """Create one that belongs to this user; BadTooManySubscriptions at the limit of a session."""
        if len(self.mine()) >= MOST_SUBSCRIPTIONS:
            raise ServiceError(CODES.BadTooManySubscriptions)
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
        mine = self.mine()
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
        mine = self.mine()
        if not mine:
            raise ServiceError(CODES.BadNoSubscription)
        results = []
        for ack in acks or []:
            if ack.SubscriptionId in mine:
                mine[ack.SubscriptionId].publish([ack.SequenceNumber])
            known = ack.SubscriptionId in mine
            results.append(ua_status(CODES.Good if known else CODES.BadSubscriptionIdInvalid))
        return len(mine), results
