"""Plausibility: can this be a record of a process? One check is one pure function from a sheet to findings."""
