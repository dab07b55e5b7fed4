"""How a server is set up: where each protocol listens, how fast the works runs, what is recorded."""

from dataclasses import dataclass
from ipaddress import ip_address

from steelyard.errors import SteelyardError
from steelyard.live.access import ROLES

LOOPBACK = "127.0.0.1"
OFF = -1


@dataclass(frozen=True)
class Settings:
    """Ports: 0 takes any free one, `OFF` leaves the protocol out. `speed` None waits for orders (lock-step).

    `broker` is the URL of an MQTT broker to be used in place of the embedded one, `broker_user` with its password;
    `broker_commands` lets writes come in through it. `sparkplug_host` is the primary host whose STATE counts,
    `sparkplug_writer` the role of Sparkplug's hosts: they may say STATE, and over another broker write as this role.
    `modbus_writer` is the role under which Modbus may write.
    """

    site: str = "steelyard"
    host: str = LOOPBACK
    http_port: int = 8080
    opcua_port: int = 4840
    mqtt_port: int = 1883
    modbus_port: int = 5020
    broker: str | None = None
    broker_user: str | None = None
    broker_password: str | None = None
    broker_ca: str | None = None
    broker_commands: bool = False
    mqtt_tls: bool = False
    sparkplug_host: str | None = None
    sparkplug_writer: str | None = None
    modbus_writer: str | None = None
    anonymous: bool = True
    speed: float | None = 1.0
    record: bool = True
    lang: str = "en"

    def __post_init__(self) -> None:
        for role in (self.modbus_writer, self.sparkplug_writer):
            if role is not None and role not in ROLES:
                raise SteelyardError(f"there is no role {role!r}; roles are: {', '.join(ROLES)}")
        if not self.site.replace("-", "").replace("_", "").isalnum() or len(self.site) > 40:
            raise SteelyardError(f"{self.site!r} cannot be a site's name; use letters, digits, '-' and '_'")

    @property
    def is_open(self) -> bool:
        """Whether others than this machine can reach it."""
        try:
            return not ip_address(self.host).is_loopback
        except ValueError:
            return self.host != "localhost"
