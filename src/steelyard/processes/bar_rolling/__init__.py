"""Hot rolling of bar and rod: reversing stand and continuous train."""
