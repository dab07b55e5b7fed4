"""Laws as pure functions: SI in, SI out, cited."""
