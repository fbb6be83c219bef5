#!/usr/bin/env python3
"""Writes torch-files.h: files of torch.save, byte by byte, for test-torch.c. Needs torch (1.13 made those in the tree).

Usage: make-torch-files.py >torch-files.h

The values are small whole numbers, or halves of them, so that the test can write them down; each tensor's are said beside it.
"""

import collections
import io

import torch


def tensors():
    base = torch.arange(24, dtype=torch.float32)
    tied = torch.tensor([1.5, -2.5])
    names = collections.OrderedDict()
    names["packed"] = base[:6].clone().view(2, 3)  # 0 1 2 3 4 5
    names["transposed"] = base.view(2, 3, 4).permute(2, 0, 1)  # (4, 2, 3): element (i, j, k) is 12 j + 4 k + i
    names["slice"] = base[10:20:3]  # 10 13 16 19, in the storage of "transposed"
    names["expanded"] = torch.tensor([7.0]).expand(2, 2)  # 7 7 7 7, one element in the file
    names["scalar"] = torch.tensor(3.0)
    names["empty"] = torch.zeros(0, 3)
    names["parameter"] = torch.nn.Parameter(torch.tensor([0.5, 1.0]))
    names["tied.a"] = tied
    names["tied.b"] = tied
    names["half"] = torch.tensor([1.0, -0.5, 65504.0, 2.0**-24]).half()
    names["bfloat16"] = torch.tensor([1.0, -0.5, 2.0**100]).bfloat16()
    names["double"] = torch.tensor([0.25, -1e300], dtype=torch.float64)
    names["int64"] = torch.tensor([1 << 40, -1])
    names["int32"] = torch.tensor([1 << 30, -2], dtype=torch.int32)
    names["int16"] = torch.tensor([300, -300], dtype=torch.int16)
    names["int8"] = torch.tensor([127, -128], dtype=torch.int8)
    names["uint8"] = torch.tensor([0, 255], dtype=torch.uint8)
    names["bool"] = torch.tensor([True, False])
    names["six"] = torch.arange(2.0).view(1, 1, 1, 1, 2, 1)  # 0 1
    names["a note"] = "text"
    return names


def checkpoint():
    """As the reference code writes it: an epoch, a module's state_dict, its optimiser's."""
    torch.manual_seed(1)
    net = torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.BatchNorm1d(1))
    with torch.no_grad():
        net[0].weight.copy_(torch.tensor([[1.0, 2.0]]))
        net[0].bias.fill_(3)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    net(torch.ones(2, 2)).sum().backward()
    optimizer.step()
    with torch.no_grad():
        net[0].weight.copy_(torch.tensor([[1.0, 2.0]]))
        net[0].bias.fill_(3)
    return {"epoch": 7, "model_state": net.state_dict(), "optimizer_state": optimizer.state_dict()}


def saved(value, **options):
    file = io.BytesIO()
    torch.save(value, file, **options)
    return file.getvalue()


def show(name, data):
    print(f"static const unsigned char {name}[{len(data)}] = {{")
    for i in range(0, len(data), 24):
        print("    " + ", ".join(str(b) for b in data[i : i + 24]) + ",")
    print("};")


print("/* clang-format off: made by make-torch-files.py; what is in them is said there. */")
show("zip_tensors", saved(tensors()))
show("legacy_tensors", saved(tensors(), _use_new_zipfile_serialization=False))
show("zip_checkpoint", saved(checkpoint()))
show("legacy_checkpoint", saved(checkpoint(), _use_new_zipfile_serialization=False, pickle_protocol=4))
