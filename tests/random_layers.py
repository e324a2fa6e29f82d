"""Calls of layers with arguments drawn at random, to suit a tensor of a given shape."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from hypothesis import strategies as st

from netspec.layers import REGISTRY
from tests.random_language import Call, Formula
from tests.shape_laws import Shape, need

Draw = Callable[[st.SearchStrategy[Any]], Any]

#: Names of arguments by kind, the positional ones first, and how many those are.
WINDOW = ("kernel", "stride", "pad", "dilation")
#: Layers without arguments that take any tensor and keep its shape.
PLAIN = (
    *("RELU", "PRELU", "ELU", "SELU", "GELU", "SILU", "RELU6", "HARDSWISH", "HARDSIGMOID"),
    *("SIGMOID", "TANH", "SOFTPLUS", "ABS", "IDENTITY", "LEAKYRELU", "DROPOUT", "LAYERNORM", "BN"),
)
#: Layers that need rows and columns.
PLANAR = (
    *("CONV", "CONV", "CONV", "DECONV", "POOL", "POOL", "AVGPOOL", "AVGPOOL", "LRN"),
    *("INSTANCENORM", "SUBSAMPLE", "UPSAMPLE", "GAP", "GMP"),
)
#: Layers that take rows and columns or features.
OTHER = (
    *("FC", "GROUPNORM", "MAXOUT", "SOFTMAX", "LOGSOFTMAX", "PADC", "SHUFFLE", "SPLIT"),
    *("FLATTEN", "RESHAPE"),
)
REACHED = frozenset((*PLAIN, *PLANAR, *OTHER, "INPUT", "ADD", "MUL", "CONCAT"))
assert frozenset(REGISTRY) == REACHED, "a new kind needs a place here"


def channels(draw: Draw, shape: Shape, most: int = 12) -> int | Formula:
    """A number of channels: as it is, or as a formula of those that come in."""
    c = shape[0]
    formulas = [
        Formula("C", lambda scope, s: s[0]),
        Formula("C%3+2", lambda scope, s: s[0] % 3 + 2),
        Formula("(C+2)*2-C", lambda scope, s: (s[0] + 2) * 2 - s[0]),
        Formula("-(2-C*2)/2+1", lambda scope, s: -(2 - s[0] * 2) // 2 + 1),
    ]
    if c % 2 == 0:
        formulas.append(Formula("C/2", lambda scope, s: halved(s[0])))
    if len(shape) == 3:
        formulas.append(Formula("H+1", lambda scope, s: s[1] + 1))
        formulas.append(Formula("W*2%7+1", lambda scope, s: s[2] * 2 % 7 + 1))
    if draw(st.booleans()):
        return draw(st.sampled_from(formulas))  # type: ignore[no-any-return]  # of the strategy
    return draw(st.integers(1, most))  # type: ignore[no-any-return]  # of the strategy


def halved(number: int) -> int:
    """`/2` of the language."""
    need(number % 2 == 0)
    return number // 2


def divisor(draw: Draw, number: int) -> int:
    """A number that divides another."""
    found = [part for part in range(1, number + 1) if number % part == 0]
    return draw(st.sampled_from(found))  # type: ignore[no-any-return]  # of the strategy


def sides(draw: Draw, most: int, least: int = 1) -> int | tuple[int, int]:
    """A size over space, as one number or two."""
    one = st.integers(least, most)
    return draw(st.one_of(one, st.tuples(one, one)))  # type: ignore[no-any-return]  # of the strategy


def padding(draw: Draw, most: int = 2) -> Any:
    """A padding in each of the ways in which it can be written."""
    one = st.integers(0, most)
    return draw(
        st.one_of(
            st.sampled_from(("valid", "half", "half", "same")),
            one,
            st.tuples(one, one),
            st.tuples(one, one, one, one),
        )
    )


def _call(draw: Draw, kind: str, args: dict[str, Any], positional: int, required: int = 0) -> Call:
    """A call with some of the arguments: the required ones, and any others."""
    kept = {
        name: value
        for at, (name, value) in enumerate(args.items())
        if at < required or draw(st.integers(0, 2))
    }
    leading = 0
    while leading < min(positional, len(kept)) and list(args)[leading] == list(kept)[leading]:
        leading += 1
    return Call(kind, kept, draw(st.integers(0, leading)))


def _conv(draw: Draw, shape: Shape) -> Call:
    groups = divisor(draw, shape[0]) if draw(st.booleans()) else 1
    filters = channels(draw, shape)
    if groups > 1:
        filters = groups * draw(st.integers(1, 3))
    args = {
        "filters": filters,
        "kernel": sides(draw, 4),
        "stride": sides(draw, 3),
        "pad": padding(draw),
        "dilation": sides(draw, 2),
        "bias": draw(st.booleans()),
    }
    call = _call(draw, "CONV", args, 3, required=1)
    return Call("CONV", {**call.args, "groups": groups}, call.positional) if groups > 1 else call


def _deconv(draw: Draw, shape: Shape) -> Call:
    call = _conv(draw, shape)
    more = {"output_pad": sides(draw, 2, 0)} if draw(st.booleans()) else {}
    return Call("DECONV", {**call.args, **more}, call.positional)


def _pool(draw: Draw, kind: str) -> Call:
    args = {
        "kernel": sides(draw, 4),
        "stride": sides(draw, 4),
        "pad": padding(draw),
        "ceil": draw(st.booleans()),
        "dilation": sides(draw, 2) if draw(st.integers(0, 3)) == 0 else 1,
    }
    if kind == "AVGPOOL":
        args["count_pad"] = draw(st.booleans())
    return _call(draw, kind, args, 2)


def _reshape(draw: Draw, shape: Shape) -> Call:
    size = prod(shape)
    first = divisor(draw, size)
    second = divisor(draw, size // first)
    whole = (first, second, size // first // second)
    return Call("RESHAPE", {"shape": draw(st.sampled_from((whole, (size,))))}, 1)


def draw_call(draw: Draw, shape: Shape) -> Call:
    """A call of any layer kind that may suit the shape."""
    if draw(st.integers(0, 2)) == 0:
        return plain_call(draw)
    kind = draw(st.sampled_from((*PLANAR, *OTHER) if len(shape) == 3 else OTHER))
    match kind:
        case "CONV":
            return _conv(draw, shape)
        case "DECONV":
            return _deconv(draw, shape)
        case "POOL" | "AVGPOOL":
            return _pool(draw, kind)
        case "RESHAPE":
            return _reshape(draw, shape)
    return _call(draw, kind, *_ARGUMENTS[kind](draw, shape))


def plain_call(draw: Draw) -> Call:
    """A call of a layer that keeps the shape of any tensor."""
    kind = draw(st.sampled_from(PLAIN))
    options: dict[str, dict[str, Any]] = {
        "LEAKYRELU": {"slope": draw(st.sampled_from((0.2, 0.125, 1)))},
        "DROPOUT": {"rate": draw(st.sampled_from((0, 0.25, 0.5)))},
        "BN": {"eps": 0.001},
        "LAYERNORM": {"eps": 0.01},
    }
    positional, required = int(kind in ("LEAKYRELU", "DROPOUT")), int(kind == "LAYERNORM")
    return _call(draw, kind, options.get(kind, {}), positional, required)


def _slices(draw: Draw, shape: Shape) -> dict[str, Any]:
    of = divisor(draw, shape[0])
    return {"index": draw(st.integers(0, of - 1)), "of": of}


#: Arguments, how many of them may be positional, how many must be there.
_ARGUMENTS: dict[str, Callable[[Draw, Shape], tuple[dict[str, Any], int, int]]] = {
    "LRN": lambda draw, s: (
        {"size": draw(st.integers(1, 5)), "alpha": 0.5, "beta": 0.75, "k": 2},
        *(1, 0),
    ),
    # of planes without variance, which are frequent here, a small eps shows only rounding
    "INSTANCENORM": lambda draw, s: ({"eps": 0.01}, 0, 1),
    "SUBSAMPLE": lambda draw, s: ({"stride": sides(draw, 3)}, 1, 1),
    "UPSAMPLE": lambda draw, s: (
        {"scale": sides(draw, 3), "mode": draw(st.sampled_from(("nearest", "bilinear")))},
        *(1, 0),
    ),
    "GAP": lambda draw, s: ({"keep": draw(st.booleans())}, 0, 0),
    "GMP": lambda draw, s: ({"keep": draw(st.booleans())}, 0, 0),
    "FC": lambda draw, s: ({"units": channels(draw, s[:1]), "bias": draw(st.booleans())}, 1, 1),
    "GROUPNORM": lambda draw, s: ({"groups": divisor(draw, s[0]), "eps": 0.01}, 0, 2),
    "MAXOUT": lambda draw, s: ({"pieces": divisor(draw, s[0])}, 1, 1),
    "SOFTMAX": lambda draw, s: ({"axis": draw(st.integers(0, len(s) - 1))}, 0, 0),
    "LOGSOFTMAX": lambda draw, s: ({"axis": draw(st.integers(0, len(s) - 1))}, 0, 0),
    "PADC": lambda draw, s: ({"filters": s[0] + draw(st.integers(0, 3))}, 1, 1),
    "SHUFFLE": lambda draw, s: ({"groups": divisor(draw, s[0])}, 1, 1),
    "SPLIT": lambda draw, s: (_slices(draw, s), 2, 2),
    "FLATTEN": lambda draw, s: ({}, 0, 0),
}
