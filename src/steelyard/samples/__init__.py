"""Sample records shipped with the package. All of them are synthetic."""
