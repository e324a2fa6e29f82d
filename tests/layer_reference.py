"""What each layer kind computes, in PyTorch's words; pools that it lacks by their definition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from netspec.layers import TensorType
from tests.layer_samples import Sample

torch: Any = pytest.importorskip("torch", reason="values are compared with PyTorch (dev extra)")
F: Any = torch.nn.functional

Reference = Callable[[Any, list[Any], dict[str, Any]], Any]


def reference(sample: Sample, feeds: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    """The output by PyTorch."""
    tensors = {name: torch.from_numpy(array) for name, array in feeds.items()}
    inputs = [tensors.pop(f"x{i}") for i in range(len(sample.shapes))]
    with torch.no_grad():
        result = REFERENCES[sample.layer.keyword](sample.layer, inputs, tensors)
    output: NDArray[np.float32] = result.numpy()
    return output


def _conv(layer: Any, x: list[Any], w: dict[str, Any]) -> Any:
    top, left, bottom, right = layer.window((_type(x[0]),)).pads
    return F.conv2d(
        F.pad(x[0], (left, right, top, bottom)),
        w["weight"],
        w.get("bias"),
        layer.stride,
        0,
        layer.dilation,
        layer.groups,
    )


def _deconv(layer: Any, x: list[Any], w: dict[str, Any]) -> Any:
    """Without padding, then cropped: PyTorch's own padding is the same on both sides."""
    full = F.conv_transpose2d(
        x[0], w["weight"], None, layer.stride, 0, 0, layer.groups, layer.dilation
    )
    rows, columns = x[0].shape[2] * layer.stride[0], x[0].shape[3] * layer.stride[1]
    if layer.pad == "same":
        over = full.shape[2] - rows, full.shape[3] - columns
        top, left = max(over[0], 0) // 2, max(over[1], 0) // 2
    elif layer.pad == "half":
        (top, left) = (layer.dilation[i] * (layer.kernel[i] - 1) // 2 for i in range(2))
        rows = full.shape[2] - 2 * top + layer.output_pad[0]
        columns = full.shape[3] - 2 * left + layer.output_pad[1]
    else:
        top, left, bottom, right = (0, 0, 0, 0) if layer.pad == "valid" else layer.pad
        rows = full.shape[2] - top - bottom + layer.output_pad[0]
        columns = full.shape[3] - left - right + layer.output_pad[1]
    end = F.pad(full, (0, max(columns, 0), 0, max(rows, 0)))
    cropped = end[:, :, top : top + rows, left : left + columns]
    return cropped + w["bias"][:, None, None] if "bias" in w else cropped


def _max_pool(layer: Any, x: list[Any], w: dict[str, Any]) -> Any:
    if padding := _torch_padding(layer, x[0]):
        return F.max_pool2d(x[0], layer.kernel, layer.step, padding, layer.dilation, layer.ceil)
    return _pool_by_definition(layer, x[0], lambda taps, counts: taps.amax(-1), -torch.inf)


def _average_pool(layer: Any, x: list[Any], w: dict[str, Any]) -> Any:
    padding = _torch_padding(layer, x[0])
    if padding and layer.dilation == (1, 1):
        return F.avg_pool2d(x[0], layer.kernel, layer.step, padding, layer.ceil, layer.count_pad)
    return _pool_by_definition(layer, x[0], lambda taps, counts: taps.sum(-1) / counts, 0.0)


def _torch_padding(layer: Any, x: Any) -> tuple[int, int] | None:
    """The padding as PyTorch's pools take it: equal on both sides, at most half of the kernel."""
    window = layer.window((_type(x),))
    top, left, bottom, right = window.pads
    most = layer.kernel[0] // 2, layer.kernel[1] // 2
    if (top, left) != (bottom, right) or top > most[0] or left > most[1]:
        return None
    return top, left


def _pool_by_definition(layer: Any, x: Any, combine: Any, fill: float) -> Any:
    """Windows one by one."""
    window = layer.window((_type(x),))
    top, left, bottom, right = window.pads
    starts, taps = [], []
    for axis, (before, after) in enumerate(((top, bottom), (left, right))):
        size, span, step = x.shape[axis + 2], window.extent[axis], window.stride[axis]
        total = size + before + after
        found = [at for at in range(0, total, step) if at + span <= total]
        if layer.ceil and found[-1] + span < total and found[-1] + step < size + before:
            found.append(found[-1] + step)
        starts.append([at - before for at in found])
        taps.append([layer.dilation[axis] * i for i in range(layer.kernel[axis])])
    rows = []
    for row in starts[0]:
        columns = []
        for column in starts[1]:
            places = [(row + a, column + b) for a in taps[0] for b in taps[1]]
            inside = [
                x[:, :, a, b] for a, b in places if 0 <= a < x.shape[2] and 0 <= b < x.shape[3]
            ]
            counted = sum(
                -top <= a < x.shape[2] + bottom and -left <= b < x.shape[3] + right
                for a, b in places
            )
            count = counted if getattr(layer, "count_pad", False) else len(inside)
            columns.append(combine(torch.stack(inside, -1), count))
        rows.append(torch.stack(columns, -1))
    return torch.stack(rows, -2)


def _maxout(layer: Any, x: list[Any], w: dict[str, Any]) -> Any:
    groups = x[0].shape[1] // layer.pieces
    return torch.stack(
        [x[0][:, c * layer.pieces : (c + 1) * layer.pieces].amax(1) for c in range(groups)], 1
    )


def _mul(layer: Any, x: list[Any], w: dict[str, Any]) -> Any:
    rank = max(tensor.ndim for tensor in x)
    product = torch.ones(())
    for tensor in x:
        product = product * tensor.reshape(*tensor.shape, *[1] * (rank - tensor.ndim))
    return product


def _resize(layer: Any, x: list[Any], w: dict[str, Any]) -> Any:
    if layer.mode == "nearest":
        return F.interpolate(x[0], scale_factor=layer.scale)
    return F.interpolate(x[0], scale_factor=layer.scale, mode="bilinear", align_corners=False)


def _each(function: Any) -> Reference:
    return lambda layer, x, w: function(x[0])


def _type(x: Any) -> TensorType:
    return TensorType(tuple(x.shape[1:]))


REFERENCES: dict[str, Reference] = {
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
    "GROUPNORM": lambda layer, x, w: F.group_norm(
        x[0], layer.groups, w["weight"], w["bias"], layer.eps
    ),
    "INSTANCENORM": lambda layer, x, w: F.instance_norm(
        x[0], weight=w["weight"], bias=w["bias"], eps=layer.eps
    ),
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
    "IDENTITY": lambda layer, x, w: x[0],
    "MAXOUT": _maxout,
    "SOFTMAX": lambda layer, x, w: F.softmax(x[0], layer.axis + 1),
    "LOGSOFTMAX": lambda layer, x, w: F.log_softmax(x[0], layer.axis + 1),
    "ADD": lambda layer, x, w: sum(x),
    "MUL": _mul,
    "CONCAT": lambda layer, x, w: torch.cat(x, 1),
    "PADC": lambda layer, x, w: torch.cat(
        [x[0], torch.zeros(len(x[0]), layer.filters - x[0].shape[1], *x[0].shape[2:])], 1
    ),
    "SUBSAMPLE": lambda layer, x, w: x[0][:, :, :: layer.stride[0], :: layer.stride[1]],
    "SHUFFLE": lambda layer, x, w: (
        F.channel_shuffle(x[0], layer.groups)
        if x[0].ndim > 2
        else F.channel_shuffle(x[0][:, :, None], layer.groups)[:, :, 0]
    ),
    "SPLIT": lambda layer, x, w: torch.chunk(x[0], layer.of, 1)[layer.index],
    "UPSAMPLE": _resize,
    "FLATTEN": lambda layer, x, w: x[0].flatten(1),
    "RESHAPE": lambda layer, x, w: x[0].reshape(len(x[0]), *layer.shape),
}
