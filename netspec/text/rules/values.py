"""Pages of values and of arithmetic with them."""

from __future__ import annotations

from netspec.text.limits import MAX_LAYERS
from netspec.text.rules.rule import Rule, spec

VALUES = (
    Rule(
        "wrong-type",
        "error",
        "A value is of another kind than its place asks for. Examples are a word for a number,"
        " `3.0` for an integer, and a number for `yes` or `no`. The message says what is expected"
        " and what was found.",
        spec("INPUT -> CONV(8, bias=0)"),
        spec("INPUT -> CONV(8, bias=no)"),
    ),
    Rule(
        "out-of-range",
        "error",
        "A hyperparameter lies outside its bounds. Filters, kernels and strides are at least 1,"
        " pads at least 0, a dropout rate is at least 0 and below 1. `netspec layers KIND` lists"
        " them.",
        spec("INPUT -> FC(64) -> RELU -> DROPOUT(50)"),
        spec("INPUT -> FC(64) -> RELU -> DROPOUT(0.5)"),
    ),
    Rule(
        "too-large",
        "error",
        "A number is beyond what can be counted. That is 2^31-1 along one axis, and 2^63-1 for"
        " the elements of a tensor and for arithmetic: ONNX and the kernels that run a net count"
        " with such integers. A digit too many or a missing stride is the usual cause.",
        spec("INPUT -> UPSAMPLE(100000000) -> RELU"),
        spec("INPUT -> UPSAMPLE(2) -> RELU"),
    ),
    Rule(
        "inexact-division",
        "error",
        "`/` divides integers exactly, and this division has a remainder. Half a channel does not"
        " exist, and a silent rounding would make another net than the one written. Change the"
        " number, or subtract the remainder first: `(C - C%2)/2`.",
        spec("INPUT -> CONV(C/2)"),
        spec("INPUT -> CONV((C - C%2)/2)"),
    ),
    Rule(
        "division-by-zero",
        "error",
        "The right side of a `/` or `%` is 0. Where it is made of names, look at what they are"
        " bound to in `where` and in each row.",
        spec("INPUT -> CONV(8/n)", "where: {n: 0}"),
        spec("INPUT -> CONV(8/n)", "where: {n: 2}"),
    ),
    Rule(
        "too-many-layers",
        "error",
        "The net would have more layers or iterations than a net may. Repeats and blocks"
        f" multiply; the bound is {MAX_LAYERS:,}. They are counted before the first is made, so"
        " that a slip in a repeat count does not fill the memory.",
        spec(f"INPUT -> [RELU]*{2 * MAX_LAYERS}"),
        spec("INPUT -> [RELU]*2"),
    ),
)
