#!/usr/bin/env python3
"""check-curve.py FILE: recomputes what a curve.npz says of its measures from its arrays alone, by the definitions, with
NumPy. Exit status 0: all agree; 1: not; 77: there is no NumPy."""
import sys

try:
    import numpy as np
except ImportError:
    sys.exit(77)

f = np.load(sys.argv[1])
ts, dl, arc = f["ts"], f["dl"], f["arc"]
wrong = []


def check(name, wanted, tolerance=1e-12):
    if not np.allclose(f[name], wanted, rtol=tolerance, atol=1e-13):
        wrong.append("%s: %r, not %r" % (name, f[name], wanted))


for prefix in ("tr", "va", "te"):
    if prefix + "_loss" not in f:
        continue
    for measure in ("loss", "nll", "err"):
        name = prefix + "_" + measure
        m = f[name]
        all_t = np.concatenate([ts, f["refined_ts"]])
        every = np.concatenate([m, f["refined_" + name]])
        above = every - (1 - all_t) * m[0] - all_t * m[-1]
        check(name + "_min", every.min())
        check(name + "_max", every.max())
        check(name + "_grid_max", m.max())
        check(name + "_avg", m.mean())
        check(name + "_mean", np.trapz(m, ts))
        check(name + "_int", np.trapz(m, arc) / arc[-1])
        # the reference code integrates over the chords between grid points, which are a little shorter than the arc
        check(name + "_int", np.sum(0.5 * (m[1:] + m[:-1]) * dl[1:]) / np.sum(dl[1:]), 1e-2)
        check(name + "_t_min", all_t[every.argmin()])
        check(name + "_t_max", all_t[every.argmax()])
        check(name + "_barrier_mean", every.max() - (m[0] + m[-1]) / 2)
        check(name + "_t_line", all_t[above.argmax()])
        check(name + "_barrier_line", above.max())
        check(name + "_barrier_end", every.max() - max(m[0], m[-1]))
    if prefix + "_pair_err" in f:
        # at t = 0 the pair is the start with itself; both disagreements are 0 at their own end, and the same at the other
        start, end = f[prefix + "_disagree_start"], f[prefix + "_disagree_end"]
        check(prefix + "_pair_err", np.r_[f[prefix + "_err"][0], f[prefix + "_pair_err"][1:]])
        # judged on float32 probabilities, the measures on logits in double: 6e-8 of a probability apart
        check(prefix + "_pair_nll", np.r_[f[prefix + "_nll"][0], f[prefix + "_pair_nll"][1:]], 1e-5)
        if start[0] != 0 or end[-1] != 0 or start[-1] != end[0]:
            wrong.append("disagreement at the ends")
        # -log is convex: the pair's nll is at most the mean of the two's
        if (f[prefix + "_pair_nll"] > (f[prefix + "_nll"] + f[prefix + "_nll"][0]) / 2 + 1e-5).any():
            wrong.append(prefix + "_pair_nll")
    check(prefix + "_acc", 100 - f[prefix + "_err"])
check("length", arc[-1], 1e-9)
check("length_ratio", f["length"] / f["chord"])
if not (f["done"].all() and dl[0] == 0 and (dl[1:] <= np.diff(arc) * (1 + 1e-9)).all()):
    wrong.append("done, dl or arc")
if f["length"] < f["chord"] * (1 + 1e-12):
    # on a line |w|^2 is a parabola through those of the ends that the chord bends
    a, b, c = f["norm"][0], f["norm"][-1], f["chord"]
    check("norm", np.sqrt((1 - ts) * a ** 2 + ts * b ** 2 - ts * (1 - ts) * c ** 2), 1e-6)  # w(t) is float32
if abs(f["from_start"][-1] - f["chord"]) > 1e-9 * f["chord"] or f["from_start"][0] != 0:
    wrong.append("from_start")
print("\n".join(wrong) or "all agree")
sys.exit(1 if wrong else 0)
