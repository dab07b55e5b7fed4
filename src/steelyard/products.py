"""What a works makes and hands on: heats, slabs, coils. A product knows what it was made from."""

from dataclasses import dataclass

from steelyard.errors import DataError

KINDS = ("heat", "billet", "slab", "bar", "coil", "plate", "wire", "lot")


@dataclass(frozen=True)
class Product:
    """One tracked piece: `id`, `kind`, grade name, mass [kg] and the ids of the pieces it was made from."""

    id: str
    kind: str
    grade: str
    mass: float
    made_from: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise DataError(f"product {self.id!r} has kind {self.kind!r}; kinds are: {', '.join(KINDS)}")
        if not self.mass > 0.0:
            raise DataError(f"product {self.id!r} has mass {self.mass!r} kg; it must be positive")
