#!/usr/bin/env python3
"""check-members.py FOLDER LIST: recomputes from members.npz and the weights files what summary.json says of an ensemble's
quality, by the definitions, with NumPy. LIST: the summary's list of members, "members" or "networks". Exit status 0: all
agree; 1: not; 77: there is no NumPy."""
import json
import struct
import sys

try:
    import numpy as np
except ImportError:
    sys.exit(77)

folder, list_name = sys.argv[1:3]
f = np.load(folder + "/members.npz")
with open(folder + "/summary.json") as text:
    summary = json.load(text)
wrong = []


def check(name, got, wanted, tolerance=1e-6):
    if not np.allclose(got, wanted, rtol=tolerance, atol=tolerance):
        wrong.append("%s: %r, not %r" % (name, got, wanted))


def weights(path):
    with open(path, "rb") as data:
        (size,) = struct.unpack("<Q", data.read(8))
        header = json.loads(data.read(size))
        body = data.read()
    header.pop("__metadata__", None)
    return np.concatenate([np.frombuffer(body[t["data_offsets"][0]:t["data_offsets"][1]], "<f4")
                           for name, t in sorted(header.items()) if not name.endswith(("running_mean", "running_var"))])


def scaled_nll(z, y, b):
    z = b * (z - z.max(1, keepdims=True))
    return np.mean(np.log(np.exp(z).sum(1)) - z[np.arange(len(y)), y])


def fit(z, y):
    """The least nll over b = 1/T, by golden section on log b."""
    spread = np.mean(z.max(1, keepdims=True) - z)
    low, high, g = np.log(1e-6 / spread), np.log(1e6 / spread), (np.sqrt(5) - 1) / 2
    for _ in range(120):
        a, c = high - g * (high - low), low + g * (high - low)
        if scaled_nll(z, y, np.exp(a)) < scaled_nll(z, y, np.exp(c)):
            high = c
        else:
            low = a
    return np.exp(-(low + high) / 2)


def quality(name, z, y, said):
    z = z.astype(np.float64)
    p = np.exp(z)
    best, sure = p.argmax(1), p.max(1)
    right = best == y
    check(name + " nll", said["nll"], -np.mean(z[np.arange(len(y)), y]), 1e-5)
    check(name + " error", said["error"], 100 * np.mean(~right))
    check(name + " brier", said["brier"], np.mean(((p - np.eye(p.shape[1])[y]) ** 2).sum(1)))
    bins = np.clip(np.ceil(sure * 15 - 1e-6).astype(int) - 1, 0, 14)
    check(name + " ece", said["ece"], sum(abs(sure[bins == b].sum() - right[bins == b].sum()) for b in range(15)) / len(y))
    before = scaled_nll(z, y, 1)
    if not all((z[half::2].argmax(1) != y[half::2]).any() for half in (0, 1)):  # no best temperature
        check(name + " temperature", said["temperature"], 1)
        check(name + " calibrated nll", said["calibrated_nll"], before)
        return
    t = [fit(z[half::2], y[half::2]) for half in (0, 1)]
    crossed = [scaled_nll(z[half::2], y[half::2], 1 / t[1 - half]) * len(y[half::2]) for half in (0, 1)]
    if sum(crossed) / len(y) > 2 * before:  # too few samples
        t, crossed = [1], [before * len(y)]
    check(name + " temperature", said["temperature"], np.mean(t), 1e-5)
    check(name + " calibrated nll", said["calibrated_nll"], sum(crossed) / len(y))


members = summary[list_name]
m = len(members)
if list_name == "members":
    w = np.array([weights("%s/member-%d.safetensors" % (folder, i)) for i in range(m)], np.float64)
    check("distances", f["distances"], [[np.linalg.norm(a - b) for b in w] for a in w])
    check("distance", summary["distance"], f["distances"].sum() / (m * (m - 1)))
shares = f["weights"] if "weights" in f else np.full(m, 1 / m)
tempered = "temperatures" in f
for split, prefix in (("validation", "va"), ("test", "te")):
    p, z, y = f[prefix + "_probabilities"], f[prefix + "_log_probabilities"], f[prefix + "_labels"]
    check(split + " log", p, np.exp(z.astype(np.float64)))
    check(split + " log combined", f[prefix + "_combined"], np.exp(f[prefix + "_log_combined"].astype(np.float64)))
    check(split + " mean", f[prefix + "_combined"], np.tensordot(shares, p.astype(np.float64), 1))
    quality(split, f[prefix + "_log_combined"], y, summary["combined"][split])
    table = np.array([[100 * np.mean(a.argmax(1) != b.argmax(1)) for b in p] for a in p])
    check(split + " disagreement", f[prefix + "_disagreement"], table)
    check(split + " mean disagreement", summary["combined"][split]["disagreement"], table.sum() / (m * (m - 1)))
    for i in range(m):
        if not tempered:
            quality("%s %d" % (split, i), z[i], y, members[i]["metrics"][split])
        elif prefix == "va":  # at T = 1 more of it would not help: it is the most likely already
            check("member %d's temperature" % i, fit(z[i].astype(np.float64), y), 1, 1e-3)
print("\n".join(wrong) or "all agree")
sys.exit(1 if wrong else 0)
