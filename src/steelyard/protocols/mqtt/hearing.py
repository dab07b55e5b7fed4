"""What the clients of the embedded broker publish: judged, a host's STATE passed on to the others, all else for us."""

from collections.abc import Awaitable, Callable

from steelyard.errors import AccessError
from steelyard.live.access import Session
from steelyard.protocols.mqtt.connection import Connection
from steelyard.protocols.mqtt.door import Door
from steelyard.protocols.mqtt.fan import Fan
from steelyard.protocols.mqtt.host_states import STATE, check_state
from steelyard.protocols.mqtt.topics import Message

Receiver = Callable[[Session, str, bytes], Awaitable[None]]


class Hearing:
    """Hears clients through `door`; `receive(session, topic, payload)` gets what they may publish.

    `primary` is the topic of the host whose STATE always has a place.
    """

    def __init__(self, door: Door, fan: Fan) -> None:
        self.receive: Receiver = _ignore
        self.primary: str | None = None
        self._door, self._fan = door, fan

    async def work_off(self, connection: Connection) -> None:
        """Take what a client has published, one message after the other, until it is gone."""
        while (item := await connection.inbox.get()) is not None:
            await self.take(connection.session, *item)

    async def take(self, session: Session, topic: str, payload: bytes, retain: bool) -> None:
        """Take one message; one that is not allowed or not in order is counted and logged."""
        self._door.counted["messages_in"] += 1
        if not self._door.allowed(session, topic):
            self._door.note("refused", session, "may not publish on this topic", topic=topic[:200])
            return
        if topic.startswith(STATE) and not await self._pass_on(session, Message(topic, payload, retain)):
            return
        try:
            await self.receive(session, topic, payload)
        except Exception as error:  # noqa: BLE001 one bad message must not end the others
            self._door.note("unhandled", session, repr(error), where=topic[:200])

    async def _pass_on(self, session: Session, state: Message) -> bool:
        """Give the STATE of a host to the other clients; return False, logged, when it is not in order."""
        try:
            check_state(state, self._fan.retained, self.primary)
        except (ValueError, AccessError) as error:
            kind = "malformed" if isinstance(error, ValueError) else "refused"
            self._door.note(kind, session, str(error)[:200], topic=state.topic[:200])
            return False
        await self._fan.publish([state])
        return True


async def _ignore(session: Session, topic: str, payload: bytes) -> None:
    """Nobody listens yet."""
