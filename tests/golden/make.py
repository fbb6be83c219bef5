#!/usr/bin/env python3
"""Writes the golden files: what PyTorch computes for the networks of models/, at full size.

Usage: make.py [NAME...]   (needs torch and numpy; writes NAME.txt beside this script; no NAME: all)

Nothing here is needed to build or test strait: the files are kept in the tree.

No file holds weights. Both sides fill every parameter, buffer and input with the same integer hash of (name, index),
hash_name_index of framework/base/hash.h: u = (hash >> 40) / 2^24, in [0,1), s = 2u - 1, index the place in the flat tensor
in PyTorch's layout. Then, computed in double and rounded once to float32:
    rank >= 2                s * sqrt(3 * gain / fan_in), fan_in = numbers / first dimension
    rank 1, NAME.weight      1 + 0.2 s          (scales of batch norms)
    rank 1, NAME.bias        0.1 s
    NAME.running_mean        0.2 s
    NAME.running_var         1 + 0.5 s
    "input"                  s * sqrt(3)        (deviation 1; (sample, channels, height, width))
    "label", sample          hash % classes
gain is 2 where layers follow one another (ReLU halves a variance), 1 where residual sums let it grow.

The values are computed in float64. A file has, for training (batch statistics) and evaluation mode, dropout off in both:
    mode NAME; loss; logits; gradient-norm of all tensors together; and a line a tensor,
    tensor NAME norm sum error p_0 ... p_15 (p_7 where there are more than 400 tensors)
where p_j is the sum of the entries, each with a sign of its own (bit j of the hash of (name, index): 1 is minus), in units
of 1e-4 * norm, rounded to an integer. A difference d of two tensors changes each p_j by |d| in the root mean square, so the
sixteen tell the L2 error of the whole tensor to a fifth; sixteen entries tell it only where all entries are alike.

`error` (and logits-error) is the relative L2 error of PyTorch's own float32: the largest of twenty runs (six for the
largest networks, whose wide layers make runs alike), in all but one of which a random half of the weights is moved by one
unit in the last place, up or down. One run is not enough: a ReLU whose input is within float32's rounding of zero opens or
closes by chance, and one such among the N of a layer changes gradients by about 1/sqrt(N), .4 % for 65,536; deep networks
have a few in every run, each time other ones. They are the rarer the less is moved, so the runs are made again with weights
moved by ten units, which meet ten times as many; where three times that error is more than 1e-3 and than ten times
`error`, it is written behind it: error/error-of-ten-units. Direct sums may have three times the rounding of PyTorch's, for
their order is another: three times `error`, and three tenths of that of ten units. An algorithm whose rounding is ten
times float32's (Winograd's) may have ten times `error`, and three times that of ten units.
"""

import math
import os
import sys

import numpy as np
import torch
from torch import nn

MASK = (1 << 64) - 1


def hashes(name, count):
    """hash_name_index(name, 0..count-1): FNV-1a of the name, then splitmix64's step number index + 1."""
    start = 0xCBF29CE484222325
    for byte in name.encode():
        start = ((start ^ byte) * 0x100000001B3) & MASK
    with np.errstate(over="ignore"):
        h = np.uint64(start) + (np.arange(count, dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return h ^ (h >> np.uint64(31))


def signed(name, count):
    return (hashes(name, count) >> np.uint64(40)).astype(np.float64) / 2**23 - 1


def filled(name, shape, gain):
    count = int(np.prod(shape))
    s = signed(name, count)
    if name == "input":
        values = s * math.sqrt(3)
    elif len(shape) >= 2:
        values = s * math.sqrt(3 * gain / (count // shape[0]))
    elif name.endswith(".running_mean"):
        values = 0.2 * s
    elif name.endswith(".running_var"):
        values = 1 + 0.5 * s
    elif name.endswith(".weight"):
        values = 1 + 0.2 * s
    else:
        values = 0.1 * s
    return torch.from_numpy(values.astype(np.float32).reshape(shape))


# --- the networks, written from their descriptions ---


class MLP(nn.Module):
    def __init__(self, inputs, hidden, classes):
        super().__init__()
        widths = [inputs, *hidden, classes]
        for i, (a, b) in enumerate(zip(widths, widths[1:])):
            self.add_module(f"fc{i + 1}", nn.Linear(a, b))

    def forward(self, x):
        x = x.flatten(1)
        layers = list(self.children())
        for layer in layers[:-1]:
            x = layer(x).relu()
        return layers[-1](x)


class ConvFC(nn.Module):
    def __init__(self, classes):
        super().__init__()
        stages, channels = [], 3
        for out in (32, 64, 128):
            stages += [nn.Conv2d(channels, out, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2)]
            channels = out
        self.conv_part = nn.Sequential(*stages)
        self.fc_part = nn.Sequential(
            nn.Linear(1152, 1000), nn.ReLU(), nn.Linear(1000, 1000), nn.ReLU(), nn.Linear(1000, classes)
        )

    def forward(self, x):
        return self.fc_part(self.conv_part(x).flatten(1))


class PreActivationBlock(nn.Module):
    """Units of batch norm, ReLU, convolution; kernels and outputs are lists."""

    def __init__(self, inputs, outputs, kernels, strides):
        super().__init__()
        channels = inputs
        for i, (out, kernel, stride) in enumerate(zip(outputs, kernels, strides)):
            self.add_module(f"bn{i + 1}", nn.BatchNorm2d(channels))
            self.add_module(f"conv{i + 1}", nn.Conv2d(channels, out, kernel, stride, kernel // 2, bias=False))
            channels = out
        self.units = len(kernels)
        if inputs != channels or max(strides) > 1:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, channels, 1, max(strides), bias=False))

    def forward(self, x):
        y = x
        for i in range(1, self.units + 1):
            y = getattr(self, f"conv{i}")(getattr(self, f"bn{i}")(y).relu())
        return y + (self.downsample(x) if hasattr(self, "downsample") else x)


class PreResNet(nn.Module):
    def __init__(self, depth, bottleneck, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        channels = 16
        for stage, width in enumerate((16, 32, 64)):
            blocks = []
            for i in range((depth - 2) // (9 if bottleneck else 6)):
                stride = 2 if stage and not i else 1
                if bottleneck:
                    blocks.append(
                        PreActivationBlock(channels, [width, width, 4 * width], [1, 3, 1], [1, stride, 1])
                    )
                    channels = 4 * width
                else:
                    blocks.append(PreActivationBlock(channels, [width, width], [3, 3], [stride, 1]))
                    channels = width
            self.add_module(f"layer{stage + 1}", nn.Sequential(*blocks))
        self.bn = nn.BatchNorm2d(channels)
        self.fc = nn.Linear(channels, classes)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(self.conv1(x))))
        return self.fc(nn.functional.avg_pool2d(self.bn(x).relu(), 8).flatten(1))


class VGG(nn.Module):
    def __init__(self, groups, batch_norm, classes):
        super().__init__()
        blocks, channels = [], 3
        for layers, width in zip(groups, (64, 128, 256, 512, 512)):
            block = []
            for _ in range(layers):
                block.append(nn.Conv2d(channels, width, 3, padding=1))
                block += [nn.BatchNorm2d(width)] if batch_norm else []
                channels = width
            blocks.append(nn.ModuleList(block))
        self.layer_blocks = nn.ModuleList(blocks)
        self.classifier = nn.Sequential(
            nn.Dropout(), nn.Linear(512, 512), nn.ReLU(), nn.Dropout(), nn.Linear(512, 512), nn.ReLU(),
            nn.Linear(512, classes),
        )  # fmt: skip

    def forward(self, x):
        for block in self.layer_blocks:
            for layer in block:
                x = layer(x)
                if isinstance(layer, nn.BatchNorm2d) or not isinstance(block[1], nn.BatchNorm2d):
                    x = x.relu()
            x = nn.functional.max_pool2d(x, 2)
        return self.classifier(x.flatten(1))


class WideBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, stride, padding=1)
        change = stride != 1 or inputs != outputs
        self.shortcut = nn.Sequential(*[nn.Conv2d(inputs, outputs, 1, stride)] * change)

    def forward(self, x):
        return self.conv2(self.bn2(self.conv1(self.bn1(x).relu())).relu()) + self.shortcut(x)


class WideResNet(nn.Module):
    def __init__(self, depth, width, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1)
        channels = 16
        for stage in range(3):
            blocks = []
            for i in range((depth - 4) // 6):
                blocks.append(WideBlock(channels, (16 << stage) * width, 2 if stage and not i else 1))
                channels = (16 << stage) * width
            self.add_module(f"layer{stage + 1}", nn.Sequential(*blocks))
        self.bn1 = nn.BatchNorm2d(channels, momentum=0.9)
        self.linear = nn.Linear(channels, classes)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(self.conv1(x))))
        return self.linear(nn.functional.avg_pool2d(self.bn1(x).relu(), 8).flatten(1))


class Zeros(nn.Module):
    """Every second pixel, with as many channels of zeros on either side: shortcut A."""

    def forward(self, x):
        return nn.functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, x.shape[1] // 2, x.shape[1] // 2))


class ResNetBlock(nn.Module):
    def __init__(self, inputs, outputs, kernels, stride, zeros=False, shortcut="downsample"):
        super().__init__()
        channels, self.layers = inputs, len(kernels)
        for i, (out, kernel) in enumerate(zip(outputs, kernels)):
            step = stride if kernel == 3 and (i == 0 or kernels[0] == 1) else 1  # in the first 3x3
            self.add_module(f"conv{i + 1}", nn.Conv2d(channels, out, kernel, step, kernel // 2, bias=False))
            self.add_module(f"bn{i + 1}", nn.BatchNorm2d(out))
            channels = out
        self.shortcut_name = shortcut
        if stride != 1 or inputs != channels:
            projection = nn.Sequential(nn.Conv2d(inputs, channels, 1, stride, bias=False), nn.BatchNorm2d(channels))
            self.add_module(shortcut, Zeros() if zeros else projection)

    def forward(self, x):
        y = x
        for i in range(1, self.layers + 1):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            if i < self.layers:
                y = y.relu()
        return (y + getattr(self, self.shortcut_name, nn.Identity())(x)).relu()


class SmallResNet(nn.Module):
    """For 32 x 32 images: a 3x3 stem; blocks: per stage, width: of the first."""

    def __init__(self, blocks, width, classes, zeros=False, shortcut="downsample", last="fc"):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        channels, self.stages, self.last = width, len(blocks), last
        for stage, count in enumerate(blocks):
            layers = []
            for i in range(count):
                outputs = [width << stage] * 2
                layers.append(ResNetBlock(channels, outputs, [3, 3], 2 if stage and not i else 1, zeros, shortcut))
                channels = outputs[-1]
            self.add_module(f"layer{stage + 1}", nn.Sequential(*layers))
        self.add_module(last, nn.Linear(channels, classes))

    def forward(self, x):
        x = self.bn1(self.conv1(x)).relu()
        for stage in range(self.stages):
            x = getattr(self, f"layer{stage + 1}")(x)
        return getattr(self, self.last)(x.mean((2, 3)))


class ResNet(nn.Module):
    def __init__(self, blocks, bottleneck, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        channels = 64
        for stage, count in enumerate(blocks):
            width, layers = 64 << stage, []
            outputs, kernels = ([width, width, 4 * width], [1, 3, 1]) if bottleneck else ([width] * 2, [3, 3])
            for i in range(count):
                layers.append(ResNetBlock(channels, outputs, kernels, 2 if stage and not i else 1))
                channels = outputs[-1]
            self.add_module(f"layer{stage + 1}", nn.Sequential(*layers))
        self.fc = nn.Linear(channels, classes)

    def forward(self, x):
        x = nn.functional.max_pool2d(self.bn1(self.conv1(x)).relu(), 3, 2, 1)
        return self.fc(self.layer4(self.layer3(self.layer2(self.layer1(x)))).mean((2, 3)))


IMAGE = (3, 32, 32)
VGG16, VGG19 = (2, 2, 3, 3, 3), (2, 2, 4, 4, 4)
# name: plugin and its options, module, input, classes, batch, gain, parameters (the published counts, or counted here)
NETWORKS = {
    "mlp": ("mlp hidden=128,128", lambda: MLP(784, [128, 128], 10), (1, 28, 28), 10, 8, 2, 118_282),
    "convfc": ("convfc", lambda: ConvFC(10), IMAGE, 10, 4, 2, 2_422_634),
    "preresnet-20": ("preresnet depth=20", lambda: PreResNet(20, False, 10), IMAGE, 10, 4, 1, 272_282),
    "preresnet-110": ("preresnet depth=110", lambda: PreResNet(110, True, 10), IMAGE, 10, 4, 1, 1_146_842),
    "preresnet-164": ("preresnet depth=164", lambda: PreResNet(164, True, 10), IMAGE, 10, 4, 1, 1_703_258),
    "vgg16": ("vgg depth=16", lambda: VGG(VGG16, False, 10), IMAGE, 10, 4, 2, 15_245_130),
    "vgg16-bn": ("vgg depth=16 batch-norm=yes", lambda: VGG(VGG16, True, 10), IMAGE, 10, 4, 2, 15_253_578),
    "vgg19": ("vgg depth=19", lambda: VGG(VGG19, False, 10), IMAGE, 10, 4, 2, 20_554_826),
    "vgg19-bn": ("vgg depth=19 batch-norm=yes", lambda: VGG(VGG19, True, 10), IMAGE, 10, 4, 2, 20_565_834),
    "wideresnet-28-10": ("wideresnet", lambda: WideResNet(28, 10, 10), IMAGE, 10, 2, 1, 36_489_290),
    "cifarresnet-20": (
        "cifarresnet names=linear", lambda: SmallResNet((3, 3, 3), 16, 10, True, last="linear"), IMAGE, 10, 4, 1, 269_722,
    ),
    "cifarresnet-20-b": (
        "cifarresnet shortcut=B", lambda: SmallResNet((3, 3, 3), 16, 10), IMAGE, 10, 4, 1, 272_474,
    ),
    "resnet18-cifar": (
        "resnet depth=18 names=linear", lambda: SmallResNet((2, 2, 2, 2), 64, 10, False, "shortcut", "linear"),
        IMAGE, 10, 2, 1, 11_173_962,
    ),
    "resnet18": ("resnet depth=18", lambda: ResNet((2, 2, 2, 2), False, 1000), (3, 224, 224), 1000, 2, 1, 11_689_512),
    "resnet34": ("resnet depth=34", lambda: ResNet((3, 4, 6, 3), False, 1000), (3, 224, 224), 1000, 2, 1, 21_797_672),
    "resnet50": ("resnet depth=50", lambda: ResNet((3, 4, 6, 3), True, 1000), (3, 224, 224), 1000, 2, 1, 25_557_032),
}


# --- measuring ---


def projections(name, flat, count):
    h = hashes(name, flat.size)
    return np.array([flat.sum() - 2 * flat[(h >> np.uint64(j)) & np.uint64(1) == 1].sum() for j in range(count)])


def moved(tensor, generator, units):
    """A random half of the numbers moved by so many units in the last place, up or down."""
    where = torch.rand(tensor.shape, generator=generator)
    unit = torch.nextafter(tensor, torch.full_like(tensor, math.inf)) - tensor
    return torch.where(where < 0.25, tensor + units * unit, torch.where(where < 0.5, tensor - units * unit, tensor))


def run(make, shape, classes, batch, gain, training, dtype, seed=0, units=1):
    """loss, logits, {name: gradient} as float64 arrays; seed: of the weights moved by units, 0: none is."""
    net = make()
    state = {
        name: filled(name, tuple(tensor.shape), gain) if tensor.dtype.is_floating_point else tensor
        for name, tensor in net.state_dict().items()
    }
    if seed:
        generator = torch.Generator().manual_seed(seed)
        state = {name: moved(t, generator, units) if t.dtype.is_floating_point else t for name, t in state.items()}
    net.load_state_dict(state)
    net.to(dtype).train(training)
    for module in net.modules():
        if isinstance(module, nn.Dropout):
            module.eval()
    x = filled("input", (batch, *shape), gain).to(dtype)
    labels = torch.from_numpy((hashes("label", batch) % np.uint64(classes)).astype(np.int64))
    logits = net(x)
    loss = nn.functional.cross_entropy(logits, labels)
    loss.backward()
    gradients = {name: p.grad.detach().double().numpy().ravel() for name, p in net.named_parameters()}
    return float(loss), logits.detach().double().numpy().ravel(), gradients


def float32_errors(network, training, logits, gradients, units):
    """The error of the logits, and {name: error}: the largest of the runs."""
    _, make, shape, classes, batch, gain, parameters = network
    total = math.sqrt(sum(float(g @ g) for g in gradients.values()))
    logits_error, errors = 0, dict.fromkeys(gradients, 0)
    for seed in range(20 if parameters < 3e7 and shape[1] <= 32 else 6):
        _, logits32, gradients32 = run(make, shape, classes, batch, gain, training, torch.float32, seed, units)
        logits_error = max(logits_error, float(np.linalg.norm(logits32 - logits) / np.linalg.norm(logits)))
        for name, g in gradients.items():
            difference = float(np.linalg.norm(gradients32[name] - g))
            errors[name] = max(errors[name], difference / max(float(np.linalg.norm(g)), 1e-6 * total))
    return logits_error, errors


def write_mode(out, mode, network):
    _, make, shape, classes, batch, gain, _ = network
    training = mode == "training"
    loss, logits, gradients = run(make, shape, classes, batch, gain, training, torch.float64)
    total = math.sqrt(sum(float(g @ g) for g in gradients.values()))
    logits_error, errors = float32_errors(network, training, logits, gradients, 1)
    _, errors_of_ten = float32_errors(network, training, logits, gradients, 10)
    print(f"mode {mode}\nloss {loss:.9g}\nlogits-error {logits_error:.2g}", file=out)
    print("logits", *(f"{v:.7g}" for v in logits), file=out)
    print(f"gradient-norm {total:.9g}", file=out)
    for name, g in gradients.items():
        norm = float(np.linalg.norm(g))
        steps = np.rint(projections(name, g, 16 if len(gradients) <= 400 else 8) / (1e-4 * norm or 1)).astype(np.int64)
        error, of_ten = errors[name], errors_of_ten[name]
        more = f"/{of_ten:.1g}" if 3 * of_ten > max(1e-3, 10 * error) else ""
        print(f"tensor {name} {norm:.5g} {float(g.sum()):.5g} {error:.2g}{more}", *steps, file=out)


def main():
    torch.set_num_threads(2)
    folder = os.path.dirname(os.path.abspath(__file__))
    for name in sys.argv[1:] or NETWORKS:
        plugin, make, shape, classes, batch, gain, parameters = NETWORKS[name]
        count = sum(p.numel() for p in make().parameters())
        if count != parameters:
            sys.exit(f"{name}: {count} parameters, not {parameters}")
        with open(os.path.join(folder, name + ".txt"), "w", encoding="ascii") as out:
            print(f"model {plugin}\ninput", *shape, file=out)
            print(f"classes {classes}\nbatch {batch}\ngain {gain}\nparameters {parameters}", file=out)
            for mode in ("training", "evaluation"):
                write_mode(out, mode, NETWORKS[name])
        print(name, os.path.getsize(os.path.join(folder, name + ".txt")), "bytes")


if __name__ == "__main__":
    main()
