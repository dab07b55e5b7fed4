"""Modbus TCP: the signals of a works as registers, after a map that follows from the declarations."""
