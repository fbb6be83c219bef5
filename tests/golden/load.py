"""load.py GOLDEN WEIGHTS: do weights written by strait load into the PyTorch module by name, strictly, number by number?"""

import json
import os
import struct
import sys

import torch

import make


def read_safetensors(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        assert entry["dtype"] == "F32", name
        begin, end = entry["data_offsets"]
        tensors[name] = torch.frombuffer(bytearray(data[begin:end]), dtype=torch.float32).reshape(entry["shape"])
    return tensors


def main():
    name = os.path.basename(sys.argv[1])[: -len(".txt")]
    network = make.NETWORKS[name]
    net = network[1]()
    net.load_state_dict(read_safetensors(sys.argv[2]), strict=True)
    for key, tensor in net.state_dict().items():
        if tensor.dtype.is_floating_point and not torch.equal(tensor, make.filled(key, tuple(tensor.shape), network[5])):
            sys.exit(f"{name}: {key} differs")
    print(f"{name}: {len(list(net.parameters()))} tensors load")


if __name__ == "__main__":
    main()
