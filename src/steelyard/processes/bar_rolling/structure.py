"""Austenite between passes: recrystallisation, retained strain, grain size."""

from math import exp, log

from steelyard.engine.kernel import kernel

GAS = 8.314462618


@kernel
def soften(bar, strain_rate, seconds):
    """Let `bar` recrystallise for `seconds` at its mean temperature; return the recrystallised share."""
    if seconds <= 0.0 or bar.retained_strain < 0.01:
        return 0.0
    temperature = bar.ring[3]
    d = 1e6 * bar.grain_size
    e = bar.retained_strain
    half = 2.3e-15 * e**-2.5 * d * d * exp(230e3 / (GAS * temperature))
    share = 1.0 - exp(-log(2.0) * seconds / half)
    new = 343.0 * e**-0.5 * d**0.4 * exp(-45e3 / (GAS * temperature))
    bar.retained_strain = e * (1.0 - share)
    bar.grain_size = 1e-6 * (new * share ** (4.0 / 3.0) + d * (1.0 - share) ** 2)
    return share
