"""Nets with random weights under torchvision's and timm's names compute what PyTorch computes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from netspec.runtime.session import Session
from tests.net_models import random_feeds, random_weights
from tests.state_dicts import COUNTERPARTS, counterpart, state_dict, truth

#: Those that run quickly at a small input, which is not square.
LIGHT = {
    "densenet_bc": "3x75x117",
    "googlenet": "3x64x70",
    "resnet18": "3x64x70",
    "shufflenet_v2_x1_0": "3x45x70",
    "squeezenet1_1": "3x45x70",
    "timm_efficientnet_b0": "3x45x70",
}


@pytest.mark.parametrize("name", LIGHT)
def test_outputs_agree_with_pytorch(name: str, tmp_path: Path) -> None:
    from tests.torch_reference import evaluate

    graph, shapes = counterpart(name, LIGHT[name]), state_dict(name)
    lacking = COUNTERPARTS[name][1]
    ours, feeds = random_weights(graph), random_feeds(graph, 2)
    theirs = {there: ours[here] for here, there in truth(graph, shapes, lacking).items()}
    for tensor, shape in shapes.items():
        theirs.setdefault(tensor, np.zeros(shape, np.float32))
    in_order = {tensor: theirs[tensor] for tensor in shapes}
    values, _ = evaluate(graph, ours, feeds)
    expected = values[graph.outputs["output"]]

    save_file(in_order, tmp_path / "sorted.safetensors")
    np.savez(tmp_path / "in_order.npz", allow_pickle=False, **in_order)
    for file in ("sorted.safetensors", "in_order.npz"):
        session = Session(graph, weights=tmp_path / file, allow_extra=bool(lacking), device="cpu")
        found = session.run(feeds)["output"]
        assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max(), file
