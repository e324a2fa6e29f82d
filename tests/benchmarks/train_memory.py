"""What steps of training take, beside what `check --train` says of `netspec train`.

    python tests/benchmarks/train_memory.py [--net NET --batch N] [--optimizer NAME]...

Each net trains by each optimizer in a process of its own: three steps on random pictures. Measured
is how far its resident memory rises at most above what it is once a small net has been trained and
dropped, with which the libraries and the runtime's pool are there. The bar is 10%.
"""

from __future__ import annotations

import argparse
import gc
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

import netspec
from netspec.analysis.training import TrainingModel
from netspec.graph import Graph
from netspec.text.training import LOSSES, OPTIMIZERS, Training, chosen
from netspec.train.memory import step_memory
from netspec.train.step import Objective, training_step
from netspec.train.trainer import Trainer
from netspec.weights.initial import Seeded
from tests.graphs import graph_of

VGG11_32 = """\
netspec: 1
name: vgg11_32
input: 3x32x32
net: INPUT -> [[CONV(f) -> RELU]*n -> POOL]*stage -> [FC(512) -> RELU -> DROPOUT]*2 -> FC(10)
where:
  CONV: {kernel: 3, pad: half}
  stage: [{f: 64, n: 1}, {f: 128, n: 1}, {f: 256, n: 2}, {f: 512, n: 2}, {f: 512, n: 2}]
"""
#: Nets and their batches.
CASES = {
    "lenet5": 64,
    "resnet20": 64,
    "vgg11_32": 64,
    "resnet18": 8,
    "resnet50": 4,
    "vgg16": 4,
    "densenet121": 4,
    "googlenet_bn": 4,
}
#: Steps, of which the first brings the memory to its peak.
STEPS = 3


def graph_called(name: str) -> Graph:
    """A net of the zoo, or ours."""
    return graph_of(VGG11_32) if name == "vgg11_32" else netspec.load(name).elaborate()


def train(graph: Graph, training: Training, batch: int) -> None:
    """Some steps on random samples."""
    (kind,) = graph.inputs.values()
    x = np.random.default_rng(0).standard_normal((batch, *kind.shape), np.float32)
    trainer = Trainer(objective(graph), training, Seeded(graph), "cpu")
    for _ in range(STEPS):
        trainer.step(x, np.zeros(batch, np.int64), 1e-3)


def objective(graph: Graph) -> Objective:
    """What the nets learn: classes."""
    return Objective(graph, chosen(LOSSES, "cross-entropy"), labels=True)


def resident(what: str) -> int:
    """Bytes that this process has in memory: `VmRSS` now, `VmHWM` at most."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    (found,) = (line for line in lines if line.startswith(f"{what}:"))
    return int(found.split()[1]) * 1024


def child(name: str, batch: int, optimizer: str) -> None:
    """Train one net and print its line."""
    graph, training = graph_called(name), Training(optimizer=chosen(OPTIMIZERS, optimizer))
    train(netspec.load("iris").elaborate(), training, 4)
    gc.collect()
    before = resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", "utf-8")  # the most begins anew
    train(graph, training, batch)
    measured = resident("VmHWM") - before
    said = step_memory(training_step(objective(graph), training), batch)
    pytorch = TrainingModel(graph, optimizer=optimizer).run_bytes(batch)
    print(
        f"{name:13} batch {batch:2} {optimizer:9} measured {measured / 1e6:7.1f} MB,"
        f" said {said.total_bytes / 1e6:7.1f} MB: {measured / said.total_bytes:.3f}"
        f"   (for PyTorch {pytorch / 1e6:.1f} MB: {measured / pytorch:.2f})",
        flush=True,
    )


def main() -> None:
    """Print one line a net and an optimizer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--net", choices=CASES)
    parser.add_argument("--batch", type=int)
    parser.add_argument("--optimizer", action="append", choices=OPTIMIZERS, dest="optimizers")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    names = [options.net] if options.net else list(CASES)
    for name in names:
        for optimizer in options.optimizers or ("sgd", "momentum", "adam"):
            batch = options.batch or CASES[name]
            if options.here:
                child(name, batch, optimizer)
                continue
            command = [sys.executable, __file__, "--here", "--net", name, "--batch", str(batch)]
            subprocess.run([*command, "--optimizer", optimizer], check=True)


if __name__ == "__main__":
    main()
