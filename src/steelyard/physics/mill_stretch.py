"""The stand as a spring: gaugemeter equation and what it does with disturbances.

**Model** The stand yields linearly, h = S + F/M; the bar resists linearly, F rises by Q per thickness taken off more.
**Holds** small changes about a pass. **Source** Roberts, Hot Rolling of Steel (1983), from memory; linear algebra.
**Checked** validation case V30.
"""

from steelyard.engine.kernel import kernel


@kernel
def gaugemeter_thickness(screw, force, mill_modulus):
    """Return the exit thickness [m]: h = S + F/M; screw: gap without load [m], force [N], mill_modulus [N/m].

    >>> round(1e3 * gaugemeter_thickness(0.010, 1e6, 5e9), 3)
    10.2
    """
    return screw + force / mill_modulus


@kernel
def exit_change_by_entry(change, mill_modulus, strip_modulus):
    """Return the change of exit thickness [m] by a change of entry thickness [m]: ΔH·Q/(M + Q); moduli [N/m].

    >>> round(1e3 * exit_change_by_entry(0.1e-3, 5e9, 10e9), 4)
    0.0667
    """
    return change * strip_modulus / (mill_modulus + strip_modulus)


@kernel
def exit_change_by_screw(change, mill_modulus, strip_modulus):
    """Return the change of exit thickness [m] by the screw or by an eccentric roll [m]: ΔS·M/(M + Q); moduli [N/m].

    >>> round(1e3 * exit_change_by_screw(0.1e-3, 5e9, 10e9), 4)
    0.0333
    """
    return change * mill_modulus / (mill_modulus + strip_modulus)


@kernel
def exit_change_by_hardness(force_change, mill_modulus, strip_modulus):
    """Return the change of exit thickness [m] when the bar resists by `force_change` [N] more: ΔF/(M + Q).

    >>> round(1e3 * exit_change_by_hardness(1.5e6, 5e9, 10e9), 3)
    0.1
    """
    return force_change / (mill_modulus + strip_modulus)


@kernel
def force_change(entry_change, exit_change, resistance_change, strip_modulus):
    """Return the change of roll force [N]: Q·(ΔH − Δh) + ΔF of the bar's resistance at constant draught.

    So a harder bar raises force and exit thickness together, an eccentric roll moves them in opposite directions.

    >>> round(force_change(0.0, 0.0001, 1.5e6, 10e9))
    500000
    """
    return strip_modulus * (entry_change - exit_change) + resistance_change
