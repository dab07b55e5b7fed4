"""A works that runs live: its clock on a thread of its own, who may do what, and what was written by whom."""
