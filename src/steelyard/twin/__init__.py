"""Parameters from data, state from data, and how far to trust them."""
