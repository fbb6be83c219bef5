"""torch-check.py: the PyTorch side of torch.sh, in the current folder.

make      writes checkpoints of many makes: files/FILE, expected/FILE.npz with the float32 arrays that strait is to make of it, and
          arguments/FILE, what its import is told; and whole/FILE, which is no state_dict
check     are imported/FILE.safetensors, and back/FILE.pt and back/FILE.npz, which strait made, exactly these arrays, the second as
          a state_dict that torch.load reads?
"""

import argparse
import collections
import datetime
import json
import os
import pathlib
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


class Thing:
    """Of a class that only this program has."""

    def __init__(self):
        self.tensor, self.numbers = torch.ones(3), {1: 2}


class Names(collections.OrderedDict):
    pass


def make_beside():
    """What training scripts save with the weights."""
    net, state = state_of("mlp")
    noted = torch.nn.Parameter(torch.randn(3))
    noted.note = "kept"
    beside = {
        "args": argparse.Namespace(lr=0.1, more=argparse.Namespace(depth=3)),
        "milestones": torch.optim.lr_scheduler.MultiStepLR(torch.optim.SGD(net.parameters(), 0.1), [3, 5]).state_dict(),
        "best": np.float32(93.5), "hits": np.int64(3), "curve": np.arange(6.0).reshape(2, 3), "words": np.array(["a", "b"]),
        "objects": np.array([None, {}], dtype=object), "random": np.random.RandomState(1), "draws": torch.get_rng_state(),
        "size": torch.Size([1, 3]), "dtype": torch.float16, "device": torch.device("cuda:1"), "layout": torch.strided,
        "seen": {1, 2}, "fixed": frozenset({3}), "raw": b"\x00\xff", "buffer": bytearray(b"ab"), "z": 1 + 2j, "part": slice(1, 2),
        "history": collections.defaultdict(list, {"loss": [1.0]}), "last": collections.deque([1, 2]), "names": Names(a=1),
        "file": pathlib.Path("a/b"), "date": datetime.datetime(2020, 1, 2), "thing": Thing(), "class": Thing, "call": os.system,
        "noted": {"x": noted}, "sparse": torch.eye(3).to_sparse(), "codes": torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8),
        "nowhere": torch.empty(3, device="meta"), "phase": torch.ones(2, dtype=torch.complex64), "storage": torch.ones(3).storage(),
        "optimizer": torch.optim.Adam(net.parameters()).state_dict(),
    }
    for end, options in FORMATS:
        save("beside-" + end, {"model": state, "epoch": 3, **beside}, expected(state), **options)
    torch.save({"model": state, "ema": state_of("mlp")[1]}, "several.pt")


def make_wrapped():
    net, state = state_of("mlp")
    hidden = " ".join(str(layer.out_features) for layer in list(net.children())[:-1])
    model = f"--model mlp --input {net.fc1.in_features} --classes {list(net.children())[-1].out_features} --set 'model.hidden={hidden}'"
    wrap = torch.optim.swa_utils.AveragedModel
    save("averaged.pt", {"model": wrap(torch.nn.DataParallel(net)).state_dict()}, expected(state), model)
    save("parallel-averaged.pt", torch.nn.DataParallel(wrap(net)).state_dict(), expected(state), model)
    compiled = collections.OrderedDict(("module._orig_mod." + name, tensor) for name, tensor in state.items())
    save("compiled.pt", compiled, expected(state))
    lightning = collections.OrderedDict(("model." + name, tensor) for name, tensor in state.items())
    save("lightning.ckpt", {"state_dict": lightning, "pytorch-lightning_version": "1.9.0", "callbacks": {"best": {"score": torch.tensor(0.5)}},
                            "optimizer_states": [torch.optim.Adam(net.parameters()).state_dict()]}, expected(state), model)


def make_parts():
    """Weights in parts, as they are in evaluation after some steps of training; PyTorch's norms are sums in float32."""
    from torch.nn import Conv2d, ConvTranspose2d, Linear, utils
    from torch.nn.utils import prune
    torch.manual_seed(7)
    norm, spectral = utils.weight_norm, utils.spectral_norm
    nets = {
        "norm": (norm(Linear(5, 3)), (5,)), "norm1": (norm(Linear(5, 3), dim=1), (5,)), "norm_all": (norm(Linear(5, 3), dim=None), (5,)),
        "conv": (norm(Conv2d(2, 4, 3)), (2, 8, 8)), "spectral": (spectral(Linear(5, 3)), (5,)), "square": (spectral(Linear(4, 4)), (4,)),
        "spectral_conv": (spectral(Conv2d(4, 4, 3)), (4, 8, 8)), "transposed": (spectral(ConvTranspose2d(4, 4, 3)), (4, 8, 8)),
        "new": (utils.parametrizations.spectral_norm(Conv2d(2, 4, 3)), (2, 8, 8)), "pruned": (prune.l1_unstructured(Linear(5, 3), "weight", 0.4), (5,)),
    }
    net = torch.nn.ModuleDict({name: layer for name, (layer, _) in nets.items()})
    optimizer = torch.optim.SGD(net.parameters(), 0.05)
    for mode in (True, True, True, False):
        net.train(mode)
        loss = sum(layer(torch.randn(6, *shape)).square().sum() for layer, shape in nets.values())
        if mode:
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
    whole = {}
    for name, (layer, _) in nets.items():
        whole[name + ".weight"], whole[name + ".bias"] = layer.weight, layer.bias
    save("parts.pt", net.state_dict(), expected(whole))


def make_numpy():
    """The same numbers as NumPy may lay them out."""
    a = np.arange(24, dtype=np.float32).reshape(2, 3, 4) / 8
    arrays = {"rows": a, "columns": np.asfortranarray(a), "permuted": a.transpose(2, 0, 1), "big": a.astype(">f4"), "both": a.astype(">f8").T,
              "f2": a.astype("<f2"), "f2_big": a.astype(">f2"), "mask": a > 1, "i1": np.int8([-128, 127]), "u2": np.uint16([0, 65535]),
              "i2": np.array([-2, 2], ">i2"), "u4": np.uint32([0, 2**32 - 1]), "scalar": np.array(7)}
    narrow = {"b1": np.uint8, "i1": np.int32, "i2": np.int32, "u2": np.int32, "u4": np.int64, "f2": np.float32, "f8": np.float32}
    wanted = {name: np.ascontiguousarray(x).reshape(x.shape).astype(narrow.get(x.dtype.str[1:], x.dtype.newbyteorder("="))) for name, x in arrays.items()}
    save("layouts.npz", arrays, wanted)
    np.savez_compressed("files/packed.npz", **arrays)
    np.savez("expected/packed.npz.npz", **wanted)
    open("arguments/packed.npz", "w").close()


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


def differences(given, wanted, rounded):
    if set(given) != set(wanted):
        yield f"names differ: {sorted(set(given) ^ set(wanted))}"
    for name in set(given) & set(wanted):
        a, b = given[name], wanted[name]
        if a.dtype != b.dtype or a.shape != b.shape:
            yield f"{name}: {a.dtype} {a.shape}, not {b.dtype} {b.shape}"
        elif a.tobytes() != b.tobytes() and not (rounded and np.allclose(a, b, rtol=2e-6, atol=1e-8)):
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
            wrong += [f"{path}: {difference}" for difference in differences(given, wanted, file.startswith("parts"))]
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
    make_beside()
    make_wrapped()
    make_parts()
    make_numpy()
    make_hostile()


if __name__ == "__main__":
    main()
