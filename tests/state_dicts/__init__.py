"""Names and shapes of PyTorch's modules, and the specs of the same nets."""

from __future__ import annotations

import json
import re
from pathlib import Path

from netspec.graph.graph import Graph
from netspec.weights.stored import Stored
from tests.graphs import graph_of

_HERE = Path(__file__).parent
_ROOT = _HERE.parent.parent

#: A state dict, the spec of its net, and the modules in it that the spec lacks.
COUNTERPARTS: dict[str, tuple[str, str]] = {
    "alexnet": ("specs/alexnet_tv.yaml", ""),
    "vgg11": ("specs/vgg11.yaml", ""),
    "vgg11_bn": ("specs/vgg11.yaml with BN", ""),
    "vgg13": ("specs/vgg13.yaml", ""),
    "vgg16": ("specs/vgg16.yaml", ""),
    "vgg16_bn": ("specs/vgg16.yaml with BN", ""),
    "vgg19": ("specs/vgg19.yaml", ""),
    "googlenet": ("specs/googlenet_bn.yaml", "aux"),
    "resnet18": ("specs/resnet18.yaml", ""),
    "resnet34": ("specs/resnet34.yaml", ""),
    "resnet50": ("specs/resnet50.yaml", ""),
    "resnet101": ("specs/resnet101.yaml", ""),
    "resnet152": ("specs/resnet152.yaml", ""),
    "resnext50_32x4d": ("specs/resnext50_32x4d.yaml", ""),
    "densenet121": ("specs/densenet121.yaml", ""),
    "densenet_bc": ("tests/foreign/densenet_bc.yaml", ""),
    "efficientnet_b0": ("tests/foreign/efficientnet_b0.yaml", ""),
    "inception_v3": ("tests/foreign/inception_v3.yaml", "AuxLogits"),
    "mobilenet_v2": ("tests/foreign/mobilenet_v2.yaml", ""),
    "shufflenet_v2_x1_0": ("tests/foreign/shufflenet_v2.yaml", ""),
    "squeezenet1_1": ("tests/foreign/squeezenet1_1.yaml", ""),
    "timm_efficientnet_b0": ("tests/foreign/efficientnet_b0.yaml", ""),
    "timm_mobilenetv1_100": ("tests/foreign/mobilenet_v1.yaml", ""),
    "timm_mobilenetv2_100": ("tests/foreign/mobilenet_v2.yaml", ""),
    "timm_vgg16": ("specs/vgg16.yaml", ""),
}

#: Shapes by name, in some order.
Shapes = dict[str, tuple[int, ...]]


def state_dict(name: str) -> Shapes:
    """The tensors of a state dict, in its order."""
    modules = json.loads((_HERE / f"{name}.json").read_text("utf-8"))
    return {
        f"{module}.{tensor}": tuple(shape)
        for module, tensors in modules.items()
        for tensor, shape in tensors.items()
    }


def spec_text(path: str) -> str:
    """The text of a spec; `with BN`, after each of its convolutions."""
    file, _, normalised = path.partition(" with ")
    text = (_ROOT / file).read_text("utf-8")
    return re.sub(r"(CONV\([^)]*\)) -> RELU", r"\1 -> BN -> RELU", text) if normalised else text


def counterpart(name: str, input_shape: str | None = None) -> Graph:
    """The graph of the spec of a state dict's net, at an input of another shape if one is given."""
    text = spec_text(COUNTERPARTS[name][0])
    if input_shape is not None:
        text = re.sub(r"(?m)^input:.*(\n  .*)*", f"input: {input_shape}", text)
    return graph_of(text)


def in_file(shapes: Shapes) -> dict[str, Stored]:
    """What a file says of such tensors."""
    return {
        name: Stored(shape, "I64" if name.endswith("num_batches_tracked") else "F32")
        for name, shape in shapes.items()
    }


def truth(graph: Graph, shapes: Shapes, lacking: str = "") -> dict[str, str]:
    """Our tensors -> those of a state dict whose order is that of execution."""
    theirs = [
        name
        for name in shapes
        if not name.endswith("num_batches_tracked") and not (lacking and name.startswith(lacking))
    ]
    ours = [name for name, _ in graph.all_weights()]
    assert len(ours) == len(theirs)
    assert [n.rpartition(".")[2] for n in ours] == [n.rpartition(".")[2] for n in theirs]
    return dict(zip(ours, theirs, strict=True))
