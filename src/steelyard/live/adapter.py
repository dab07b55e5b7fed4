"""What every protocol adapter is: it starts, says where it listens, counts what passes, and stops."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Endpoint:
    """Where a protocol is to be reached: its name, its address, and what one should know (ko/en)."""

    protocol: str
    url: str
    note: dict[str, str]


class Adapter(Protocol):
    """One protocol over the works of a site. All methods are called in the loop."""

    async def start(self) -> None:
        """Open the door: after this a client can connect."""

    async def stop(self) -> None:
        """Close it: clients are told, nothing is left running, in less than a second."""

    def endpoints(self) -> list[Endpoint]:
        """Return where it listens, with the port that it really has."""

    def counts(self) -> dict[str, int]:
        """Return what passed so far, e.g. clients, values_out, writes, refused, malformed."""
