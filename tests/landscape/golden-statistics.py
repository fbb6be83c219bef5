#!/usr/bin/env python3
"""Prints golden-statistics.h: what NumPy makes of a curve measured on an uneven grid.
Run: python3 golden-statistics.py > golden-statistics.h"""
import numpy as np

points = 13
t = np.sort(np.concatenate([np.linspace(0, 1, points), [0.31, 0.777]]))
arc = np.cumsum(np.concatenate([[0], np.diff(t) * (1 + np.cos(5 * t[1:]) ** 2) * 40]))
rows = {
    "hill": 0.2 + 1.3 * np.exp(-((t - 0.42) / 0.2) ** 2) + 0.3 * t,  # a wall between unequal ends
    "valley": 1.1 - 0.8 * np.sin(np.pi * t) + 0.1 * t,               # both barriers from the ends are negative
    "slope": 2 - 1.5 * t,                                            # a straight line: no barrier_line
    "flat": np.full_like(t, 0.75),
}


def array(name, values):
    print("static const double golden_%s[GOLDEN_POINTS] = {%s};" % (name, ", ".join(repr(float(v)) for v in values)))


def trapezoid(x, m):
    return float(np.trapz(m, x) / (x[-1] - x[0]))


print("/* Made by golden-statistics.py with NumPy. */")
print("/* clang-format off */")
print("enum { GOLDEN_POINTS = %d };" % len(t))
array("t", t)
array("arc", arc)
for name, m in rows.items():
    array(name, m)
print("/* min, max, mean, integral, average, t_min, t_max, start, end, barrier_mean, barrier_line, barrier_end, t_line */")
for name, m in rows.items():
    above = m - (1 - t) * m[0] - t * m[-1]
    s = [m.min(), m.max(), trapezoid(t, m), trapezoid(arc, m), m.mean(), t[m.argmin()], t[m.argmax()], m[0], m[-1],
         m.max() - (m[0] + m[-1]) / 2, above.max(), m.max() - max(m[0], m[-1]), t[above.argmax()]]
    print("static const double golden_%s_statistics[13] = {%s};" % (name, ", ".join(repr(float(v)) for v in s)))
