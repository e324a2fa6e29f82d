"""How fast compiled nets run and load on the CPU, beside PyTorch's export of the same nets.

    python tests/benchmarks/latency.py [NET...] [--seconds S] [--batch N] [--json FILE]

All in one process and in the same ONNX Runtime, in turn, with as many threads: medians, and the
medians of the rounds' ratios, which hold on a noisy machine where milliseconds do not. Needs torch
and onnxscript. The bars: latency at most 1.02 times the exported model's and 0.75 times PyTorch
eager's, loading at most 0.8 times the exported file's, as PyTorch writes it, weights beside it; the
last column is against the same model in one file. Exit code 1 where a bar is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx

import netspec
from netspec.bench.contenders import EXPORTED, MAKERS, OURS, Absent, Bout, contenders
from netspec.bench.precision import largest_difference, random_feeds
from netspec.bench.timing import time_in_turn
from netspec.runtime.bare import bare_session
from netspec.runtime.device import Device
from netspec.runtime.session import Session
from netspec.weights.initial import Seeded

NETS = ("resnet50", "vgg16", "googlenet", "googlenet_bn", "densenet121")
MINE, THEIRS, EAGER, _ = MAKERS
#: What is divided by what, and the most that it may be.
BARS = (("latency to export", 1.02), ("latency to eager", 0.75), ("load to export", 0.8))
#: The exported model with its weights in one file, as ours has them: PyTorch puts them beside it.
ONE_FILE = "exported-one-file.onnx"


def main() -> None:
    """Print a line a net."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("nets", nargs="*", default=NETS)
    parser.add_argument("--seconds", type=float, default=10.0, help="for each kind of run")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--json", type=Path, help="where all figures are written")
    options = parser.parse_args()
    titles = "  ".join(f"{name} (<= {bar})" for name, bar in BARS)
    print(f"{'net':<14} {'netspec':>10} {'export':>10} {'eager':>10}  {titles}  in one file")
    found = {}
    for net in options.nets:
        figures = found[net] = measure(net, options.batch, options.seconds)
        medians = [figures["median_seconds"][who] for who in (MINE, THEIRS, EAGER)]
        times = " ".join(f"{seconds * 1e3:>7.1f} ms" for seconds in medians)
        ratios = "  ".join(f"{ratio:>17.3f}" for ratio in figures["ratios"].values())
        print(f"{net:<14} {times}  {ratios}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")
    missed = [f"{net}: {n}" for net, at in found.items() for n, b in BARS if at["ratios"][n] > b]
    sys.exit(f"above the bar: {', '.join(missed)}" if missed else 0)


def measure(net: str, batch: int, seconds: float) -> dict[str, Any]:
    """Medians and ratios of a net of the zoo, or of a spec's file."""
    graph = netspec.load(net).elaborate()
    with tempfile.TemporaryDirectory() as name:
        folder, device = Path(name), Device("cpu")
        feeds = random_feeds(Session(graph, device="cpu").inputs, batch)
        bout = Bout(graph, Seeded(graph), None, feeds, device, "float32", False, folder)
        ready = dict(contenders(bout, lambda what: None, (MINE, THEIRS, EAGER)))
        for who, contender in ready.items():
            if isinstance(contender, Absent):
                sys.exit(f"{who}: {contender.reason}")
        runs = {who: c.run for who, c in ready.items() if not isinstance(c, Absent)}
        answers = {who: c.answer() for who, c in ready.items() if not isinstance(c, Absent)}
        far = {who: largest_difference(answers[who], answers[EAGER]) for who in (MINE, THEIRS)}
        times = time_in_turn(runs, seconds)
        onnx.save(onnx.load(folder / EXPORTED), folder / ONE_FILE)
        files = (OURS, EXPORTED, ONE_FILE)
        loads = time_in_turn({file: loader(folder / file) for file in files}, 0.0)
    return {
        "median_seconds": {who: times[who].median for who in times},
        "load_seconds": {file: loads[file].median for file in loads},
        "largest_difference_to_eager": far,
        "ratios": {
            "latency to export": times[MINE].ratio(times[THEIRS]),
            "latency to eager": times[MINE].ratio(times[EAGER]),
            "load to export": loads[OURS].ratio(loads[EXPORTED]),
            "load to export in one file": loads[OURS].ratio(loads[ONE_FILE]),
        },
    }


def loader(file: Path) -> Callable[[], object]:
    """Starts a session on a model's file."""
    return lambda: bare_session(file, Device("cpu"), False)


if __name__ == "__main__":
    main()
