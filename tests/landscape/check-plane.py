#!/usr/bin/env python3
"""check-plane.py PLANE.npz W1 W2 W3 CURVE...: recomputes the frame of a plane from the weights files (safetensors) by the
paper's definition, with NumPy, and looks at the arrays as the reference code's plane_plot.py does. CURVE: the control
points of the Bezier curve that is projected. Exit status 0: all agree; 1: not; 77: there is no NumPy."""
import json
import struct
import sys

try:
    import numpy as np
except ImportError:
    sys.exit(77)


def weights(path):
    """All parameters in file order; batch-norm statistics are none."""
    with open(path, "rb") as f:
        (size,) = struct.unpack("<Q", f.read(8))
        header = json.loads(f.read(size))
        body = f.read()
    header.pop("__metadata__", None)
    parts = []
    for name, t in sorted(header.items(), key=lambda item: item[1]["data_offsets"][0]):
        if t["dtype"] == "F32" and not name.endswith(("running_mean", "running_var")):
            parts.append(np.frombuffer(body[t["data_offsets"][0]:t["data_offsets"][1]], "<f4"))
    return np.concatenate(parts).astype(np.float64)


f = np.load(sys.argv[1])
w = [weights(path) for path in sys.argv[2:5]]
curve = [weights(path) for path in sys.argv[5:]]
u = w[1] - w[0]
dx = np.linalg.norm(u)
u /= dx
v = w[2] - w[0]
v -= np.dot(u, v) * u
dy = np.linalg.norm(v)
v /= dy
wrong = []


def check(name, got, wanted, tolerance=1e-7):
    if np.shape(got) != np.shape(wanted) or not np.allclose(got, wanted, rtol=tolerance, atol=tolerance * dx):
        wrong.append("%s: %r, not %r" % (name, got, wanted))


def xy(p):
    return np.array([np.dot(p - w[0], u), np.dot(p - w[0], v)])


G = len(f["alphas"])
check("width, height", [f["width"], f["height"]], [dx, dy])
check("grid", f["grid"], [[[a * dx, b * dy] for b in f["betas"]] for a in f["alphas"]])
check("corners", f["corner_coordinates"], [xy(p) for p in w])
if curve:
    n = len(curve) - 1
    check("bends", f["bend_coordinates"], [xy(p) for p in curve])
    binomial = [1.0]
    for i in range(n):
        binomial.append(binomial[-1] * (n - i) / (i + 1))
    points = [sum(b * t ** i * (1 - t) ** (n - i) * p for i, (b, p) in enumerate(zip(binomial, curve))) for t in f["ts"]]
    check("curve", f["curve_coordinates"], [xy(p) for p in points], 1e-6)  # w(t) is rounded to float32
    off = [np.linalg.norm(p - w[0] - xy(p)[0] * u - xy(p)[1] * v) for p in points]
    check("curve's distance", f["curve_distance"], off, 1e-5)
for split in ("tr", "te"):
    for measure in ("loss", "nll", "acc", "err"):
        m = f[split + "_" + measure]
        if m.shape != (G, G) or not np.isfinite(m).all():
            wrong.append(split + "_" + measure)
    check(split + "_acc", f[split + "_acc"], 100 - f[split + "_err"])
    # the loss has 0.5 * weight decay * |w|^2 in it, with one weight decay everywhere
    share = (f[split + "_loss"] - f[split + "_nll"]).ravel()
    norms = np.array([np.sum((w[0] + x * u + y * v) ** 2) for x, y in f["grid"].reshape(-1, 2)])
    check(split + " regulariser", share / share[0], norms / norms[0], 1e-5)
print("\n".join(wrong) or "all agree")
sys.exit(1 if wrong else 0)
