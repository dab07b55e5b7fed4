"""Fixed sizes and labels of the reheating furnace: 2 × 4 zones, 30 slots, 21 nodes through the thickness."""

COLUMNS = 4
"""Zones along the furnace; column 0 is the charge end, 3 the soak zone."""
ZONES = 2 * COLUMNS
"""Zone z < 4 lies above the steel in column z, zone z >= 4 below it in column z − 4."""
SLOTS = 30
NODES = 21
WALL_NODES = 3
PROFILES = 2
"""Profile 0 is between the skids, 1 over a skid."""
SPECIES = 8

COLUMN_LABELS = tuple(f"zone_{k}" for k in range(1, COLUMNS + 1))
ZONE_LABELS = tuple(f"{side}_{k}" for side in ("top", "bottom") for k in range(1, COLUMNS + 1))
WALL_LABELS = ("face", "brick", "insulation")
SPECIES_LABELS = ("methane", "ethane", "propane", "hydrogen", "carbon_monoxide", "carbon_dioxide", "nitrogen", "oxygen")

INTERVAL = 10.0
"""Time [s] over which the heat of a slot is gathered before it is conducted into the steel."""
