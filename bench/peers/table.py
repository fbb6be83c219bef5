"""The table of bench/peers/run: reads a JSON object a line, one for each round."""

import json
import sys
from statistics import median

PHASES = ("train", "curve", "evaluate")


def main():
    rounds = [json.loads(line) for line in sys.stdin]
    if not rounds:
        sys.exit("bench/peers: nothing was measured")
    first = rounds[0]
    print(
        f"batch {first['batch']}, {first['threads']} threads, clock {first['clock']}, kernels {first['kernels']}, "
        f"PyTorch {first['torch']}, {max(r['round'] for r in rounds)} rounds" + (", the authors' curves" if first["reference"] else "")
    )
    print("ratio: strait's images a second over PyTorch's of the same round, median (min to max)\n")
    print("| network | step | strait img/s | PyTorch img/s | ratio | GFLOP/s | strait MiB | PyTorch MiB |")
    print("|---|---|---|---|---|---|---|---|")
    for network in dict.fromkeys(r["network"] for r in rounds):
        for phase in PHASES:
            some = [r for r in rounds if r["network"] == network and r["phase"] == phase]
            if some:
                print(row(network, phase, some))


def mebibytes(some, key):
    sizes = [r[key] for r in some if r[key] is not None]
    return f"{median(sizes) / 2**20:.0f}" if sizes else ""


def row(network, phase, some):
    ratios = [r["strait_images"] / r["torch_images"] for r in some]
    ours, theirs = (median(r[key] for r in some) for key in ("strait_images", "torch_images"))
    cells = [network, phase, f"{ours:.1f}", f"{theirs:.1f}"]
    cells += [f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})", f"{median(r['strait_gflops'] for r in some):.0f}"]
    cells += [mebibytes(some, "strait_bytes"), mebibytes(some, "torch_bytes")]
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
