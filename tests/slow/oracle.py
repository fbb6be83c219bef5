"""tests/slow/oracle.py H: the ends, the line and the one-bend chain of tests/slow/mlp-rows.sh in PyTorch, written anew, for
three seed pairs. Prints maximum train loss of ends and line, and the chain's length ratio. A developer's tool."""
import gzip
import sys

import numpy as np
import torch

torch.set_num_threads(1)
H = int(sys.argv[1])
FOLDER = "/usr/share/datasets/fashion-mnist/"
IMAGES, BATCH, STEPS, EPOCHS, DECAY = 10000, 128, 78, 30, 5e-4
SHAPES = [(H, 784), (H,), (H, H), (H,), (10, H), (10,)]
SIZES = [int(np.prod(s)) for s in SHAPES]


def read(name, skip):
    return np.frombuffer(gzip.open(FOLDER + name).read()[skip:], np.uint8)


X = read("train-images-idx3-ubyte.gz", 16).reshape(-1, 784)[:IMAGES]
X = torch.tensor((X / 255.0 - 0.286) / 0.353, dtype=torch.float32)
Y = torch.tensor(read("train-labels-idx1-ubyte.gz", 8)[:IMAGES].astype(np.int64))
ALL = torch.arange(IMAGES)


def nll(w, index):
    p = [v.view(s) for v, s in zip(torch.split(w, SIZES), SHAPES)]
    h = torch.relu(X[index] @ p[0].T + p[1])
    h = torch.relu(h @ p[2].T + p[3])
    return torch.nn.functional.cross_entropy(h @ p[4].T + p[5], Y[index])


def loss(w):
    return (nll(w, ALL) + 0.5 * DECAY * w.pow(2).sum()).item()


def rate(base, epoch):
    a = epoch / EPOCHS
    return base * (1 if a <= 0.5 else 1 - (a - 0.5) / 0.4 * 0.99 if a <= 0.9 else 0.01)


def descend(point, at, base, generator):
    """at(point) -> (w, c): the weights of this step, and how much of the point is in them."""
    velocity = torch.zeros_like(point)
    for epoch in range(1, EPOCHS + 1):
        order = torch.randperm(IMAGES, generator=generator)
        for b in range(STEPS):
            w, c = at(point)
            w.requires_grad_(True)
            (g,) = torch.autograd.grad(nll(w, order[b * BATCH : (b + 1) * BATCH]), w)
            velocity = 0.9 * velocity + c * (g + DECAY * w.detach())
            point = point - rate(base, epoch) * velocity
    return point


def end(seed):
    generator = torch.Generator().manual_seed(seed)
    start = [
        torch.randn(n, generator=generator) * (2 / s[1]) ** 0.5 if len(s) == 2 else torch.zeros(n)
        for s, n in zip(SHAPES, SIZES)
    ]
    return descend(torch.cat(start), lambda w: (w.clone(), 1), 0.05, generator)


def bend(a, b, seed):
    generator = torch.Generator().manual_seed(seed)

    def at(point):
        t = torch.rand(1, generator=generator).item()
        c = max(0, 1 - abs(2 * t - 1))
        return a * max(0, 1 - 2 * t) + point * c + b * max(0, 2 * t - 1), c

    return descend((a + b) / 2, at, 0.025, generator)


ratios = []
for seed in (1, 3, 5):
    a, b = end(seed), end(seed + 1)
    middle = bend(a, b, seed + 100)
    line = max(loss((1 - t) * a + t * b) for t in np.linspace(0, 1, 21))
    ratios.append(((a - middle).norm() + (middle - b).norm()).item() / (a - b).norm().item())
    print(f"H {H} seeds {seed},{seed + 1}: ends {max(loss(a), loss(b)):.4f} line {line:.3f} chain length {ratios[-1]:.4f}", flush=True)
print(f"mean chain length {np.mean(ratios):.4f}")
