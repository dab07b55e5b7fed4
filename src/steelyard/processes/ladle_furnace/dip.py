"""The temperature dip: a probe in the upper bath, noisy, sometimes misleading, sometimes without a reading."""

import math

from steelyard.engine.kernel import kernel


@kernel
def take_dip(unit, noise, luck, dt):
    """Take a dip when asked; show it after its duration; some fail."""
    p, u, x, y = unit.p, unit.u, unit.x, unit.y
    y.dip_age += dt
    if u.dip_request > 0.5 and x.dip_pending < 0.0:
        x.dip_pending = p.dip_duration
        u.dip_request = 0.0
    if x.dip_pending < 0.0:
        return
    x.dip_pending -= dt
    if x.dip_pending > 0.0:
        return
    x.dip_pending = -1.0
    if luck < p.dip_failure:
        y.failed_dips += 1.0
        return
    spread = math.sqrt(p.dip_noise**2 + (p.dip_noise_unmixed * x.unmixed) ** 2)
    misleading = p.dip_outlier_share + p.dip_outlier_share_unmixed * x.unmixed
    if luck > 1.0 - misleading * (1.0 - p.dip_failure):
        spread = math.sqrt(spread**2 + p.dip_outlier_spread**2)
    y.dip_temperature = x.steel_temperature + x.stratification + p.dip_bias + p.dip_sign * spread * noise
    y.dip_count += 1.0
    y.dip_age = 0.0
