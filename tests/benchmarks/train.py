"""Training beside PyTorch: losses step by step, seconds of a step, and memory.

    python tests/benchmarks/train.py losses [--steps 100] [--batch 64] [--net NET]
    python tests/benchmarks/train.py times [--steps 40] [--batch 64] [--optimizer momentum]
    python tests/benchmarks/train.py memory [--batch 64] [--optimizer momentum]

Both sides start from the same weights and see the same random pictures in the same order. `losses`
trains ResNet-20 by each optimizer at its default rate, on new pictures in each step, and prints the
largest relative difference of a loss, to PyTorch in float32 and in float64, and between these two:
what rounding alone does, which grows wherever a rectifier's input is on the other side of 0; so the
net with TANH for RELU is compared too. The bar is 1e-3. `times` takes turns of a few steps in one
process, each side on all processors, the first step of a turn left out, and prints medians; the bar
is 2. `memory` trains each side in a fresh process and prints how far its resident memory rises
above what it is with the libraries and the batch, and what `check --train` says.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from netspec.analysis.training import training_memory
from netspec.graph.graph import Graph
from netspec.machine.processors import cores
from netspec.text.shipped import spec_file
from netspec.text.training import LOSSES, OPTIMIZERS, Choice, Training, chosen
from netspec.train.schedules import default_rate
from netspec.train.step import Objective
from netspec.train.trainer import Trainer
from netspec.weights.initial import Seeded
from tests.graphs import all_values, graph_of
from tests.training_batches import random_batches

VGG11 = """\
netspec: 1
name: vgg11_32
doc: Simonyan & Zisserman 2014, table 1, configuration A, on 32x32 with heads of 512 units
input: 3x32x32
net: INPUT -> [[CONV(f) -> RELU]*n -> POOL]*stage -> [FC(512) -> RELU -> DROPOUT]*2 -> FC(10)
where:
  CONV: {kernel: 3, pad: half}
  POOL: {kernel: 2, stride: 2}
  stage:
    - {f: 64,  n: 1}
    - {f: 128, n: 1}
    - {f: 256, n: 2}
    - {f: 512, n: 2}
    - {f: 512, n: 2}
"""
NETS = ("lenet5", "resnet20", "vgg11")
SIDES = ("netspec", "pytorch")
#: Relative difference of losses that is allowed.
BAR = 1e-3
#: Steps of a side before it is the other's turn, and batches of pictures that are seen in turn.
TURN, BATCHES = 5, 16

#: A step: it learns from a batch at a rate and answers the loss.
Step = Callable[[Any, Any, float], float]


def main() -> None:
    """Print one line a figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("losses", "times", "memory", "peak"))
    parser.add_argument("--net", action="append", choices=NETS, dest="nets")
    parser.add_argument("--optimizer", action="append", choices=OPTIMIZERS, dest="optimizers")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--side", choices=SIDES, default=SIDES[0], help="of `peak`, which prints")
    options = parser.parse_args()
    if options.what == "peak":
        print(peak(options.nets[0], options.side, options.optimizers[0], options.batch))
    elif options.what == "losses":
        for net in options.nets or ("resnet20",):
            for activation in ("RELU", "TANH"):
                graph = subject(net, activation)
                print(f"{graph.name} with {activation}")
                losses(graph, options.optimizers or OPTIMIZERS, options.batch, options.steps or 100)
    else:
        measure = times if options.what == "times" else memory
        for net in options.nets or NETS:
            for optimizer in options.optimizers or ("momentum",):
                measure(net, optimizer, options.batch, options.steps or 40)


def subject(net: str, activation: str = "RELU") -> Graph:
    """A net by its name, with another activation in the place of RELU."""
    text = VGG11 if net == "vgg11" else spec_file(net).read_text("utf-8")
    return graph_of(text.replace("RELU", activation))


def netspec_step(graph: Graph, optimizer: Choice) -> Step:
    """The step of `netspec train`."""
    loss = chosen(LOSSES, "cross-entropy")
    training = Training(loss=loss, optimizer=optimizer)
    trainer = Trainer(Objective(graph, loss, True), training, Seeded(graph), "cpu")
    return lambda x, y, rate: trainer.step(x, y, rate).loss


def torch_step(
    graph: Graph, optimizer: Choice, *, double: bool = False, noise: bool = True
) -> Step:
    """The step in PyTorch, which drops at random where there is `noise`."""
    from tests.torch_reference import torch
    from tests.torch_training import IN_PLACE, TorchNet

    torch.set_num_threads(cores())
    drop = torch.nn.functional.dropout
    rules = IN_PLACE | ({"DROPOUT": lambda layer, x, w: drop(x[0], layer.rate)} if noise else {})
    dtype = torch.float64 if double else torch.float32
    return TorchNet(graph, all_values(graph), optimizer, rules=rules, dtype=dtype).step


def losses(graph: Graph, optimizers: Any, batch: int, steps: int) -> None:
    """The largest relative differences of the losses of the first steps, by optimizer."""
    seen = random_batches(graph, batch, steps)
    for name in optimizers:
        optimizer = chosen(OPTIMIZERS, name)
        rate = default_rate(optimizer)
        found, single, double = (
            np.array([step(x, y, rate) for x, y in seen])
            for step in (
                netspec_step(graph, optimizer),
                torch_step(graph, optimizer, noise=False),
                torch_step(graph, optimizer, double=True, noise=False),
            )
        )
        print(
            f"{name:9} rate {rate:5g}, {steps} steps, loss {found[0]:.3f} to {found[-1]:.3f}:"
            f" to PyTorch {apart(found, single)}, to its float64 {apart(found, double)};"
            f" between these {apart(single, double)}",
            flush=True,
        )


def apart(one: Any, other: Any) -> str:
    """The largest relative difference, and for how many steps it stays within the bar."""
    by_step = np.abs(one / other - 1)
    beyond = np.flatnonzero(by_step > BAR)
    steps = int(beyond[0]) if len(beyond) else len(by_step)
    return f"{by_step.max():.1e} ({steps} steps within {BAR:g})"


def times(net: str, optimizer: str, batch: int, steps: int) -> None:
    """Milliseconds of a step."""
    graph, choice = subject(net), chosen(OPTIMIZERS, optimizer)
    seen = random_batches(graph, batch, BATCHES)
    rate = default_rate(choice)
    sides = (netspec_step(graph, choice), torch_step(graph, choice))
    found: tuple[list[float], list[float]] = ([], [])
    for turn in range(-(-steps // (TURN - 1)) + 1):
        for step, seconds in zip(sides, found, strict=True):
            taken = [timed(step, *seen[at % BATCHES], rate) for at in range(TURN)]
            seconds.extend(taken[1:] if turn else ())  # the first turn warms up
    ours, theirs = (1e3 * statistics.median(seconds) for seconds in found)
    spread = " and ".join(f"{1e3 * min(s):.1f} to {1e3 * max(s):.1f}" for s in found)
    print(
        f"{net:9} batch {batch}, {optimizer}: netspec {ours:.1f} ms, PyTorch {theirs:.1f} ms a step"
        f" ({spread}); {ours / theirs:.2f}",
        flush=True,
    )


def timed(step: Step, x: Any, y: Any, rate: float) -> float:
    """Seconds of a step."""
    start = time.perf_counter()
    step(x, y, rate)
    return time.perf_counter() - start


def memory(net: str, optimizer: str, batch: int, steps: int) -> None:
    """Megabytes above the idle process, and those that are predicted."""
    found = {}
    for side in SIDES:
        given = ("--net", net, "--optimizer", optimizer, "--batch", str(batch), "--side", side)
        command = [sys.executable, __file__, "peak", *given]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found[side] = json.loads(done.stdout) / 1e6
    said = training_memory(subject(net), batch, optimizer=optimizer).run_bytes / 1e6
    ours, theirs = (found[side] for side in SIDES)
    print(
        f"{net:9} batch {batch}, {optimizer}: netspec {ours:.1f} MB, PyTorch {theirs:.1f} MB,"
        f" `check --train` {said:.1f} MB; {ours / theirs:.2f}, {ours / said:.2f}",
        flush=True,
    )


def peak(net: str, side: str, optimizer: str, batch: int) -> int:
    """Bytes by which resident memory rises while a side is made and does a few steps (Linux)."""
    graph, choice = subject(net), chosen(OPTIMIZERS, optimizer)
    make = netspec_step if side == SIDES[0] else torch_step
    small = graph_of("netspec: 1\nname: small\ninput: 3\nnet: INPUT -> FC(10)\n")
    make(small, choice)(*random_batches(small, batch, 1)[0], 0.01)  # loads the libraries
    ((x, y),) = random_batches(graph, batch, 1)
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
    idle = resident("VmRSS")
    step = make(graph, choice)
    for _ in range(TURN):
        step(x, y, 0.01)
    return resident("VmHWM") - idle


def resident(which: str) -> int:
    """Bytes of memory that the process has now (VmRSS) or had at its peak (VmHWM)."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    (line,) = (line for line in lines if line.startswith(which))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    main()
