"""The gate house: puts a live works, its record and its protocols together, and takes them apart again."""
