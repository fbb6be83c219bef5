"""The networks of models/ in PyTorch, as a user of it would write them. Imported by torch_peer.py."""

import torch
from torch import nn


def mlp(inputs, hidden, classes):
    layers, width = [nn.Flatten()], inputs
    for out in hidden:
        layers += [nn.Linear(width, out), nn.ReLU(inplace=True)]
        width = out
    return nn.Sequential(*layers, nn.Linear(width, classes))


def convfc(classes):
    layers, channels = [], 3
    for out in (32, 64, 128):
        layers += [nn.Conv2d(channels, out, 5, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2)]
        channels = out
    layers += [nn.Flatten(), nn.Linear(1152, 1000), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, nn.Linear(1000, 1000), nn.ReLU(inplace=True), nn.Linear(1000, classes))


def vgg16(classes):
    layers, channels = [], 3
    for out, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(count):
            layers += [nn.Conv2d(channels, out, 3, padding=1), nn.ReLU(inplace=True)]
            channels = out
        layers.append(nn.MaxPool2d(2, 2))
    layers.append(nn.Flatten())
    for _ in range(2):
        layers += [nn.Dropout(), nn.Linear(512, 512), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, nn.Linear(512, classes))


class Block(nn.Module):
    """x + units of batch norm, ReLU, convolution; `between` follows the first unit; a 1x1 convolution where shapes change."""

    def __init__(self, channels, outs, kernels, strides, bias, between=None):
        super().__init__()
        units, width = [], channels
        for i, (out, kernel, stride) in enumerate(zip(outs, kernels, strides)):
            units += [nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
            units.append(nn.Conv2d(width, out, kernel, stride, kernel // 2, bias=bias))
            if i == 0 and between is not None:
                units.append(between)
            width = out
        self.units = nn.Sequential(*units)
        change = channels != width or max(strides) > 1
        self.shortcut = nn.Conv2d(channels, width, 1, max(strides), bias=bias) if change else nn.Identity()

    def forward(self, x):
        return self.units(x) + self.shortcut(x)


class PreResNet(nn.Module):
    def __init__(self, depth, classes):
        super().__init__()
        bottleneck = depth >= 44
        blocks, channels = [], 16
        for stage, width in enumerate((16, 32, 64)):
            for i in range((depth - 2) // (9 if bottleneck else 6)):
                stride = 2 if stage and not i else 1
                if bottleneck:
                    outs, kernels, strides = (width, width, 4 * width), (1, 3, 1), (1, stride, 1)
                else:
                    outs, kernels, strides = (width, width), (3, 3), (stride, 1)
                blocks.append(Block(channels, outs, kernels, strides, False))
                channels = outs[-1]
        self.first = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.blocks = nn.Sequential(*blocks)
        self.last = nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU(inplace=True), nn.AvgPool2d(8), nn.Flatten())
        self.fc = nn.Linear(channels, classes)

    def forward(self, x):
        return self.fc(self.last(self.blocks(self.first(x))))


class WideResNet(nn.Module):
    def __init__(self, depth, width, classes):
        super().__init__()
        blocks, channels = [], 16
        for stage in range(3):
            out = (16 << stage) * width
            for i in range((depth - 4) // 6):
                stride = 2 if stage and not i else 1
                blocks.append(Block(channels, (out, out), (3, 3), (1, stride), True, nn.Dropout(0.0)))
                channels = out
        self.first = nn.Conv2d(3, 16, 3, padding=1)
        self.blocks = nn.Sequential(*blocks)
        self.last = nn.Sequential(
            nn.BatchNorm2d(channels, momentum=0.9), nn.ReLU(inplace=True), nn.AvgPool2d(8), nn.Flatten()
        )
        self.fc = nn.Linear(channels, classes)

    def forward(self, x):
        return self.fc(self.last(self.blocks(self.first(x))))


# name: make(classes), and the shape of a sample; round.py has what strait calls them
NETWORKS = {
    "mlp-128": (lambda classes: mlp(784, (128, 128), classes), (784,)),
    "mlp-512": (lambda classes: mlp(784, (512, 512), classes), (784,)),
    "convfc": (convfc, (3, 32, 32)),
    "vgg16": (vgg16, (3, 32, 32)),
    "preresnet-20": (lambda classes: PreResNet(20, classes), (3, 32, 32)),
    "preresnet-110": (lambda classes: PreResNet(110, classes), (3, 32, 32)),
    "preresnet-164": (lambda classes: PreResNet(164, classes), (3, 32, 32)),
    "wideresnet-28-10": (lambda classes: WideResNet(28, 10, classes), (3, 32, 32)),
}


def parameters(network):
    return sum(p.numel() for p in network.parameters())


def curve_call(network, weights, x):
    """The network's output at other weights, a dictionary by name."""
    if hasattr(torch, "func"):
        return torch.func.functional_call(network, weights, (x,))
    from torch.nn.utils.stateless import functional_call

    return functional_call(network, weights, (x,))
