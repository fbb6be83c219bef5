#!/usr/bin/env python3
"""Prints golden-optimisers.h: what torch.optim.SGD and AdamW make of fixed gradients, in float64.

The weights are 6 numbers, the first 4 a weight, the last 2 a bias. Run by hand: golden-optimisers.py > golden-optimisers.h
"""
import torch

START = [0.5, -0.25, 1.0, -2.0, 0.125, 3.0]
STEPS = 5


def gradient(step, w):
    """Depends on w, so that an error in one step shows in the next."""
    i = torch.arange(6, dtype=torch.float64)
    return torch.sin(1.7 * i + step) + 0.3 * w


CASES = [
    ("sgd", dict(lr=0.1), {}),
    ("momentum", dict(lr=0.1, momentum=0.9), {}),
    ("decay", dict(lr=0.1, momentum=0.9, weight_decay=0.05), {}),
    ("nesterov", dict(lr=0.1, momentum=0.9, weight_decay=0.05, nesterov=True), {}),
    ("exclude", dict(lr=0.1, momentum=0.9, weight_decay=0.05), dict(exclude=True)),
    ("clip", dict(lr=0.1, momentum=0.9, weight_decay=0.05), dict(clip=0.75)),
    ("adamw", dict(lr=0.01, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.05), {}),
    ("adamw_betas", dict(lr=0.01, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.0), {}),
]

print("/* Made by golden-optimisers.py with torch %s. */\n/* clang-format off */" % torch.__version__.split("+")[0])
print("static const double golden_start[6] = {%s};" % ", ".join(map(repr, START)))
print("enum { GOLDEN_STEPS = %d };" % STEPS)
for name, options, extra in CASES:
    weight = torch.tensor(START[:4], dtype=torch.float64, requires_grad=True)
    bias = torch.tensor(START[4:], dtype=torch.float64, requires_grad=True)
    groups = [dict(params=[weight]), dict(params=[bias])]
    if extra.get("exclude"):
        groups[1]["weight_decay"] = 0
    make = torch.optim.AdamW if name.startswith("adamw") else torch.optim.SGD
    optimiser = make(groups, **options)
    print("static const double golden_%s[GOLDEN_STEPS][6] = {" % name)
    for step in range(STEPS):
        w = torch.cat([weight, bias]).detach()
        g = gradient(step, w)
        weight.grad, bias.grad = g[:4].clone(), g[4:].clone()
        if "clip" in extra:
            torch.nn.utils.clip_grad_norm_([weight, bias], extra["clip"])
        optimiser.step()
        print("    {%s}," % ", ".join("%.17g" % x for x in torch.cat([weight, bias]).tolist()))
    print("};")
