"""A trial weighs a solution against a baseline in a planned, paired experiment."""
