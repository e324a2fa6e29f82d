"""Occlusion beside inference alone: squares a second, and samples a second as `bench` counts them.

    python tests/benchmarks/occlusion.py [--net resnet18] [--batch 8] [--rounds 7] [--device cpu]

A picture of 224x224 at stride 8 is 784 squares. Both take turns; prints the medians, and that of
the ratios, which shall be 0.9 at least.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np

import netspec
from netspec.explain.net import Net
from netspec.explain.occlusion import occlude
from netspec.weights.values import choose_values


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--net", default="resnet18")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--device", default="cpu")
    said = parser.parse_args()
    graph = netspec.load(said.net).elaborate()
    net = Net(graph, choose_values(graph), said.device, batch=said.batch)
    session = netspec.Session(said.net, device=said.device, seed=0)
    random = np.random.default_rng(0)
    x = random.standard_normal((1, *graph.inputs[net.input].shape), np.float32)
    feeds = random.standard_normal((said.batch, *x.shape[1:]), np.float32)
    squares = len(counted(net, x))
    batches = squares // said.batch

    def infer() -> None:
        for _ in range(batches):
            session.run(feeds)

    found = [
        (squares / took(lambda: counted(net, x)), said.batch * batches / took(infer))
        for _ in range(said.rounds)
    ]
    ours, plain = (statistics.median(each) for each in zip(*found, strict=True))
    ratio = statistics.median(one / other for one, other in found)
    print(
        f"{said.net}, batch {said.batch}, {net.device}: {squares} squares at {ours:.1f}/s, "
        f"inference {plain:.1f}/s, ratio {ratio:.3f}"
    )


def counted(net: Net, x: np.ndarray) -> list[int]:
    """Occlude; what was told of progress, a number a square."""
    told = [0]
    occlude(net, x, (0,), stride=8, progress=lambda done, count: told.append(count))
    return list(range(told[-1]))


def took(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
