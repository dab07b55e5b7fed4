"""Units on one clock, and the board through which the world sees them."""
