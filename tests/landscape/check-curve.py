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
        above = m - (1 - ts) * m[0] - ts * m[-1]
        check(name + "_min", m.min())
        check(name + "_max", m.max())
        check(name + "_avg", m.mean())
        check(name + "_mean", np.trapz(m, ts))
        check(name + "_int", np.trapz(m, arc) / arc[-1])
        # the reference code integrates over the chords between grid points, which are a little shorter than the arc
        check(name + "_int", np.sum(0.5 * (m[1:] + m[:-1]) * dl[1:]) / np.sum(dl[1:]), 1e-2)
        check(name + "_t_min", ts[m.argmin()])
        check(name + "_t_max", ts[m.argmax()])
        check(name + "_barrier_mean", m.max() - (m[0] + m[-1]) / 2)
        check(name + "_barrier_line", above.max())
        check(name + "_barrier_end", m.max() - max(m[0], m[-1]))
    check(prefix + "_acc", 100 - f[prefix + "_err"])
check("length", arc[-1], 1e-9)
check("length_ratio", f["length"] / f["chord"])
if not (f["done"].all() and dl[0] == 0 and (dl[1:] <= np.diff(arc) * (1 + 1e-9)).all()):
    wrong.append("done, dl or arc")
if abs(f["from_start"][-1] - f["chord"]) > 1e-9 * f["chord"] or f["from_start"][0] != 0:
    wrong.append("from_start")
print("\n".join(wrong) or "all agree")
sys.exit(1 if wrong else 0)
