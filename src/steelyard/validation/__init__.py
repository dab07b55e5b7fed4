"""Published cases against which the laws and the houses are checked."""
