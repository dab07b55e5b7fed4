"""The piece of steel that one unit hands to the next: billet, bar, coil; a record, so that handing over is a copy.

Roundness: 0 is rectangular (thickness by width by length), 1 is round (thickness is the diameter, width the same).
"""

import numpy as np

GRADES = 6
GRADE_LABELS = ("C15", "C20", "C45", "B10", "S355", "42CrMo4")
RECTANGULAR, ROUND = 0.0, 1.0

PIECE = np.dtype(
    [
        (name, "f8")
        for name in (
            "number",  # 1
            "grade",  # index into GRADE_LABELS
            "roundness",  # 0 rectangular, 1 round
            "thickness",  # m
            "width",  # m
            "length",  # m
            "mass",  # kg
            "temperature",  # K, mean
            "surface_temperature",  # K
            "core_temperature",  # K
            "skid_difference",  # K, between skids minus over a skid
            "scale",  # m, thickness of the scale layer
            "decarburised_depth",  # m
            "grain_size",  # m, austenite
            "retained_strain",  # 1
            "target_temperature",  # K, wanted at the furnace exit
            "charge_time",  # s
            "charge_temperature",  # K
            "discharge_time",  # s
        )
    ],
    align=True,
)
