"""A net in PyTorch's words: what a graph computes, layer by layer.

An oracle: it reads the kind, the hyperparameters as they were written and the wiring of each layer,
and no shape, padding or ONNX rule of netspec. Sizes and paddings come from the language reference
and from PyTorch itself.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from functools import reduce
from math import ceil
from typing import Any, TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray

from netspec.graph.graph import Graph, Node
from netspec.layers import Layer
from tests.layer_samples import Sample

torch: Any = pytest.importorskip("torch", reason="nets are compared with PyTorch (dev extra)")
F: Any = torch.nn.functional
FlopCounterMode: Any = importlib.import_module("torch.utils.flop_counter").FlopCounterMode
# tensors are small: threads that wait for each other cost more than they save
torch.set_num_threads(1)

Array: TypeAlias = NDArray[np.float32]
Tensors: TypeAlias = dict[str, Any]
Rule: TypeAlias = Callable[[Any, list[Any], Tensors], Any]


def evaluate(
    graph: Graph, weights: Mapping[str, Array], feeds: Mapping[str, Array]
) -> tuple[dict[str, Array], int]:
    """The value of each layer's tensor, by the layer's name, in evaluation mode; and how many
    multiply-accumulates of convolutions and matrix products PyTorch counts on the way.
    """
    values: dict[str, Array] = dict(feeds)
    own = by_layer(weights)
    with FlopCounterMode(display=False) as counter:
        for node in graph.nodes:
            if node.name not in values:
                values[node.name] = apply(node, [values[name] for name in node.inputs], own)
    return values, counter.get_total_flops() // 2


def apply(node: Node, inputs: list[Array], weights: Mapping[str, Mapping[str, Array]]) -> Array:
    """The output of one layer.  `weights` are those of `by_layer`."""
    return apply_layer(node.layer, inputs, weights.get(node.name, {}))


def apply_layer(layer: Layer, inputs: list[Array], weights: Mapping[str, Array]) -> Array:
    """The output of a layer whose own tensors are `weights`."""
    own = {name: torch.from_numpy(array) for name, array in weights.items()}
    with torch.no_grad():
        output = RULES[layer.keyword](layer, [torch.from_numpy(x) for x in inputs], own)
    array: Array = output.numpy()
    return array


def flow(
    graph: Graph,
    inputs: Tensors,
    weights: Tensors,
    rules: Mapping[str, Rule],
    at: Mapping[str, Any] | None = None,
) -> Tensors:
    """The tensor of each layer, by its name, made so that gradients flow back through it.

    `at` are values of the layers that were computed elsewhere: each layer is then evaluated at
    those, and its own differs from them by rounding alone. Gradients are those at this very point,
    whatever side of a corner it is on.
    """
    own, values = by_layer(weights), dict(inputs)
    for node in graph.nodes:
        if node.name in values:
            continue
        reads = [values[name] for name in node.inputs]
        made = rules[node.kind](node.layer, reads, own.get(node.name, {}))
        if at is not None and node.name in at:
            there = at[node.name].to(made)
            largest = there.abs().max().clamp_min(1e-9)
            apart = float((made.detach() - there).abs().max() / largest)
            assert apart < 1e-5, f"{node.name} is {apart:.1e} apart"
            made = there + (made - made.detach())
        values[node.name] = made
    return values


def apply_sample(sample: Sample, feeds: Mapping[str, Array]) -> Array:
    """The output of a sample's layer for its `random_feeds`."""
    inputs = [f"x{i}" for i in range(len(sample.shapes))]
    own = {name: array for name, array in feeds.items() if name not in inputs}
    return apply_layer(sample.layer, [feeds[name] for name in inputs], own)


def by_layer(weights: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """`conv1.weight` under "conv1" as "weight"."""
    found: dict[str, dict[str, Any]] = {}
    for full, array in weights.items():
        layer, _, name = full.rpartition(".")
        found.setdefault(layer, {})[name] = array
    return found


def _padding(layer: Any, axis: int, size: int) -> tuple[int, int]:
    """Zeros before and after one axis (0: rows, 1: columns) of an input of that size."""
    reach = layer.dilation[axis] * (layer.kernel[axis] - 1) + 1
    if layer.pad == "valid":
        return 0, 0
    if layer.pad == "half":
        assert reach % 2 == 1
        return (reach - 1) // 2, (reach - 1) // 2
    if layer.pad == "same":
        step = _stride(layer)[axis]
        total = max((ceil(size / step) - 1) * step + reach - size, 0)
        return total // 2, total - total // 2
    return layer.pad[axis], layer.pad[axis + 2]


def _stride(layer: Any) -> tuple[int, int]:
    """The step of a window; of a pool that names none its kernel."""
    stride: tuple[int, int] | None = layer.stride
    return layer.kernel if stride is None else stride


def _conv(layer: Any, x: list[Any], w: Tensors) -> Any:
    (top, bottom), (left, right) = (_padding(layer, at, x[0].shape[at + 2]) for at in (0, 1))
    options = (layer.stride, (top, left), layer.dilation, layer.groups)
    if (top, left) == (bottom, right):
        return F.conv2d(x[0], w["weight"], w.get("bias"), *options)
    padded = F.pad(x[0], (left, right, top, bottom))
    return F.conv2d(padded, w["weight"], w.get("bias"), layer.stride, 0, *options[2:])


def _deconv(layer: Any, x: list[Any], w: Tensors) -> Any:
    """PyTorch's own where the padding is even, else its result without padding, cropped."""
    pads = [_deconv_padding(layer, at, x[0].shape[at + 2]) for at in (0, 1)]
    if layer.pad != "same" and all(before == after for before, after in pads):
        padding = [before for before, _ in pads]
        return F.conv_transpose2d(
            x[0],
            w["weight"],
            w.get("bias"),
            layer.stride,
            padding,
            layer.output_pad,
            layer.groups,
            layer.dilation,
        )
    whole = F.conv_transpose2d(
        x[0], w["weight"], None, layer.stride, 0, 0, layer.groups, layer.dilation
    )
    for at, (before, after) in enumerate(pads):
        size = whole.shape[at + 2] - before - after + layer.output_pad[at]
        if layer.pad == "same":
            size = x[0].shape[at + 2] * layer.stride[at]
        lacking = max(before + size - whole.shape[at + 2], 0)
        end = (0, 0, 0, lacking) if at == 0 else (0, lacking)
        whole = F.pad(whole, end).narrow(at + 2, before, size)
    return whole if "bias" not in w else whole + w["bias"][:, None, None]


def _deconv_padding(layer: Any, axis: int, size: int) -> tuple[int, int]:
    """The padding of the convolution whose gradient it is; of `same` on `size * stride` pixels."""
    return _padding(layer, axis, size * layer.stride[axis] if layer.pad == "same" else size)


def _max_pool(layer: Any, x: list[Any], w: Tensors) -> Any:
    pads = [_padding(layer, at, x[0].shape[at + 2]) for at in (0, 1)]
    step = _stride(layer)
    if _native(layer, pads):
        padding = [before for before, _ in pads]
        return F.max_pool2d(x[0], layer.kernel, step, padding, layer.dilation, layer.ceil)
    filled = _fit(layer, x[0], pads, -torch.inf)
    return F.max_pool2d(filled, layer.kernel, step, 0, layer.dilation)


def _average_pool(layer: Any, x: list[Any], w: Tensors) -> Any:
    """PyTorch's own where it can express it, else sums over the window's taps."""
    pads = [_padding(layer, at, x[0].shape[at + 2]) for at in (0, 1)]
    step = _stride(layer)
    if _native(layer, pads) and layer.dilation == (1, 1):
        padding = [before for before, _ in pads]
        return F.avg_pool2d(x[0], layer.kernel, step, padding, layer.ceil, layer.count_pad)
    (top, bottom), (left, right) = pads
    counted = torch.ones(1, 1, *x[0].shape[2:])
    if layer.count_pad:
        counted = F.pad(counted, (left, right, top, bottom), value=1.0)
        counted = _fit(layer, counted, [(0, 0), (0, 0)], 0.0, _sizes(layer, x[0], pads))
    else:
        counted = _fit(layer, counted, pads, 0.0)
    sums, counts = (
        F.unfold(whole.flatten(0, 1)[:, None], layer.kernel, layer.dilation, 0, step).sum(1)
        for whole in (_fit(layer, x[0], pads, 0.0), counted)
    )
    means = sums / counts
    return means.reshape(*x[0].shape[:2], *_sizes(layer, x[0], pads))


def _native(layer: Any, pads: list[tuple[int, int]]) -> bool:
    """Whether PyTorch's pools take the padding: even, at most half of the kernel."""
    return all(
        before == after and 2 * before <= side
        for (before, after), side in zip(pads, layer.kernel, strict=True)
    )


def _sizes(layer: Any, x: Any, pads: list[tuple[int, int]]) -> tuple[int, int]:
    """Rows and columns of a pool: floored, or with `ceil` rounded up, less a last window that would
    start in the end padding.
    """
    found = []
    for at, (before, after) in enumerate(pads):
        size, step = x.shape[at + 2], _stride(layer)[at]
        reach = layer.dilation[at] * (layer.kernel[at] - 1) + 1
        steps = (size + before + after - reach) / step
        count = int(steps) + 1
        if layer.ceil and ceil(steps) * step < size + before:
            count = ceil(steps) + 1
        found.append(count)
    return found[0], found[1]


def _fit(
    layer: Any,
    x: Any,
    pads: list[tuple[int, int]],
    fill: float,
    sizes: tuple[int, int] | None = None,
) -> Any:
    """The input filled up: at its start by the padding, at its end to where windows reach."""
    sizes = _sizes(layer, x, pads) if sizes is None else sizes
    borders = []
    for at, (before, _) in enumerate(pads):
        reach = layer.dilation[at] * (layer.kernel[at] - 1) + 1
        after = (sizes[at] - 1) * _stride(layer)[at] + reach - before - x.shape[at + 2]
        borders.append((before, after))
    return F.pad(x, (*borders[1], *borders[0]), value=fill)


def _group_norm(x: Any, groups: int, eps: float, w: Tensors) -> Any:
    """By its definition, for PyTorch's own refuses groups of one element."""
    grouped = x.reshape(len(x), groups, -1)
    variance, mean = torch.var_mean(grouped, 2, correction=0, keepdim=True)
    normal = ((grouped - mean) / torch.sqrt(variance + eps)).reshape(x.shape)
    over_space = (slice(None), *[None] * (x.ndim - 2))
    return normal * w["weight"][over_space] + w["bias"][over_space]


def _maxout(layer: Any, x: list[Any], w: Tensors) -> Any:
    return x[0].unflatten(1, (-1, layer.pieces)).amax(2)


def _mul(layer: Any, x: list[Any], w: Tensors) -> Any:
    rank = max(tensor.ndim for tensor in x)
    product = x[0][(..., *[None] * (rank - x[0].ndim))]
    for tensor in x[1:]:
        product = product * tensor[(..., *[None] * (rank - tensor.ndim))]
    return product


def _pad_channels(layer: Any, x: list[Any], w: Tensors) -> Any:
    after = layer.filters - x[0].shape[1]
    return F.pad(x[0], (*[0] * 2 * (x[0].ndim - 2), 0, after))


def _shuffle(layer: Any, x: list[Any], w: Tensors) -> Any:
    return x[0].unflatten(1, (layer.groups, -1)).transpose(1, 2).flatten(1, 2)


def _upsample(layer: Any, x: list[Any], w: Tensors) -> Any:
    corners = {"align_corners": False} if layer.mode == "bilinear" else {}
    return F.interpolate(x[0], scale_factor=layer.scale, mode=layer.mode, **corners)


def _each(function: Callable[..., Any]) -> Rule:
    return lambda layer, x, w: function(x[0])


RULES: dict[str, Rule] = {
    "INPUT": lambda layer, x, w: x[0],
    "CONV": _conv,
    "DECONV": _deconv,
    "POOL": _max_pool,
    "AVGPOOL": _average_pool,
    "GAP": lambda layer, x, w: x[0].mean((2, 3), keepdim=layer.keep),
    "GMP": lambda layer, x, w: x[0].amax((2, 3), keepdim=layer.keep),
    "FC": lambda layer, x, w: F.linear(x[0], w["weight"], w.get("bias")),
    "BN": lambda layer, x, w: F.batch_norm(
        x[0], w["running_mean"], w["running_var"], w["weight"], w["bias"], eps=layer.eps
    ),
    "LRN": lambda layer, x, w: F.local_response_norm(
        x[0], layer.size, layer.alpha, layer.beta, layer.k
    ),
    "LAYERNORM": lambda layer, x, w: F.layer_norm(
        x[0], x[0].shape[1:], w["weight"], w["bias"], layer.eps
    ),
    "GROUPNORM": lambda layer, x, w: _group_norm(x[0], layer.groups, layer.eps, w),
    "INSTANCENORM": lambda layer, x, w: _group_norm(x[0], x[0].shape[1], layer.eps, w),
    "DROPOUT": lambda layer, x, w: F.dropout(x[0], layer.rate, training=False),
    "RELU": _each(F.relu),
    "LEAKYRELU": lambda layer, x, w: F.leaky_relu(x[0], layer.slope),
    "PRELU": lambda layer, x, w: F.prelu(x[0], w["weight"]),
    "ELU": _each(F.elu),
    "SELU": _each(F.selu),
    "GELU": _each(F.gelu),
    "SILU": _each(F.silu),
    "RELU6": _each(F.relu6),
    "HARDSWISH": _each(F.hardswish),
    "HARDSIGMOID": _each(F.hardsigmoid),
    "SIGMOID": _each(torch.sigmoid),
    "TANH": _each(torch.tanh),
    "SOFTPLUS": _each(F.softplus),
    "ABS": _each(torch.abs),
    "IDENTITY": _each(torch.nn.Identity()),
    "MAXOUT": _maxout,
    "SOFTMAX": lambda layer, x, w: F.softmax(x[0], layer.axis + 1),
    "LOGSOFTMAX": lambda layer, x, w: F.log_softmax(x[0], layer.axis + 1),
    "ADD": lambda layer, x, w: reduce(torch.add, x),
    "MUL": _mul,
    "CONCAT": lambda layer, x, w: torch.cat(x, 1),
    "PADC": _pad_channels,
    "SUBSAMPLE": lambda layer, x, w: x[0][:, :, :: layer.stride[0], :: layer.stride[1]],
    "SHUFFLE": _shuffle,
    "SPLIT": lambda layer, x, w: torch.chunk(x[0], layer.of, 1)[layer.index],
    "UPSAMPLE": _upsample,
    "FLATTEN": lambda layer, x, w: x[0].flatten(1),
    "RESHAPE": lambda layer, x, w: x[0].reshape(len(x[0]), *layer.shape),
}

#: The same in training: BN changes its running statistics, and DROPOUT drops by a tensor `mask` of
#: its own, or nothing where it has none.
TRAINING_RULES: dict[str, Rule] = {
    **RULES,
    "DROPOUT": lambda layer, x, w: x[0] * w["mask"] if w else x[0],
    "BN": lambda layer, x, w: F.batch_norm(
        x[0],
        w["running_mean"],
        w["running_var"],
        w["weight"],
        w["bias"],
        training=True,
        momentum=0.1,
        eps=layer.eps,
    ),
}
