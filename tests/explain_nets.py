"""Nets that are looked into: the one that reads digits, and small ones with random weights."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import netspec
from netspec.explain.net import Net
from netspec.weights.values import choose_values
from tests.graphs import graph_of

DIGITS = Path(__file__).parent.parent / "specs" / "digits"
SAMPLES = sorted((DIGITS / "samples").glob("*.png"))

#: How pixels become the input of a small net, as nets of ImageNet have it.
IMAGE = "{mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}"


@cache
def digits(batch: int = 16) -> Net:
    """LeNet-5 with its trained weights."""
    graph = netspec.load(DIGITS / "lenet5.yaml").elaborate()
    return Net(graph, choose_values(graph), "cpu", batch=batch)


def net_of(
    net: str, shape: str, *, image: str = "", batch: int = 8, rest: str = "", seed: int = 0
) -> Net:
    """A net of a pattern and an input, with random weights; `rest` is what follows in the spec."""
    given = f"{{shape: {shape}, image: {image}}}" if image else shape
    text = f"netspec: 1\nname: test\ninput: {given}\nnet: {net}\n{rest}"
    graph = graph_of(text)
    return Net(graph, choose_values(graph, seed=seed), "cpu", batch=batch)
