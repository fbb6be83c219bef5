#!/usr/bin/env python3
"""reference-names.py plane|curve FILE: does a file carry every array that scripts written for the reference code's file of
that name read (github.com/timgaripov/dnn-mode-connectivity: what plane.py and eval_curve.py save), in its shape? And a plane:
is it drawn as plane_plot.py draws it, with matplotlib? Exit status 0: yes; 1: no; 77: there is no NumPy; a plane whose file is
right, but without matplotlib: 77 too."""
import sys

try:
    import numpy as np
except ImportError:
    sys.exit(77)

kind, file = sys.argv[1:3]
f = np.load(file)
wrong = []


def has(name, *shape):
    if name not in f:
        wrong.append("there is no " + name)
    elif f[name].shape != shape or f[name].dtype != np.float64:
        wrong.append("%s: %s of %s, not %s of doubles" % (name, f[name].shape, f[name].dtype, shape))


T = len(f["ts"])
has("ts", T)
if kind == "curve":
    has("dl", T)
    for split in ("tr", "te"):
        has(split + "_acc", T)
        for measure in ("loss", "nll", "err"):
            has("%s_%s" % (split, measure), T)
            for statistic in ("min", "max", "avg", "int"):
                has("%s_%s_%s" % (split, measure, statistic))
else:
    G = len(f["alphas"])
    has("alphas", G)
    has("betas", G)
    has("grid", G, G, 2)
    has("curve_coordinates", T, 2)
    has("bend_coordinates", 3, 2)
    for split in ("tr", "te"):
        for measure in ("loss", "nll", "acc", "err"):
            has("%s_%s" % (split, measure), G, G)
    x, y = f["grid"][:, :, 0], f["grid"][:, :, 1]
    # the first index goes along the line of the ends, the second across, and both grow
    if (np.ptp(x, axis=1) != 0).any() or (np.ptp(y, axis=0) != 0).any():
        wrong.append("grid: x is to depend on the first index alone, y on the second")
    if (np.diff(x[:, 0]) <= 0).any() or (np.diff(y[0]) <= 0).any():
        wrong.append("grid: x and y are to grow")
    bends, curve = f["bend_coordinates"], f["curve_coordinates"]
    # the ends are the first and the last control point, the bend stands between them; the curve goes from end to end
    near = 1e-5 * x.max()  # w(t) is rounded to float32
    if not np.allclose(bends[[0, 2], 1], 0, atol=near) or T and not np.allclose(curve[[0, -1]], bends[[0, 2]], atol=near):
        wrong.append("bend_coordinates: the ends are not first and last")
if wrong:
    print("\n".join(wrong))
    sys.exit(1)
if kind == "plane":
    try:
        import matplotlib
    except ImportError:
        sys.exit(77)
    import io
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    for name, most in (("tr_loss", 5.0), ("te_err", 40.0)):
        # log-spaced levels between the least value and the greatest, or `most` where that is exceeded, then one for the rest
        clipped = np.minimum(f[name], most) if f[name].min() < most else f[name]
        low, high = clipped.min(), clipped.max()
        levels = low + np.exp(np.linspace(-5, np.log(high - low), 8))
        levels[0] = low
        plt.figure()
        plt.contourf(x, y, f[name], levels=np.r_[levels, 1e10], cmap="jet_r")
        plt.colorbar()
        plt.contour(x, y, f[name], levels=levels)
        plt.scatter(bends[[0, 2], 0], bends[[0, 2], 1])
        plt.scatter(bends[1, 0], bends[1, 1], marker="D")
        plt.plot(curve[:, 0], curve[:, 1])
        plt.plot(bends[[0, 2], 0], bends[[0, 2], 1], linestyle="--")
        page = io.BytesIO()
        plt.savefig(page, format="pdf")
        if page.tell() < 5000:
            sys.exit("%s: the picture is empty" % name)
