"""Subscriptions that keep up: values of signals go from the frame to the wire as bytes, packed once for everybody.

Everything else that a client may watch (server status, events) goes the library's way. Sessions see only their own
subscriptions; what a client may ask for is bounded, and a value that a slow client lost is marked as overflow.
"""

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, cast

from asyncua import ua
from asyncua.common.utils import ServiceError
from asyncua.server.address_space import AddressSpace
from asyncua.server.internal_subscription import InternalSubscription
from asyncua.server.monitored_item_service import MonitoredItemData, MonitoredItemService
from asyncua.server.subscription_service import SubscriptionService
from asyncua.ua.ua_binary import struct_to_binary
from asyncua.ua.uaprotocol_auto import DataChangeFilter

from steelyard.protocols.opcua.event_filters import SubtypeAware
from steelyard.protocols.opcua.standard import standard, ua_status

FASTEST_MS, SLOWEST_MS = 10.0, 3_600_000.0
DEFAULT_QUEUE, LONGEST_QUEUE, MOST_WAITING, MOST_ITEMS = 100, 1000, 200_000, 20_000
MOST_UNACKNOWLEDGED, LIFETIME_CYCLES, KEEP_ALIVE_CYCLES = 50, 1200, 400
OVERFLOW = 0x0480
_HANDLE, _COUNT = struct.Struct("<I"), struct.Struct("<i")
_CHANGES = standard(ua.ObjectIds.DataChangeNotification_Encoding_DefaultBinary)
_NOTHING_MORE = _COUNT.pack(-1)
_WITH_VALUE = 1


@dataclass(frozen=True, slots=True)
class Sample:
    """A value as it goes out: number (nan for none), status code, source time, and all of it packed as a DataValue."""

    value: float
    status: int
    stamp: int
    packed: bytes


class Source(Protocol):
    """A variable whose values come from frames."""

    watchers: "dict[tuple[int, int], Watcher]"
    span: float

    def sample(self) -> Sample:
        """Return the value of now."""


class Watcher:
    """One monitored item on a signal: what the client saw last, and when the next value is worth telling."""

    def __init__(self, subscription: "FastSubscription", item: MonitoredItemData, source: Source) -> None:
        self.subscription, self.item, self.source = subscription, item, source
        self.handle = _HANDLE.pack(item.client_handle)
        self.told: Sample | None = None
        self.look(item.filter)

    def look(self, wanted: Any) -> None:
        """Take over a filter: what triggers, and from which change on."""
        plain = not isinstance(wanted, DataChangeFilter)
        self.trigger = ua.DataChangeTrigger.StatusValue if plain else ua.DataChangeTrigger(wanted.Trigger)
        self.dead_band = 0.0
        if not plain and wanted.DeadbandType == ua.DeadbandType.Absolute:
            self.dead_band = float(wanted.DeadbandValue)
        elif not plain and wanted.DeadbandType == ua.DeadbandType.Percent:
            self.dead_band = self.source.span * float(wanted.DeadbandValue) / 100.0

    def offer(self, sample: Sample) -> None:
        """Queue a sample when it says something new."""
        if self.item.mode != ua.MonitoringMode.Reporting:
            return
        if self.told is None or self._is_news(self.told, sample):
            self.told = sample
            self.subscription.queue(self.item, self.handle + sample.packed)

    def _is_news(self, told: Sample, sample: Sample) -> bool:
        if sample.status != told.status:
            return True
        if self.trigger == ua.DataChangeTrigger.Status:
            return False
        if self.trigger == ua.DataChangeTrigger.StatusValueTimestamp and sample.stamp != told.stamp:
            return True
        if self.dead_band:
            return abs(sample.value - told.value) > self.dead_band
        return sample.value != told.value and not (math.isnan(sample.value) and math.isnan(told.value))


class FastItems(MonitoredItemService):
    """The monitored items of one subscription."""

    def __init__(self, isub: "FastSubscription", aspace: AddressSpace, find: Callable[[ua.NodeId], Any]) -> None:
        super().__init__(isub, aspace)
        self._find, self._watchers = find, dict[int, Watcher]()

    def _revise_queue_size(self, requested: int) -> int:
        return min(int(requested), LONGEST_QUEUE) or DEFAULT_QUEUE

    async def _create_data_change_monitored_item(
        self, params: ua.MonitoredItemCreateRequest
    ) -> ua.MonitoredItemCreateResult:
        if len(self._monitored_items) >= MOST_ITEMS:
            return ua.MonitoredItemCreateResult(StatusCode=ua_status(ua.StatusCodes.BadTooManyMonitoredItems))
        asked = params.RequestedParameters
        if isinstance(asked.Filter, ua.ExtensionObject) and asked.Filter.TypeId == ua.NodeId():
            asked.Filter = None
        wanted = asked.Filter
        if wanted is not None and not isinstance(wanted, DataChangeFilter):
            return ua.MonitoredItemCreateResult(StatusCode=ua_status(ua.StatusCodes.BadMonitoredItemFilterInvalid))
        source = self._find(params.ItemToMonitor.NodeId)
        if source is None or params.ItemToMonitor.AttributeId != ua.AttributeIds.Value:
            return await super()._create_data_change_monitored_item(params)
        result, item = self._make_monitored_item_common(params)
        self._commit_monitored_item(result, item)
        watcher = Watcher(self.isub, item, source)  # type: ignore[arg-type]
        self._watchers[result.MonitoredItemId] = watcher
        source.watchers[(id(self), result.MonitoredItemId)] = watcher
        watcher.offer(source.sample())
        return result

    def _create_events_monitored_item(self, params: ua.MonitoredItemCreateRequest) -> ua.MonitoredItemCreateResult:
        if not isinstance(params.RequestedParameters.Filter, ua.EventFilter):
            return ua.MonitoredItemCreateResult(StatusCode=ua_status(ua.StatusCodes.BadEventFilterInvalid))
        result = super()._create_events_monitored_item(params)
        item = self._monitored_items.get(result.MonitoredItemId)
        if item is not None:
            item.where_clause_evaluator = SubtypeAware(self.logger, self.aspace, item.filter.WhereClause)
        return result

    def _modify_monitored_item(self, params: ua.MonitoredItemModifyRequest) -> ua.MonitoredItemModifyResult:
        item = self._monitored_items.get(params.MonitoredItemId)
        result, asked = ua.MonitoredItemModifyResult(), params.RequestedParameters
        if item is None:
            result.StatusCode = ua_status(ua.StatusCodes.BadMonitoredItemIdInvalid)
            return result
        item.client_handle, item.queue_size = asked.ClientHandle, self._revise_queue_size(asked.QueueSize)
        if asked.Filter is not None:
            item.filter = asked.Filter
        watcher = self._watchers.get(params.MonitoredItemId)
        if watcher is not None:
            watcher.handle = _HANDLE.pack(asked.ClientHandle)
            watcher.look(item.filter)
        result.RevisedSamplingInterval = self.isub.data.RevisedPublishingInterval
        result.RevisedQueueSize = item.queue_size
        return result

    async def _set_monitoring_mode(self, mode: ua.MonitoringMode, mid: int) -> ua.StatusCode:
        watcher = self._watchers.get(mid)
        if watcher is None:
            return await super()._set_monitoring_mode(mode, mid)
        watcher.item.mode = mode
        if mode != ua.MonitoringMode.Disabled:
            watcher.offer(watcher.source.sample())
        return ua.StatusCode()

    def _delete_monitored_items(self, mid: int) -> ua.StatusCode:
        watcher = self._watchers.pop(mid, None)
        if watcher is not None:
            watcher.source.watchers.pop((id(self), mid), None)
        return super()._delete_monitored_items(mid)

    def delete_all_monitored_items(self) -> None:
        """Forget all items (the library would change what it goes through)."""
        self.delete_monitored_items(list(self._monitored_items))


class FastSubscription(InternalSubscription):
    """A subscription whose queue holds packed notifications."""

    user = ""
    waiting = 0
    service: "Subscriptions"

    def queue(self, item: MonitoredItemData, notification: bytes) -> None:
        """Queue a packed notification; when the queue is full the oldest goes and the next says so."""
        queue = self._triggered_datachanges.setdefault(int(item.monitored_item_id or 0), [])
        full = len(queue) >= item.queue_size or self.waiting >= MOST_WAITING
        if full and queue:
            queue.pop(0)
            self.waiting, self.service.lost = self.waiting - 1, self.service.lost + 1
            if queue and item.queue_size > 1:
                queue[0] = marked(cast(bytes, queue[0]))  # type: ignore[call-overload]
        queue.append(notification)  # type: ignore[arg-type]
        self.waiting += 1

    async def enqueue_datachange_event(self, mid: int, eventdata: ua.MonitoredItemNotification, maxsize: int) -> None:
        """Queue a change of a node that is no signal."""
        self.queue(self.monitored_item_srv._monitored_items[mid], struct_to_binary(eventdata))

    def _pop_triggered_datachanges(self, result: ua.PublishResult) -> None:
        if not self._triggered_datachanges:
            return
        parts: list[Any] = [part for queue in self._triggered_datachanges.values() for part in queue]
        self._triggered_datachanges, self.waiting = {}, 0
        body = b"".join((_COUNT.pack(len(parts)), *parts, _NOTHING_MORE))
        result.NotificationMessage.NotificationData.append(ua.ExtensionObject(_CHANGES, cast(Any, body)))


def marked(notification: bytes) -> bytes:
    """Return a packed notification with the overflow bits set in its status code.

    The status stands behind the handle (4 bytes), the mask (1) and, if there is one, the number (1 + 8); notifications
    that are not of a plain number stay as they are.
    """
    mask = notification[4]
    has_value, has_status = mask & _WITH_VALUE, mask & 2
    if not has_status or (has_value and notification[5] != ua.VariantType.Double.value):
        return notification
    at = 14 if has_value else 5
    status = _HANDLE.unpack_from(notification, at)[0] | OVERFLOW
    return notification[:at] + _HANDLE.pack(status) + notification[at + 4 :]


class Subscriptions(SubscriptionService):
    """All subscriptions of the server; `find` returns the source of a node's values when it is a signal.

    `lost` counts the values that slow clients did not get, of subscriptions that went as well.
    """

    lost = 0

    def __init__(self, aspace: AddressSpace, iserver: Any, find: Callable[[ua.NodeId], Any]) -> None:
        super().__init__(aspace, iserver)
        self._find = find

    async def create_subscription(
        self, params: ua.CreateSubscriptionParameters, callback: Callable[..., Any], session_id: ua.NodeId,
        request_callback: Callable[..., Any] | None = None,
    ) -> ua.CreateSubscriptionResult:  # fmt: skip
        """Create one with an interval of 10 ms to an hour; BadTooManySubscriptions at the limit of the server."""
        if self.iserver is not None and len(self.subscriptions) >= self.iserver.max_subscriptions:
            raise ServiceError(ua.StatusCodes.BadTooManySubscriptions)
        asked = params.RequestedPublishingInterval
        result = ua.CreateSubscriptionResult()
        result.RevisedPublishingInterval = min(asked, SLOWEST_MS) if asked >= FASTEST_MS else FASTEST_MS
        result.RevisedMaxKeepAliveCount = min(params.RequestedMaxKeepAliveCount, KEEP_ALIVE_CYCLES) or KEEP_ALIVE_CYCLES
        result.RevisedLifetimeCount = LIFETIME_CYCLES
        self._sub_id_counter += 1
        result.SubscriptionId = self._sub_id_counter
        made = FastSubscription(
            result, self.aspace, callback, session_id, request_callback=request_callback,
            delete_callback=lambda: self.subscriptions.pop(result.SubscriptionId, None),
            no_acks_limit=MOST_UNACKNOWLEDGED, max_queue_size=LONGEST_QUEUE,
            publishing_enabled=params.PublishingEnabled,
        )  # fmt: skip
        made.service = self
        made.monitored_item_srv = FastItems(made, self.aspace, self._find)
        await made.start()
        self.subscriptions[result.SubscriptionId] = made
        return result
