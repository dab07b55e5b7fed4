"""A trial over MQTT: each answer is published on one topic, each question comes back on another."""

import json
import queue
from collections.abc import Iterable, Mapping
from secrets import token_hex
from typing import Any, NoReturn
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt

from steelyard.errors import SteelyardError
from steelyard.server.links import TIMEOUT_S, LinkError, Refused

ROOT = "steelyard/v1"


class MqttLink:
    """A connection to one trial; a live works is steered over HTTP or OPC UA."""

    native = False

    def __init__(self, url: str, user: str, password: str, works: str) -> None:
        """Connect, log in and find the works; LinkError when that cannot be, Refused when it does not let us in."""
        place = urlsplit(url)
        self._said: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        self._base = ""
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=f"solution-{token_hex(4)}")
        self._client.username_pw_set(user, password)
        self._client.on_connect = lambda client, data, flags, code, properties: self._came(client, works, code)
        self._client.on_message = lambda client, data, message: self._said.put((message.topic, bytes(message.payload)))
        try:
            self._client.connect(place.hostname or "127.0.0.1", place.port or 1883)
        except OSError as error:
            raise LinkError(f"the broker at {place.netloc} does not answer ({error})") from error
        self._client.loop_start()
        topic, _ = self._hear()
        self._base = "/".join(topic.split("/")[:4])

    def _came(self, client: mqtt.Client, works: str, code: Any) -> None:
        if code.is_failure:
            self._said.put(("", str(code).encode()))
            return
        client.subscribe([(f"{ROOT}/+/{works}/state", 1), (f"{ROOT}/+/{works}/exchange/question", 1)])

    def _hear(self) -> tuple[str, bytes]:
        try:
            topic, payload = self._said.get(timeout=TIMEOUT_S)
        except queue.Empty:
            raise LinkError("the broker does not answer, or has no such works") from None
        if not topic:
            raise Refused(payload.decode("utf-8", "replace"))
        return topic, payload

    def exchange(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """See `Link`."""
        self._client.publish(f"{self._base}/exchange/answer", json.dumps(message), qos=1)
        while True:
            topic, payload = self._hear()
            if topic.endswith("/exchange/question"):
                found: dict[str, Any] = json.loads(payload)
                return found

    def read(self, names: Iterable[str]) -> tuple[float, dict[str, float | None]]:
        """Refused: see the class."""
        self._only_trials()

    def write(self, values: Mapping[str, float]) -> None:
        """Refused: see the class."""
        self._only_trials()

    def advance(self, n: int) -> None:
        """Refused: see the class."""
        self._only_trials()

    def status(self) -> dict[str, Any]:
        """Refused: see the class."""
        self._only_trials()

    def signals(self) -> list[str]:
        """Refused: see the class."""
        self._only_trials()

    def _only_trials(self) -> NoReturn:
        raise SteelyardError("over MQTT a solution answers for a trial; steer a live works over http:// or opc.tcp://")

    def close(self) -> None:
        """See `Link`."""
        self._client.disconnect()
        self._client.loop_stop()
