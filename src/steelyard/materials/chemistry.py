"""Chemistry of the grades that pieces are made of (GRADE_LABELS of `materials.piece`), for kernels and for people.

Typical analyses within the standards named in `SOURCES`; where a standard gives only an upper limit, an assumed usual
content. The analysis of a real heat differs; replace the row to model one. Other elements are taken as absent.
"""

from steelyard.engine.kernel import kernel
from steelyard.errors import ValidityError
from steelyard.materials.piece import GRADE_LABELS

ELEMENTS = ("C", "Si", "Mn", "Ni", "Cr", "Mo", "V")
CARBON, SILICON, MANGANESE, NICKEL, CHROMIUM, MOLYBDENUM, VANADIUM = range(7)

_PERCENT = (
    (0.15, 0.20, 0.45, 0.0, 0.0, 0.0, 0.0),
    (0.20, 0.20, 0.55, 0.0, 0.0, 0.0, 0.0),
    (0.45, 0.25, 0.70, 0.0, 0.0, 0.0, 0.0),
    (0.10, 0.10, 0.45, 0.0, 0.0, 0.0, 0.0),
    (0.17, 0.30, 1.40, 0.0, 0.0, 0.0, 0.0),
    (0.42, 0.25, 0.75, 0.0, 1.05, 0.22, 0.0),
)
SOURCES = {
    "C15": "EN 10084 C15E, middle of C 0.12-0.18, Mn 0.30-0.60; Si <= 0.40, assumed 0.20",
    "C20": "EN 10083-2 C22E, middle of C 0.17-0.24, Mn 0.40-0.70; Si <= 0.40, assumed 0.20",
    "C45": "as grades.toml; EN 10083-2 C45E: C 0.42-0.50, Mn 0.50-0.80, Si <= 0.40",
    "B10": "assumed: plain steel of 0.10 % C; the records of the rod mill name the grade without an analysis",
    "S355": "as grades.toml; EN 10025-2 S355J2: C <= 0.20, Mn <= 1.60, Si <= 0.55",
    "42CrMo4": "EN 10083-3, middle of C 0.38-0.45, Mn 0.60-0.90, Cr 0.90-1.20, Mo 0.15-0.30; Si <= 0.40, assumed 0.25",
}
"""Where each row is from."""


@kernel
def content(grade, element):
    """Return the mass fraction of an element (its index in ELEMENTS) in a grade (its index in GRADE_LABELS).

    An index outside the table takes the nearest grade.

    >>> round(content(2.0, CARBON), 4), round(content(5.0, CHROMIUM), 4)
    (0.0045, 0.0105)
    """
    row = min(max(int(grade), 0), len(_PERCENT) - 1)
    return 0.01 * _PERCENT[row][element]


def composition(name: str) -> dict[str, float]:
    """Return the mass fractions by element symbol of a grade; ValidityError when the table does not have it.

    >>> composition("C45")["Mn"]
    0.007
    """
    if name not in GRADE_LABELS:
        raise ValidityError(f"there is no chemistry of grade {name!r}; known are: {', '.join(GRADE_LABELS)}")
    row = _PERCENT[GRADE_LABELS.index(name)]
    return {element: round(0.01 * percent, 8) for element, percent in zip(ELEMENTS, row, strict=True)}
