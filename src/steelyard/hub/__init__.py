"""The data hub: recorded signals, from here or from a real plant."""
