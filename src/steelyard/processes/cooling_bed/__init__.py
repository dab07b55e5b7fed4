"""House of the cooling bed: bars lie on a rake, cool in air, transform, and get their properties."""
