"""Austenite between passes: recrystallisation, retained strain, grain size (physics/recrystallisation.py)."""

from steelyard.engine.kernel import kernel
from steelyard.physics.recrystallisation import after_pause
from steelyard.processes.bar_rolling.thermal import mean_temperature


@kernel
def soften(bar, strain_rate, pass_temperature, seconds):
    """Let `bar` recrystallise and grow for `seconds`; return the recrystallised share.

    bar: its grain size is that before the last pass, its retained strain includes that pass; changed to those after the
    pause. strain_rate [1/s] and pass_temperature [K]: of the last pass; the pause is taken at the bar's mean now.
    """
    before = bar.retained_strain
    if seconds <= 0.0 or before <= 0.0:
        return 0.0
    temperature = 0.5 * (pass_temperature + mean_temperature(bar))
    grain, retained = after_pause(bar.grain_size, before, strain_rate, pass_temperature, temperature, seconds)
    bar.grain_size, bar.retained_strain = grain, retained
    return 1.0 - retained / before
