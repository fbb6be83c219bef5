"""One round for bench/peers/run: strait, then PyTorch; prints both results as one JSON object in a line."""

import argparse
import json
import os
import subprocess
import sys

# Not imported from networks.py, which needs torch: this process must stay small while others are measured.
STRAIT = {
    "mlp-128": ("784", ["mlp", "--set", "model.hidden=128 128"]),
    "mlp-512": ("784", ["mlp", "--set", "model.hidden=512 512"]),
    "convfc": ("3x32x32", ["convfc"]),
    "vgg16": ("3x32x32", ["vgg", "--set", "model.depth=16"]),
    "preresnet-20": ("3x32x32", ["preresnet", "--set", "model.depth=20"]),
    "preresnet-110": ("3x32x32", ["preresnet", "--set", "model.depth=110"]),
    "preresnet-164": ("3x32x32", ["preresnet", "--set", "model.depth=164"]),
    "wideresnet-28-10": ("3x32x32", ["wideresnet", "--set", "model.depth=28", "--set", "model.width=10"]),
}


def output_of(command, environment=None):
    done = subprocess.run(command, stdout=subprocess.PIPE, env=environment)
    if done.returncode:
        sys.exit(f"bench/peers: exit code {done.returncode} of {' '.join(command)}")
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("network", choices=STRAIT)
    parser.add_argument("phase", choices=("train", "curve", "evaluate"))
    for name in ("strait", "round", "batch", "threads", "seconds", "clock", "reference"):
        parser.add_argument("--" + name)
    parser.add_argument("--channels-last", action="store_true")
    given = parser.parse_args()
    common = ["--batch", given.batch, "--threads", given.threads, "--seconds", given.seconds]
    common += ["--clock", given.clock, "--repeat", "1"]
    shape, model = STRAIT[given.network]
    # The libraries chosen for torch are not strait's.
    plain = {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"}
    ours = output_of([given.strait, "bench", *model, "--input", shape, "--only", given.phase, "--json", *common], plain)
    peer = os.path.join(os.path.dirname(os.path.abspath(__file__)), "torch_peer.py")
    theirs = [sys.executable, "-B", peer, given.network, given.phase, *common]
    theirs += ["--reference", given.reference] if given.reference else []
    theirs += ["--channels-last"] if given.channels_last else []
    theirs = output_of(theirs)
    if ours["parameters"] != theirs["parameters"]:
        sys.exit(f"bench/peers: {given.network} has {ours['parameters']} parameters in strait, {theirs['parameters']} in PyTorch")
    phase = ours[given.phase]
    json.dump(
        {
            "network": given.network,
            "phase": given.phase,
            "round": int(given.round),
            "batch": ours["batch"],
            "threads": ours["threads"],
            "clock": ours["clock"],
            "kernels": ours["kernels"],
            "torch": theirs["torch"],
            "reference": bool(given.reference),
            "strait_images": phase["images_per_second"]["median"],
            "torch_images": theirs["images_per_second"],
            "strait_gflops": phase["gflops"],
            "strait_bytes": phase["peak_bytes"],
            "torch_bytes": theirs["peak_bytes"],
        },
        sys.stdout,
    )
    print()


if __name__ == "__main__":
    main()
