"""Steelyard: a virtual steel works on which digital solutions are weighed before they touch a real one."""

__version__ = "0.1.0"
