"""The walking-beam reheating furnace."""
