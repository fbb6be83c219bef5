#!/usr/bin/env python3
"""What `strait bench` measures, in PyTorch: one network, one of train, curve, evaluate; prints one JSON object.

Usage: torch_peer.py NETWORK train|curve|evaluate [--batch 128] [--threads 2] [--repeat 1] [--seconds 1] [--clock wall]
                     [--reference PATH] [--channels-last]

A train step: forward, cross-entropy, backward, SGD with momentum .9 and weight decay 5e-4. A curve step, as the authors of
mode connectivity do it: every parameter is the sum of the coefficients at a random t times its control points, through
autograd; the regulariser is of that sum; SGD with momentum on the free points; a Bezier curve of three points, two of them
fixed. --reference takes the curve training of their own code (github.com/timgaripov/dnn-mode-connectivity), from a checkout.
Evaluation: forward and cross-entropy in evaluation mode, under no_grad. Data is made up and lies in memory.
"""

import argparse
import importlib
import json
import sys
import time
import types

import torch
from networks import NETWORKS, curve_call, parameters
from torch import nn

RATE, MOMENTUM, DECAY, CLASSES = 1e-3, 0.9, 5e-4, 10
# The authors' names; what is not there has no curve in their code.
REFERENCE = {
    "convfc": ("convfc", "ConvFCCurve", {}),
    "vgg16": ("vgg", "VGG16", None),
    "preresnet-20": ("preresnet", "PreResNetCurve", {"depth": 20}),
    "preresnet-110": ("preresnet", "PreResNetCurve", {"depth": 110}),
    "preresnet-164": ("preresnet", "PreResNetCurve", {"depth": 164}),
    "wideresnet-28-10": ("wide_resnet", "WideResNetCurve", {"depth": 28, "widen_factor": 10, "dropout_rate": 0.0}),
}


def memory(key):
    """VmRSS or VmHWM in bytes."""
    with open("/proc/self/status", encoding="ascii") as status:
        for line in status:
            if line.startswith(key):
                return 1024 * int(line.split()[1])
    return None


def bezier(t):
    return (1 - t) ** 2, 2 * t * (1 - t), t**2


def sgd(points, decay):
    return torch.optim.SGD(points, lr=RATE, momentum=MOMENTUM, weight_decay=decay)


def trainer(network, data):
    optimiser = sgd(network.parameters(), DECAY)
    network.train()

    def step():
        optimiser.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(network(data.x), data.y)
        loss.backward()
        optimiser.step()
        return loss.item()

    return step


def curve_trainer(make, data):
    network = make(CLASSES)
    network.train()
    names = [name for name, _ in network.named_parameters()]
    ends = [[p.detach() for p in network.parameters()], [p.detach() for p in make(CLASSES).parameters()]]
    free = [((a + b) / 2).requires_grad_() for a, b in zip(*ends)]
    optimiser = sgd(free, 0)

    def step():
        c = bezier(torch.rand(()).item())
        optimiser.zero_grad(set_to_none=True)
        weights = [c[0] * a + c[1] * p + c[2] * b for a, p, b in zip(ends[0], free, ends[1])]
        loss = nn.functional.cross_entropy(curve_call(network, dict(zip(names, weights)), data.x), data.y)
        loss = loss + 0.5 * DECAY * sum((w**2).sum() for w in weights)
        loss.backward()
        optimiser.step()
        return loss.item()

    return step, sum(p.numel() for p in free)


def import_theirs(path):
    """Their curves.py wants one function of scipy, which need not be here."""
    try:
        import scipy.special  # noqa: F401
    except ImportError:
        from math import comb

        special = types.ModuleType("scipy.special")
        special.binom = lambda n, k, dtype: [float(comb(n, int(i))) for i in k]
        sys.modules.update({"scipy": types.ModuleType("scipy"), "scipy.special": special})
    sys.path.insert(0, path)
    return importlib.import_module("curves")


def reference_trainer(path, name, data):
    curves = import_theirs(path)
    module, attribute, options = REFERENCE[name]
    architecture = getattr(importlib.import_module("models." + module), attribute)
    if options is None:  # an architecture, which knows its own
        architecture, options = architecture.curve, architecture.kwargs
    network = curves.CurveNet(CLASSES, curves.Bezier, architecture, 3, True, True, architecture_kwargs=options)
    network.init_linear()
    network.train()
    optimiser = sgd([p for p in network.parameters() if p.requires_grad], 0)
    regulariser = curves.l2_regularizer(DECAY)

    def step():
        optimiser.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(network(data.x), data.y) + regulariser(network)
        loss.backward()
        optimiser.step()
        return loss.item()

    return step, sum(p.numel() for p in network.parameters()) // 3


def evaluator(network, data):
    network.eval()

    def step():
        with torch.no_grad():
            output = network(data.x)
            loss = nn.functional.cross_entropy(output, data.y).item()
            return loss, (output.argmax(1) != data.y).sum().item()

    return step


def make_step(given, data):
    make = NETWORKS[given.network][0]
    if given.phase == "curve":
        if given.reference and given.network in REFERENCE:
            return reference_trainer(given.reference, given.network, data)
        return curve_trainer(make, data)
    network = make(CLASSES)
    if given.channels_last:
        network = network.to(memory_format=torch.channels_last)
    step = trainer(network, data) if given.phase == "train" else evaluator(network, data)
    return step, parameters(network)


def measure(step, given):
    clock = time.process_time if given.clock == "cpu" else time.perf_counter
    step()
    begin = clock()
    step()
    one = clock() - begin
    steps = max(1, int(-(-given.seconds // one)))
    rates = []
    for _ in range(given.repeat):
        begin = clock()
        for _ in range(steps):
            step()
        rates.append(steps * given.batch / (clock() - begin))
    return sorted(rates)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("network", choices=NETWORKS)
    parser.add_argument("phase", choices=("train", "curve", "evaluate"))
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall")
    parser.add_argument("--reference")
    parser.add_argument("--channels-last", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(1)
    before = memory("VmRSS:")
    data = types.SimpleNamespace(
        x=torch.randn(given.batch, *NETWORKS[given.network][1]), y=torch.arange(given.batch) % CLASSES
    )
    if given.channels_last and data.x.dim() == 4:
        data.x = data.x.to(memory_format=torch.channels_last)
    step, count = make_step(given, data)
    rates = measure(step, given)
    peak = memory("VmHWM:")
    json.dump(
        {
            "parameters": count,
            "images_per_second": rates[len(rates) // 2],
            "peak_bytes": peak - before if peak and before else None,
            "torch": torch.__version__,
        },
        sys.stdout,
    )
    print()


if __name__ == "__main__":
    main()
