"""The ladle furnace and vacuum degasser."""
