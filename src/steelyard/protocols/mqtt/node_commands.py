"""What Sparkplug hosts say to the edge node: STATE of the primary host, rebirth (NCMD), set-points (DCMD)."""

import asyncio
from typing import Any

from google.protobuf.message import DecodeError

from steelyard.errors import AccessError, SteelyardError
from steelyard.live.access import Session, role_of
from steelyard.protocols.mqtt.commands import Commands
from steelyard.protocols.mqtt.edge_node import EdgeNode
from steelyard.protocols.mqtt.sparkplug import REBIRTH, SPACE
from steelyard.protocols.mqtt.sparkplug_messages import DOUBLE, metric_value, payload_class
from steelyard.protocols.mqtt.topics import level


class NodeCommands:
    """Takes what comes on Sparkplug's command topics.

    `writer` None: the session of a message says who writes. Else the role of every writer over this broker; "" is
    nobody.
    """

    def __init__(self, node: EdgeNode, commands: Commands, writer: str | None) -> None:
        self.node, self._commands, self._writer = node, commands, writer
        self._births: set[asyncio.Task[None]] = set()

    async def take(self, session: Session, topic: str, payload: bytes) -> bool:
        """Return whether this was a Sparkplug topic; if so, what it asked for is done, or counted and logged."""
        if not topic.startswith(SPACE + "/"):
            return False
        try:
            if topic == self.node.host.topic:
                await self.node.host_says(payload)
            elif topic == self.node.voice.topic("NCMD"):
                self._node_command(payload)
            elif topic.startswith(self.node.voice.topic("DCMD") + "/"):
                await self._device_command(session, topic.rsplit("/", 1)[1], payload)
        except (ValueError, DecodeError, RecursionError) as error:
            self._commands.malformed(session, topic, str(error))
        except _Refused as error:
            self._commands.refuse(session, topic, str(error))
        except SteelyardError:
            self._commands.counted["refused"] += 1
        return True

    def _node_command(self, payload: bytes) -> None:
        for metric in _parse(payload).metrics:
            if metric.name == REBIRTH and metric_value(metric) is True:
                self.rebirth()

    def rebirth(self) -> None:
        """Have the node born again soon."""
        task = asyncio.create_task(self.node.rebirth())
        self._births.add(task)
        task.add_done_callback(self._births.discard)

    async def _device_command(self, session: Session, device_level: str, payload: bytes) -> None:
        device = next((d for key, d in self.node.devices.items() if level(key) == device_level), None)
        if device is None:
            raise _Refused("there is no such device")
        session = self._as(session)
        by_role: dict[str | None, dict[str, float]] = {}
        for metric in _parse(payload).metrics:
            name, value = device.signal(metric), metric_value(metric, DOUBLE)
            if name is None:
                raise _Refused(f"device has no metric {metric.name[:80]!r} (alias {metric.alias})")
            if isinstance(value, bool | str) or value is None:
                raise ValueError(f"the value of {name} is not a number")
            by_role.setdefault(role_of(name), {})[name] = float(value)
        for values in by_role.values():
            await device.works.write(session, values)
            self._commands.counted["writes"] += len(values)

    def _as(self, session: Session) -> Session:
        if self._writer is None:
            return session
        if not self._writer:
            raise _Refused("Sparkplug commands over another broker are switched off; give the role that writes")
        return Session(f"sparkplug:{self._writer}", frozenset({self._writer}), "mqtt", session.peer, "sparkplug")


class _Refused(AccessError):
    """A refusal that nobody has logged yet."""


def _parse(payload: bytes) -> Any:
    return payload_class().FromString(payload)
