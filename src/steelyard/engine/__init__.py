"""The kernel policy: compiled steps over plain records, named random streams, one way to advance."""
