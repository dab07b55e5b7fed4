"""House of the descaling ring: water jets take the scale off a piece between furnace and mill."""
