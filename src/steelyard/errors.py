"""The errors every room raises. A text says what is wrong, where, and how to mend it."""


class SteelyardError(Exception):
    """Anything a user can mend; the command line prints it as one message and exits with code 2."""


class UnitError(SteelyardError):
    """A unit is unknown, or two units do not measure the same quantity."""


class ParameterError(SteelyardError):
    """A parameter is missing, has no source, or lies outside its declared range."""


class ValidityError(SteelyardError):
    """A law was asked outside the range in which its source holds."""


class SignalError(SteelyardError):
    """A signal does not exist, or may not be written."""


class DataError(SteelyardError):
    """A data file, data set or saved result cannot be read as what it claims to be."""


class SolutionError(SteelyardError):
    """A solution broke the contract: it crashed, hung, or answered nonsense."""


class AccessError(SteelyardError):
    """Somebody on the wire may not do this: no right, no lease, or not who it says it is."""


class LeaseError(AccessError):
    """Somebody else holds the lease of the role just now: wait, or let it be released."""


class TooManyError(AccessError):
    """Too many failed logins from there: wait, then try again."""
