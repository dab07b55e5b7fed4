"""State of a heat from its dips: a Kalman filter over a mixture, because dips fail and ladles surprise.

**Model** per heat, beside the deterministic path m(t) of the kernel: the deviation x0 of the bath [K] at the dip, the
deviation of the lining's hot face x1 [K] and of the relative arc efficiency x2 — all Gaussian on arrival, x0 carried
by the kernel's sensitivities (x0' = rho x0 + dl x1 + de x2 + process noise). Each interval may hold a *jump* (an event
nobody recorded), each dip may be *doubtful* (probe in slag, stratified bath): 2 x 2 hypotheses per dip, the best five
components are kept, the rest merged into a sixth by moments. A dip that was repeated within 90 s is doubtful with
its own probability: that is why the operator repeated it. Whether a dip is repeated is known only when the next one is
taken: it enters what is carried to that next dip; the forecast of the dip itself and the state at its time weigh both
answers with the shares of the calibration (`repeated`, `repeated_first`).
**Gives** the exact one-step marginal likelihood up to the merging, predictive quantiles, the filtered state.
**Source** Bar-Shalom, Li & Kirubarajan, *Estimation with Applications to Tracking and Navigation* (2001), ch. 11
(Gaussian sums, moment matching); numbers fitted to records. **Checked** tests/twin/test_mixture.py
"""

import math

import numpy as np

from steelyard.engine.kernel import kernel

COMPONENTS = 6
HYPOTHESES = 4
HYPER = (
    "arrival_spread", "lining_spread", "efficiency_spread", "correlation", "walk", "walk_energy", "walk_mass",
    "walk_event", "noise_first", "noise_second", "noise", "doubt", "doubt_spread", "doubt_first", "doubt_first_spread",
    "doubt_repeated", "jump", "jump_spread", "jump_first",
)  # fmt: skip
SHARES = ("repeated", "repeated_first")
HYPER_RECORD = np.dtype([(name, "f8") for name in HYPER + SHARES])
NO, YES, UNKNOWN = 0, 1, 2
PROBABILITIES = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
TINY = 1e-300
LIQUID = 0.5


@kernel
def normal_below(z):
    """Return the probability that a standard normal number is below z."""
    return 0.5 * math.erfc(-z * 0.7071067811865476)


@kernel
def mixture_quantile(weight, centre, spread, n, p):
    """Return the p-quantile of a mixture of n Gaussians (bisection, 50 halvings)."""
    low, high = 1e9, -1e9
    for i in range(n):
        low = min(low, centre[i] - 6.0 * spread[i])
        high = max(high, centre[i] + 6.0 * spread[i])
    for _ in range(50):
        middle = 0.5 * (low + high)
        below = 0.0
        for i in range(n):
            below += weight[i] * normal_below((middle - centre[i]) / spread[i])
        if below < p:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


@kernel
def _carry(s, rho, lining, efficiency, noise, out):
    """Carry one component (x0 x1 x2 P00 P01 P02 P11 P12 P22) over an interval; `noise` is a variance [K²]."""
    p01 = rho * s[4] + lining * s[6] + efficiency * s[7]
    p02 = rho * s[5] + lining * s[7] + efficiency * s[8]
    out[0] = rho * s[0] + lining * s[1] + efficiency * s[2]
    out[1], out[2], out[6], out[7], out[8] = s[1], s[2], s[6], s[7], s[8]
    out[3] = rho * (rho * s[3] + lining * s[4] + efficiency * s[5]) + lining * p01 + efficiency * p02 + noise
    out[4], out[5] = p01, p02


@kernel
def _correct(s, extra, r, variance, out):
    """Correct a component with the innovation r [K]; `extra` adds to its P00; `variance` is the dip's [K²]."""
    p00 = s[3] + extra
    total = p00 + variance
    g0, g1, g2 = p00 / total, s[4] / total, s[5] / total
    out[0], out[1], out[2] = s[0] + g0 * r, s[1] + g1 * r, s[2] + g2 * r
    out[3], out[4], out[5] = p00 - g0 * p00, s[4] - g0 * s[4], s[5] - g0 * s[5]
    out[6], out[7], out[8] = s[6] - g1 * s[4], s[7] - g1 * s[5], s[8] - g2 * s[5]


@kernel
def _observe(S, W, k, carry, jump, jump_variance, doubt, variance, doubtful, deviation, NS, NW, comp, tmp):
    """Expand k components by jump and doubt and weigh them with the dip; return (count, density, inlier density).

    `carry` = (rho, lining, efficiency, noise); `deviation` is dip minus path; `comp` (HYPOTHESES·COMPONENTS, 3) gets
    the predictive mixture: weight, centre (deviation), spread of the dip.
    """
    count, density, good = 0, 0.0, 0.0
    for q in range(k):
        _carry(S[q], carry[0], carry[1], carry[2], carry[3], tmp)
        for a in range(2):
            for b in range(2):
                w = W[q] * (jump if a else 1.0 - jump) * (doubt if b else 1.0 - doubt)
                if w < 1e-9:
                    continue
                extra = jump_variance if a else 0.0
                noise = doubtful if b else variance
                total = tmp[3] + extra + noise
                r = deviation - tmp[0]
                likelihood = w * math.exp(-0.5 * r * r / total) / math.sqrt(total)
                comp[count, 0], comp[count, 1], comp[count, 2] = w, tmp[0], math.sqrt(total)
                _correct(tmp, extra, r, noise, NS[count])
                NW[count] = likelihood + TINY
                density += likelihood + TINY
                if b == 0:
                    good += likelihood
                count += 1
    return count, density, good


@kernel
def _merge(NS, NW, first, count, tmp):
    """Merge components first … count-1 into `first` by moments."""
    weight = 0.0
    for q in range(first, count):
        weight += NW[q]
    tmp[:] = 0.0
    for i in range(3):
        for q in range(first, count):
            tmp[i] += NW[q] * NS[q, i] / weight
    for q in range(first, count):
        u = NW[q] / weight
        d0, d1, d2 = NS[q, 0] - tmp[0], NS[q, 1] - tmp[1], NS[q, 2] - tmp[2]
        tmp[3] += u * (NS[q, 3] + d0 * d0)
        tmp[4] += u * (NS[q, 4] + d0 * d1)
        tmp[5] += u * (NS[q, 5] + d0 * d2)
        tmp[6] += u * (NS[q, 6] + d1 * d1)
        tmp[7] += u * (NS[q, 7] + d1 * d2)
        tmp[8] += u * (NS[q, 8] + d2 * d2)
    NS[first, :] = tmp
    NW[first] = weight


@kernel
def _reduce(NS, NW, count, density, S, W, tmp):
    """Keep the heaviest components, merge the rest; return how many are left."""
    for q in range(count):
        NW[q] /= density
    kept = min(count, COMPONENTS)
    for q in range(kept):
        best = q
        for z in range(q + 1, count):
            if NW[z] > NW[best]:
                best = z
        if best != q:
            NW[q], NW[best] = NW[best], NW[q]
            for i in range(9):
                NS[q, i], NS[best, i] = NS[best, i], NS[q, i]
    if count > COMPONENTS:
        _merge(NS, NW, COMPONENTS - 1, count, tmp)
    for q in range(kept):
        S[q, :] = NS[q]
        W[q] = NW[q]
    return kept


@kernel
def _walk(hyper, minutes, energy, mass, events):
    """Return the process noise of an interval [K²]: minutes, MWh, kg added, and unseen events."""
    return (
        hyper.walk**2 * minutes + (hyper.walk_energy * energy) ** 2 + (hyper.walk_mass * mass) ** 2
        + hyper.walk_event**2 * events
    )  # fmt: skip


@kernel
def _arrive(hyper, S, W, by):
    """Set the one component of a ladle on arrival, seen at the first dip with sensitivities `by` (3,)."""
    a, b, e = hyper.arrival_spread, hyper.lining_spread, hyper.efficiency_spread
    c = hyper.correlation * a * b
    S[0, 0], S[0, 1], S[0, 2] = 0.0, 0.0, 0.0
    S[0, 3] = (by[0] * a) ** 2 + (by[1] * b) ** 2 + (by[2] * e) ** 2 + 2.0 * by[0] * by[1] * c
    S[0, 4], S[0, 5] = by[1] * b * b + by[0] * c, by[2] * e * e
    S[0, 6], S[0, 7], S[0, 8] = b * b, 0.0, e * e
    W[0] = 1.0


@kernel
def _spreads(hyper, dip, repeated):
    """Return (variance, probability of doubt, variance when doubtful) of dip number `dip` of a heat; `repeated` is NO,
    YES or UNKNOWN (the next dip is still to come)."""
    noise = hyper.noise_first if dip == 0 else (hyper.noise_second if dip == 1 else hyper.noise)
    doubt = hyper.doubt_first if dip == 0 else hyper.doubt
    spread = hyper.doubt_first_spread if dip == 0 else hyper.doubt_spread
    share = hyper.repeated_first if dip == 0 else hyper.repeated
    if repeated == YES:
        share = 1.0
    elif repeated == NO:
        share = 0.0
    doubt = (1.0 - share) * doubt + share * hyper.doubt_repeated
    return noise * noise, doubt, spread * spread


@kernel
def _look_ahead(hyper, carry, minutes, deviation, k, work):
    """Predict the last dip from k components of the first: return (count, density); the work space gets the mixture."""
    S, W, NS, NW, comp, tmp = work
    jump = 1.0 - (1.0 - hyper.jump_first) * (1.0 - hyper.jump) ** (minutes / 8.0)
    count, density, _ = _observe(
        S, W, k, carry, jump, hyper.jump_spread**2, hyper.doubt, hyper.noise**2, hyper.doubt_spread**2,
        deviation, NS, NW, comp, tmp,
    )  # fmt: skip
    return count, density


@kernel
def _interval(hyper, before, after, minutes, energy, mass, carry):
    """Fill `carry` for an interval between two dips with sensitivities before and after (3,).

    Where the replayed steel has begun to freeze (an unrecorded stay of hours) its sensitivities say nothing: the
    deviation is then carried as it is.
    """
    carry[0], carry[1], carry[2] = 1.0, 0.0, 0.0
    if before[0] > LIQUID and after[0] > LIQUID:
        carry[0] = after[0] / before[0]
        carry[1], carry[2] = after[1] - carry[0] * before[1], after[2] - carry[0] * before[2]
    carry[3] = _walk(hyper, minutes, energy, mass, 1.0 - math.exp(-minutes))


@kernel
def _quantiles(path, comp, count, row):
    """Write the quantiles of a predictive mixture of `count` components around `path` [K] into row (5,)."""
    for z in range(5):
        row[z] = path + mixture_quantile(comp[:, 0], comp[:, 1], comp[:, 2], count, PROBABILITIES[z])


@kernel
def _final(hyper, h, a, b, seen, ends, full, final_log, final_q, final_mix, work):
    """Predict the last dip of heat h from its first alone, not knowing whether or when others were taken between."""
    _, reading, _, time, energy, mass = seen
    path, by = ends
    S, W, NS, NW, comp, tmp = work
    carry = np.zeros(4)
    carry[0] = 1.0
    variance, doubt, doubtful = _spreads(hyper, 0, UNKNOWN)
    first = reading[a] - path[a]
    count, density, _ = _observe(S, W, 1, carry, 0.0, 0.0, doubt, variance, doubtful, first, NS, NW, comp, tmp)
    k = _reduce(NS, NW, count, density, S, W, tmp)
    e = b - 1
    minutes = time[e] - time[a]
    _interval(hyper, by[a], by[e], minutes, energy[e] - energy[a], mass[e] - mass[a], carry)
    count, density = _look_ahead(hyper, carry, minutes, reading[e] - path[e], k, work)
    final_log[h] = math.log(density)
    if full:
        _quantiles(path[e], comp, count, final_q[h])
        final_mix[h, :, 0], final_mix[h, :, 1], final_mix[h, :, 2] = 0.0, path[e], 1.0
        for z in range(count):
            final_mix[h, z, 0], final_mix[h, z, 1], final_mix[h, z, 2] = comp[z, 0], path[e] + comp[z, 1], comp[z, 2]


@kernel
def _foresee(hyper, dip, path, deviation, k, carry, jump, row, state, work):
    """Write the forecast of one dip into row (5,) and the state at its time into state (3,), before anyone can know
    whether it will be repeated; `deviation` is the dip minus `path` and touches the state alone."""
    S, W, NS, NW, comp, tmp = work
    variance, doubt, doubtful = _spreads(hyper, dip, UNKNOWN)
    count, density, good = _observe(
        S, W, k, carry, jump, hyper.jump_spread**2, doubt, variance, doubtful, deviation, NS, NW, comp, tmp
    )
    _quantiles(path, comp, count, row)
    _note(NS, NW, count, density, state)
    state[2] = good / density


@kernel
def filter_heats(offset, seen, ends, repeated, hyper, full, logs, quantiles, final_mix, state):
    """Filter all heats; dips of heat h are offset[h] … offset[h+1]-1.

    seen = (path, reading [K], by, time [min], energy [MWh], mass [kg]), each (dips,) and cumulated from the heat's
    start; by (dips, 3): sensitivities to arrival temperature, hot face, relative efficiency. ends = (path, by) of
    replays that know of no dip but the first and the last. Fills logs = (dips,), (heats,): log densities of each dip
    and of its being repeated or not given those before, of the last given the first (constants left out): for fitting
    only. When `full`: quantiles = (dips, 5), (heats, 5), the mixture final_mix (heats, 8, 3) and state (dips, 3):
    filtered deviation, its spread, probability of a good dip. These of a dip use nothing later than the dip.
    """
    path, reading, by, time, energy, mass = seen
    S, W = np.zeros((COMPONENTS, 9)), np.zeros(COMPONENTS)
    NS, NW = np.zeros((COMPONENTS * HYPOTHESES, 9)), np.zeros(COMPONENTS * HYPOTHESES)
    comp, tmp, carry = np.zeros((COMPONENTS * HYPOTHESES, 3)), np.zeros(9), np.zeros(4)
    work = (S, W, NS, NW, comp, tmp)
    for h in range(len(offset) - 1):
        a, b = offset[h], offset[h + 1]
        _arrive(hyper, S, W, ends[1][a])
        _final(hyper, h, a, b, seen, ends, full, logs[1], quantiles[1], final_mix, work)
        _arrive(hyper, S, W, by[a])
        k, jump = 1, 0.0
        carry[0], carry[1], carry[2], carry[3] = 1.0, 0.0, 0.0, 0.0
        for j in range(a, b):
            if j > a:
                minutes = time[j] - time[j - 1]
                _interval(hyper, by[j - 1], by[j], minutes, energy[j] - energy[j - 1], mass[j] - mass[j - 1], carry)
                jump = (hyper.jump_first if j == a + 1 else hyper.jump) * (1.0 - math.exp(-minutes / 3.0))
            deviation = reading[j] - path[j]
            if full:
                _foresee(hyper, j - a, path[j], deviation, k, carry, jump, quantiles[0][j], state[j], work)
            variance, doubt, doubtful = _spreads(hyper, j - a, YES if repeated[j] else NO)
            count, density, _ = _observe(
                S, W, k, carry, jump, hyper.jump_spread**2, doubt, variance, doubtful, deviation, NS, NW, comp, tmp
            )
            logs[0][j] = math.log(density)
            k = _reduce(NS, NW, count, density, S, W, tmp)


@kernel
def _note(NS, NW, count, density, row):
    """Write mean and spread of the filtered deviation of weighed components into row[0], row[1]."""
    mean, square = 0.0, 0.0
    for q in range(count):
        mean += NW[q] / density * NS[q, 0]
    for q in range(count):
        square += NW[q] / density * (NS[q, 3] + (NS[q, 0] - mean) ** 2)
    row[0], row[1] = mean, math.sqrt(square)
