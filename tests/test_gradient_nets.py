"""Gradients of whole nets, the zoo and others, against PyTorch's autograd in float64.

Of a net with corners (rectifiers, maxima) two computations in float32 are now and then on different
sides of one, where gradients differ by what flows through that place: PyTorch's own in float32 are
up to several percent from its own in float64. So each layer is evaluated where ONNX Runtime was,
which it must agree with layer by layer, and gradients are compared at that point. Nets are those of
the files on smaller pictures, with fewer units
where they are wide and fewer layers where they are alike.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from netspec.graph import Graph
from tests.gradient_models import autograd, differentiated, random_seeds
from tests.graphs import graph_of
from tests.net_models import random_weights

TESTS = Path(__file__).parent
FILES = {
    path.stem: path
    for folder in (TESTS.parent / "specs", TESTS / "foreign")
    for path in sorted(folder.glob("*.yaml"))
}
#: Pictures that leave enough pixels of each plane to take a mean over.
PICTURES = {
    "alexnet": "3x99x99",
    "alexnet_tv": "3x95x95",
    "googlenet_aux": "3x80x80",
    "inception_v3": "3x107x75",
    "unet": "1x32x32",
    "zfnet": "3x95x95",
    "zfnet_cs231n": "3x95x95",
}
#: What is written otherwise: layers that are wide, and repeats that add nothing new.
WRITTEN = {
    r"\bf: (128|256|512|1024)\b": "f: 64",
    r"FC\(4096\)": "FC(256)",
    r"DOUBLE\(1024\)": "DOUBLE(128)",
    r"depth: (56|110|1202)": "depth: 26",
    r"n: (6|8|9|23|36)\b": "n: 3",
    r"n: \[(4, 6, 3|6, 12, 24)\]": "n: [2, 3, 2]",
    r"DENSE\*16": "DENSE*3",
    r"c: \[128, 160, 160, 192\]": "c: [32, 48]",
    r"pool: \[32, 64, 64\]": "pool: [32, 64]",
}
#: Nets in which norms cancel almost all of the gradient of a scale before them, of which PyTorch's
#: own in float32 is off by 1e-3 too: they are compared at inference.
CANCELLING = ("densenet121", "densenet_bc")


def graph(name: str) -> Graph:
    """The net of a file, smaller."""
    text = FILES[name].read_text("utf-8")
    large = re.search(r"(?m)^(input:|  shape:).*\dx2\d\dx2\d\d", text)
    shape = PICTURES.get(name, "3x64x64" if large else "")
    if shape:
        text = re.sub(r"(?m)^input:.*\n(  .*\n)*", f"input: {shape}\n", text)
    for long, short in WRITTEN.items():
        text = re.sub(long, short, text)
    return graph_of(text)


@pytest.mark.parametrize("name", FILES)
def test_a_net_agrees_with_autograd(name: str) -> None:
    """In training, as a step computes it.  A gradient that is 0 but for rounding, as that of a bias
    which a norm takes away again, is measured by the largest of the net's.
    """
    net, training = graph(name), name not in CANCELLING
    weights, spatial = random_weights(net), all(x.rank == 3 for x in net.inputs.values())
    for of in net.outputs:
        feeds = random_seeds(net, of, batch=2 if spatial else 6)
        found = differentiated(net, weights, feeds, of, training=training)
        expected = autograd(net, weights, feeds, of, at=found.values, training=training)
        largest = max(float(np.abs(array).max()) for array in expected.values())
        for tensor, array in expected.items():
            size = float(np.abs(array).max())
            scale = largest if size < 1e-9 * largest else size
            apart = float(np.abs(found.gradients[tensor] - array).max())
            assert apart <= 1e-5 * scale, f"{tensor}: {apart / scale:.1e}"
