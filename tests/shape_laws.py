"""The shape laws of the language reference, written once more for the nets that tests generate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any, TypeAlias

Shape: TypeAlias = tuple[int, ...]
Arguments: TypeAlias = Mapping[str, Any]


class UnfitError(Exception):
    """A layer does not suit the tensor that enters it."""


def need(condition: bool) -> None:
    """UnfitError unless it holds."""
    if not condition:
        raise UnfitError


def output_shape(kind: str, args: Arguments, shape: Shape) -> Shape:
    """The shape that a layer makes of one tensor."""
    need(kind not in _SPATIAL or len(shape) == 3)
    out = LAWS[kind](args, shape) if kind in LAWS else shape
    need(min(out) >= 1 and prod(out) <= 20_000)
    return out


def pair(value: Any) -> tuple[int, int]:
    """`3` or `[3, 5]` as (height, width)."""
    return (value, value) if isinstance(value, int) else (value[0], value[1])


def pads(value: Any) -> Any:
    """A padding that is no word as (top, left, bottom, right)."""
    if isinstance(value, str):
        return value
    listed = [value] * 4 if isinstance(value, int) else list(value)
    return tuple(listed * 2 if len(listed) == 2 else listed)


def _window(args: Arguments, shape: Shape, *, pool: bool) -> Shape:
    kernel = pair(args.get("kernel", 2 if pool else 3))
    stride, dilation = (
        pair(args.get("stride", kernel if pool else 1)),
        pair(args.get("dilation", 1)),
    )
    pad, sizes = pads(args.get("pad", "valid")), []
    for at in (0, 1):
        size, reach = shape[at + 1], dilation[at] * (kernel[at] - 1) + 1
        if pad == "same":
            sizes.append(-(-size // stride[at]))
            need(not pool or size >= dilation[at])
            continue
        need(pad != "half" or reach % 2 == 1)
        words = {"valid": (0, 0), "half": (reach // 2, reach // 2)}
        before, after = words[pad] if isinstance(pad, str) else (pad[at], pad[at + 2])
        need(size + before + after >= reach and (not pool or max(before, after) < reach))
        need(not pool or size >= dilation[at] or before + after == 0)
        over = size + before + after - reach
        count = over // stride[at] + 1
        if args.get("ceil") and over % stride[at] and count * stride[at] < size + before:
            count += 1
        sizes.append(count)
    return sizes[0], sizes[1]


def _conv(args: Arguments, shape: Shape) -> Shape:
    groups = args.get("groups", 1)
    need(shape[0] % groups == 0 and args["filters"] % groups == 0)
    return (args["filters"], *_window(args, shape, pool=False))


def _deconv(args: Arguments, shape: Shape) -> Shape:
    groups, more = args.get("groups", 1), pair(args.get("output_pad", 0))
    need(shape[0] % groups == 0 and args["filters"] % groups == 0)
    kernel, stride = pair(args.get("kernel", 3)), pair(args.get("stride", 1))
    dilation, pad = pair(args.get("dilation", 1)), pads(args.get("pad", "valid"))
    sizes = []
    for at in (0, 1):
        size, reach = shape[at + 1], dilation[at] * (kernel[at] - 1) + 1
        need(more[at] < max(stride[at], dilation[at]) and (pad != "same" or more[at] == 0))
        need(pad != "half" or reach % 2 == 1)
        if pad == "same":
            sizes.append(size * stride[at])
            continue
        words = {"valid": 0, "half": reach - 1}
        cropped = words[pad] if isinstance(pad, str) else pad[at] + pad[at + 2]
        sizes.append((size - 1) * stride[at] + reach - cropped + more[at])
    return args["filters"], sizes[0], sizes[1]


def _divided(key: str) -> Callable[[Arguments, Shape], Shape]:
    def law(args: Arguments, shape: Shape) -> Shape:
        need(shape[0] % args[key] == 0)
        return shape[0] // args[key], *shape[1:]

    return law


def _grouped(args: Arguments, shape: Shape) -> Shape:
    need(shape[0] % args["groups"] == 0)
    return shape


def _global(args: Arguments, shape: Shape) -> Shape:
    return (shape[0], 1, 1) if args.get("keep") else shape[:1]


def _reshape(args: Arguments, shape: Shape) -> Shape:
    need(prod(args["shape"]) == prod(shape))
    return tuple(args["shape"])


def _pad_channels(args: Arguments, shape: Shape) -> Shape:
    need(args["filters"] >= shape[0])
    return args["filters"], *shape[1:]


def _softmax(args: Arguments, shape: Shape) -> Shape:
    need(args.get("axis", 0) < len(shape))
    return shape


def _upsample(args: Arguments, shape: Shape) -> Shape:
    rows, columns = pair(args.get("scale", 2))
    return shape[0], shape[1] * rows, shape[2] * columns


def _subsample(args: Arguments, shape: Shape) -> Shape:
    rows, columns = pair(args["stride"])
    return shape[0], (shape[1] - 1) // rows + 1, (shape[2] - 1) // columns + 1


def _pool(args: Arguments, shape: Shape) -> Shape:
    return (shape[0], *_window(args, shape, pool=True))


_PLANES = ("CONV", "DECONV", "POOL", "AVGPOOL", "GAP", "GMP", "LRN", "INSTANCENORM")
_SPATIAL = frozenset((*_PLANES, "SUBSAMPLE", "UPSAMPLE"))
LAWS: dict[str, Callable[[Arguments, Shape], Shape]] = {
    "CONV": _conv,
    "DECONV": _deconv,
    "POOL": _pool,
    "AVGPOOL": _pool,
    "GAP": _global,
    "GMP": _global,
    "FC": lambda args, shape: (args["units"],),
    "FLATTEN": lambda args, shape: (prod(shape),),
    "MAXOUT": _divided("pieces"),
    "SPLIT": _divided("of"),
    "SHUFFLE": _grouped,
    "GROUPNORM": _grouped,
    "RESHAPE": _reshape,
    "PADC": _pad_channels,
    "SOFTMAX": _softmax,
    "LOGSOFTMAX": _softmax,
    "UPSAMPLE": _upsample,
    "SUBSAMPLE": _subsample,
}
