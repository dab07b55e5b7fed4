"""Studies made of trials and records."""
