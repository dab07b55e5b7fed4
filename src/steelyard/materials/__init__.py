"""Property functions of steel, slag and gas."""
