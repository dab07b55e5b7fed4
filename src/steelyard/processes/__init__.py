"""The houses of the works: one unit process each."""
