"""What ONNX's operators are in PyTorch: those that layers are lowered to.

Each rule adds calls to a torch.fx graph, as a person would write them: `conv2d` with its padding
where that is even, a pad before it where it is not.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from math import inf
from typing import Any, TypeAlias

#: (calls, inputs, attributes) -> the node of the result. Inputs are nodes, and arrays where they
#: say how (shapes, axes, borders); an absent one is None.
Rule: TypeAlias = "Callable[[Calls, list[Any], Mapping[str, Any]], Any]"


class Calls:
    """Adds calls of torch's functions to a torch.fx graph."""

    def __init__(self, graph: Any, torch: Any) -> None:
        self.graph, self.torch = graph, torch
        self.functional = torch.nn.functional

    def __call__(self, function: Any, *arguments: Any, **options: Any) -> Any:
        """A call; the function is one of torch's, or the name of one."""
        if isinstance(function, str):
            home = self.functional if hasattr(self.functional, function) else self.torch
            function = getattr(home, function)
        return self.graph.call_function(function, arguments, options)

    def method(self, name: str, *arguments: Any) -> Any:
        """A call of a tensor's method."""
        return self.graph.call_method(name, arguments)


def _even(calls: Calls, x: Any, pads: list[int], fill: float = 0.0) -> tuple[Any, tuple[int, int]]:
    """An input and the padding that is left for PyTorch, which pads both ends of an axis alike."""
    top, left, bottom, right = pads or (0, 0, 0, 0)
    if (top, left) == (bottom, right):
        return x, (top, left)
    return calls("pad", x, (left, right, top, bottom), value=fill), (0, 0)


def _conv(calls: Calls, inputs: list[Any], at: Mapping[str, Any]) -> Any:
    x, padding = _even(calls, inputs[0], list(at.get("pads", ())))
    weight, bias = inputs[1], inputs[2] if len(inputs) > 2 else None
    stride, dilation = tuple(at["strides"]), tuple(at["dilations"])
    return calls("conv2d", x, weight, bias, stride, padding, dilation, at.get("group", 1))


def _conv_transpose(calls: Calls, inputs: list[Any], at: Mapping[str, Any]) -> Any:
    """Where the sides of its padding differ, without, and then cropped."""
    top, left, bottom, right = at["pads"]
    even = (top, left) == (bottom, right)
    whole = calls(
        "conv_transpose2d",
        *(inputs[0], inputs[1], inputs[2] if len(inputs) > 2 else None, tuple(at["strides"])),
        *((top, left) if even else (0, 0), tuple(at["output_padding"])),
        *(at["group"], tuple(at["dilations"])),
    )
    return whole if even else calls("pad", whole, (-left, -right, -top, -bottom))


def _max_pool(calls: Calls, inputs: list[Any], at: Mapping[str, Any]) -> Any:
    kernel, stride = tuple(at["kernel_shape"]), tuple(at["strides"])
    x, padding = _even(calls, inputs[0], list(at["pads"]), -inf)
    if any(2 * pad > side for pad, side in zip(padding, kernel, strict=True)):
        rows, columns = padding
        x, padding = calls("pad", x, (columns, columns, rows, rows), value=-inf), (0, 0)
    return calls("max_pool2d", x, kernel, stride, padding, tuple(at["dilations"]))


def _average_pool(calls: Calls, inputs: list[Any], at: Mapping[str, Any]) -> Any:
    """By sums where PyTorch's own takes neither the padding nor the dilation."""
    kernel = tuple(at["kernel_shape"])
    stride, dilation = tuple(at.get("strides", (1, 1))), tuple(at.get("dilations", (1, 1)))
    top, left, bottom, right = at.get("pads", (0, 0, 0, 0))
    counted = bool(at.get("count_include_pad", 0))
    even = (top, left) == (bottom, right) and 2 * top <= kernel[0] and 2 * left <= kernel[1]
    if even and dilation == (1, 1):
        return calls("avg_pool2d", inputs[0], kernel, stride, (top, left), False, counted)
    border = (left, right, top, bottom)
    x = calls("pad", inputs[0], border)
    ones = calls("pad", calls("ones_like", inputs[0]), border, value=float(counted))
    sums, counts = (_window_sums(calls, a, kernel, stride, dilation) for a in (x, ones))
    return calls("div", sums, counts)


def _window_sums(calls: Calls, x: Any, kernel: Any, stride: Any, dilation: Any) -> Any:
    """Sums over windows: a convolution of each channel with ones."""
    channels = calls(operator.getitem, calls.method("size", x), 1)
    taps = calls.method("expand", calls.method("new_ones", x, (1, 1, *kernel)), channels, 1, -1, -1)
    return calls("conv2d", x, taps, None, stride, 0, dilation, channels)


def _gemm(calls: Calls, inputs: list[Any], at: Mapping[str, Any]) -> Any:
    if at.get("transB", 0) and at.get("alpha", 1.0) == at.get("beta", 1.0) == 1.0:
        return calls("linear", *inputs)
    raise NotImplementedError(f"Gemm with {dict(at)}")


def _batch_norm(calls: Calls, inputs: list[Any], at: Mapping[str, Any]) -> Any:
    x, weight, bias, mean, variance = inputs
    return calls("batch_norm", x, mean, variance, weight, bias, False, 0.0, at["epsilon"])


def _layer_norm(calls: Calls, inputs: list[Any], at: Mapping[str, Any]) -> Any:
    x, weight, bias = inputs
    shape = calls(operator.getitem, calls.method("size", x), slice(at["axis"], None))
    return calls("layer_norm", x, shape, weight, bias, at["epsilon"])


def _instance_norm(calls: Calls, inputs: list[Any], at: Mapping[str, Any]) -> Any:
    x, weight, bias = inputs
    return calls("instance_norm", x, None, None, weight, bias, True, 0.0, at["epsilon"])


def _lrn(calls: Calls, inputs: list[Any], at: Mapping[str, Any]) -> Any:
    return calls("local_response_norm", *inputs, at["size"], at["alpha"], at["beta"], at["bias"])


def _pad(calls: Calls, inputs: list[Any], at: Mapping[str, Any]) -> Any:
    """ONNX names all starts, then all ends; PyTorch the last axis first, start and end."""
    pads = inputs[1].tolist()
    rank = len(pads) // 2
    border = [pads[side * rank + axis] for axis in reversed(range(rank)) for side in (0, 1)]
    fill = float(inputs[2]) if len(inputs) > 2 else 0.0
    return calls("pad", inputs[0], tuple(border), value=fill)


def _reshape(calls: Calls, inputs: list[Any], at: Mapping[str, Any]) -> Any:
    """0 in ONNX's shape is the input's own size, which here is the batch's alone."""
    sizes = inputs[1].tolist()
    if sizes[0] != 0:
        return calls("reshape", inputs[0], tuple(sizes))
    batch = calls(operator.getitem, calls.method("size", inputs[0]), 0)
    return calls("reshape", inputs[0], (batch, *sizes[1:]))


def _slice(calls: Calls, inputs: list[Any], at: Mapping[str, Any]) -> Any:
    x, first, last, axes = inputs[:4]
    strides = inputs[4].tolist() if len(inputs) > 4 else [1] * len(first)
    index = [slice(None)] * (max(axes.tolist()) + 1)
    for at_axis, *bounds in zip(axes.tolist(), first.tolist(), last.tolist(), strides, strict=True):
        index[at_axis] = slice(*bounds)
    return calls(operator.getitem, x, tuple(index))


def _resize(calls: Calls, inputs: list[Any], at: Mapping[str, Any]) -> Any:
    mode = {"nearest": "nearest", "linear": "bilinear"}[at["mode"]]
    corners = {"align_corners": False} if mode == "bilinear" else {}
    scales = tuple(inputs[2].tolist()[2:])  # of the batch and the channels they are 1
    return calls("interpolate", inputs[0], scale_factor=scales, mode=mode, **corners)


def _unsqueeze(calls: Calls, inputs: list[Any], at: Mapping[str, Any]) -> Any:
    x = inputs[0]
    for axis in sorted(inputs[1].tolist()):
        x = calls("unsqueeze", x, axis)
    return x


def _softmax(name: str) -> Rule:
    return lambda calls, inputs, at: calls(name, inputs[0], at["axis"])


def _each(name: str, *wanted: str, **fixed: Any) -> Rule:
    """A function of torch that takes the inputs, and these attributes after them."""
    return lambda calls, inputs, at: calls(name, *inputs, *(at[key] for key in wanted), **fixed)


RULES: Mapping[str, Rule] = {
    "Abs": _each("abs"),
    "Add": _each("add"),
    "AveragePool": _average_pool,
    "BatchNormalization": _batch_norm,
    "Clip": lambda calls, inputs, at: calls("clamp", inputs[0], *map(float, inputs[1:])),
    "Concat": lambda calls, inputs, at: calls("cat", inputs, at["axis"]),
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "Div": _each("div"),
    "Elu": _each("elu"),
    "Flatten": lambda calls, inputs, at: calls("flatten", inputs[0], at["axis"]),
    "Gelu": _each("gelu"),
    "Gemm": _gemm,
    "GlobalAveragePool": lambda calls, inputs, at: calls("adaptive_avg_pool2d", inputs[0], 1),
    "GlobalMaxPool": lambda calls, inputs, at: calls("adaptive_max_pool2d", inputs[0], 1),
    "HardSigmoid": _each("hardsigmoid"),
    "HardSwish": _each("hardswish"),
    "Identity": lambda calls, inputs, at: inputs[0],
    "InstanceNormalization": _instance_norm,
    "LRN": _lrn,
    "LayerNormalization": _layer_norm,
    "LeakyRelu": _each("leaky_relu", "alpha"),
    "LogSoftmax": _softmax("log_softmax"),
    "MaxPool": _max_pool,
    "Mul": _each("mul"),
    "PRelu": lambda calls, inputs, at: calls("prelu", inputs[0], calls("flatten", inputs[1])),
    "Pad": _pad,
    "Pow": _each("pow"),
    "ReduceMax": lambda calls, inputs, at: calls("amax", inputs[0], tuple(inputs[1].tolist())),
    "Relu": _each("relu"),
    "Reshape": _reshape,
    "Resize": _resize,
    "Selu": _each("selu"),
    "Sigmoid": _each("sigmoid"),
    "Slice": _slice,
    "Softmax": _softmax("softmax"),
    "Softplus": _each("softplus"),
    "Tanh": _each("tanh"),
    "Transpose": lambda calls, inputs, at: calls("permute", inputs[0], tuple(at["perm"])),
    "Unsqueeze": _unsqueeze,
}
