"""torch-check.py: the PyTorch side of torch.sh, in the current folder.

make      writes checkpoints of many makes: files/FILE, expected/FILE.npz with the float32 arrays that strait is to make of it, and
          arguments/FILE, what its import is told; and whole/FILE, which is no state_dict
check     are imported/FILE.safetensors, and back/FILE.pt and back/FILE.npz, which strait made, exactly these arrays, the second as
          a state_dict that torch.load reads?
"""

import collections
import json
import os
import struct
import sys

import numpy as np
import torch

import make as golden  # tests/golden/make.py: the networks, written in PyTorch


def state_of(name):
    """A network of models/ with hashed weights, and the state_dict that PyTorch saves."""
    network = golden.NETWORKS[name]
    net = network[1]()
    torch.manual_seed(1)
    with torch.no_grad():
        for tensor in net.state_dict().values():
            if tensor.dtype.is_floating_point:
                tensor.copy_(torch.randn_like(tensor))
    return net, net.state_dict()


def expected(state):
    """What import makes of tensors: float32, and no counters."""
    arrays = {}
    for name, tensor in state.items():
        if not name.endswith("num_batches_tracked"):
            floating = tensor.dtype.is_floating_point
            arrays[name] = tensor.detach().float().numpy().copy() if floating else tensor.numpy().copy()
    return arrays


def save(file, value, arrays, arguments="", **options):
    if file.endswith(".npz"):
        np.savez("files/" + file, **value)
    else:
        torch.save(value, "files/" + file, **options)
    np.savez(f"expected/{file}.npz", **arrays)
    with open("arguments/" + file, "w") as out:
        out.write(arguments)


LEGACY = {"_use_new_zipfile_serialization": False}
FORMATS = [("zip.pt", {}), ("legacy.th", LEGACY), ("zip4.pth", {"pickle_protocol": 4}), ("legacy5.pt", {"pickle_protocol": 5, **LEGACY})]


def curve_of(state):
    """As the reference code names the three points of a curve through this network; the middle one is `state`."""
    curve = collections.OrderedDict({"coeff_layer.binom": torch.tensor([1.0, 2.0, 1.0])})
    for name, tensor in state.items():
        name = "net." + name.replace("downsample.0.", "downsample.")
        if name.endswith(("weight", "bias")):
            for i in range(3):
                curve[f"{name}_{i}"] = tensor + (i - 1)
        else:
            curve[name] = tensor
    return curve


CURVE_MAP = """coeff_layer.*              -
net.*.downsample.weight_1  *.downsample.0.weight
net.*_1                    *
net.*_0                    -
net.*_2                    -
net.*                      *
"""


def make_networks():
    mlp, mlp_state = state_of("mlp")
    net, state = state_of("preresnet-20")
    with open("curve.map", "w") as out:
        out.write(CURVE_MAP)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    net(torch.randn(4, 3, 32, 32)).sum().backward()
    optimizer.step()
    state = net.state_dict()
    preresnet = "--model preresnet --set model.depth=20"
    hidden = " ".join(str(layer.out_features) for layer in list(mlp.children())[:-1])
    inputs, classes = mlp.fc1.in_features, list(mlp.children())[-1].out_features
    for end, options in FORMATS:
        save("mlp-" + end, mlp_state, expected(mlp_state),
             f"--model mlp --input {inputs} --classes {classes} --set 'model.hidden={hidden}'", **options)
        save("preresnet-" + end, state, expected(state), preresnet, **options)
        checkpoint = {"epoch": 3, "model_state": state, "optimizer_state": optimizer.state_dict()}
        save("reference-" + end, checkpoint, expected(state), preresnet, **options)
        parallel = torch.nn.DataParallel(net).state_dict()
        checkpoint = {"epoch": 3, "state_dict": parallel, "best": 91.5, "optimizer_state": optimizer.state_dict(), "note": None}
        save("parallel-" + end, checkpoint, expected(state), preresnet, **options)
        half = {name: tensor.half() if tensor.dtype.is_floating_point else tensor for name, tensor in state.items()}
        save("half-" + end, {"net": half}, expected(half), preresnet, **options)
        save("curve-" + end, {"epoch": 1, "model_state": curve_of(state)}, expected(state), preresnet + " --map curve.map", **options)
    arrays = expected(state)
    save("arrays.npz", arrays, arrays, preresnet)


def make_tensors():
    base = torch.randn(3, 4, 5)
    tied = torch.randn(7)
    tensors = {
        "permuted": base.permute(2, 0, 1),
        "slice": base[1:, ::2, 3],
        "flipped.t": base[0].t(),
        "expanded": torch.randn(1, 3).expand(4, 3),
        "whole": base,
        "tied.a": tied,
        "tied.b": tied,
        "part": tied[2:5],
        "parameter": torch.nn.Parameter(torch.randn(2, 2)),
        "frozen": torch.nn.Parameter(torch.randn(2), requires_grad=False),
        "binary16": torch.randn(1000).half(),
        "binary16_t": torch.randn(6, 4).half().t(),
        "brain16": torch.randn(1000).bfloat16(),
        "binary64": torch.randn(5, 6, dtype=torch.float64),
        "scalar": torch.randn(()),
        "empty": torch.zeros(0, 4),
        "six": torch.randn(2, 1, 2, 1, 2, 1),
        "special": torch.tensor([float("inf"), float("-inf"), float("nan"), -0.0, 1e-45]),
        "channels.last": torch.randn(2, 3, 4, 4).contiguous(memory_format=torch.channels_last),
        "uint8": torch.arange(256).to(torch.uint8),
        "int64": torch.tensor([2**62, -5]),
        "int32": torch.tensor([2**30, -5], dtype=torch.int32),
        "\u00e4\u03b8": torch.ones(1),
    }
    plain = {name: tensor for name, tensor in tensors.items() if name != "\u00e4\u03b8"}  # .npz names are ASCII here
    narrow = {"int16": torch.tensor([300, -300], dtype=torch.int16), "int8": torch.tensor([-128, 127], dtype=torch.int8),
              "bool": torch.tensor([True, False])}
    for end, options in FORMATS:
        arrays = expected({**plain, **narrow})
        arrays["int16"], arrays["int8"] = arrays["int16"].astype(np.int32), arrays["int8"].astype(np.int32)
        arrays["bool"] = arrays["bool"].astype(np.uint8)
        save("tensors-" + end, {**plain, **narrow}, arrays, **options)
        save("deep-" + end, {"a": {"b": plain, "c": narrow}, "x": [tied]}, expected(plain), "--key a/b", **options)


class Command:
    def __reduce__(self):
        return os.system, ("touch ran",)


class Code:
    def __reduce__(self):
        return eval, ("open('ran', 'w')",)


def make_hostile():
    """What PyTorch itself would run lies beside the weights; and networks saved whole."""
    net, state = state_of("mlp")
    for end, options in FORMATS:
        save("command-" + end, {"state_dict": state, "x": Command()}, expected(state), **options)
        save("code-" + end, {"state_dict": state, "x": [Code()]}, expected(state), **options)
        torch.save(net, "whole/module-" + end, **options)


def read_safetensors(path):
    types = {"F32": np.float32, "F64": np.float64, "I32": np.int32, "I64": np.int64, "U8": np.uint8}
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    header.pop("__metadata__", None)
    return {name: np.frombuffer(data[slice(*entry["data_offsets"])], types[entry["dtype"]]).reshape(entry["shape"])
            for name, entry in header.items()}


def differences(given, wanted):
    if set(given) != set(wanted):
        yield f"names differ: {sorted(set(given) ^ set(wanted))}"
    for name in set(given) & set(wanted):
        a, b = given[name], wanted[name]
        if a.dtype != b.dtype or a.shape != b.shape:
            yield f"{name}: {a.dtype} {a.shape}, not {b.dtype} {b.shape}"
        elif a.tobytes() != b.tobytes():
            yield f"{name}: other numbers"


def load(path):
    if path.endswith(".npz"):
        return dict(np.load(path))
    for options in ({}, {"weights_only": True}):  # the second of its readers takes less; it must take ours
        state = torch.load(path, **options)
        assert type(state) is collections.OrderedDict
        assert all(tensor.is_contiguous() and not tensor.requires_grad for tensor in state.values())
    holder = torch.nn.Module()  # a state_dict as good as any: it loads strictly
    for name, tensor in state.items():
        at = holder
        *path_to, last = name.split(".")
        for part in path_to:
            if part not in dict(at.named_children()):
                at.add_module(part, torch.nn.Module())
            at = getattr(at, part)
        at.register_buffer(last, torch.zeros_like(tensor))
    holder.load_state_dict(state, strict=True)
    return {name: tensor.numpy() for name, tensor in holder.state_dict().items()}


def check():
    wrong = []
    for file in sorted(os.listdir("files")):
        wanted = dict(np.load(f"expected/{file}.npz"))
        for path in (f"imported/{file}.safetensors", f"back/{file}.pt", f"back/{file}.npz"):
            given = read_safetensors(path) if path.endswith(".safetensors") else load(path)
            wrong += [f"{path}: {difference}" for difference in differences(given, wanted)]
    if wrong:
        sys.exit("\n".join(wrong))


def main():
    if sys.argv[1] == "check":
        check()
        return
    for folder in ("files", "expected", "arguments", "whole"):
        os.mkdir(folder)
    make_networks()
    make_tensors()
    make_hostile()


if __name__ == "__main__":
    main()
