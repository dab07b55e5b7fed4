"""The languages of a plant: each protocol is a thin adapter over the works of a site."""
