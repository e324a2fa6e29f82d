"""What layers refuse, and how they say it."""

from __future__ import annotations

import re

import pytest

from netspec.layers import Layer, Shape, TensorType
from netspec.layers.channel import Maxout, PadChannels, Shuffle, Softmax, Split
from netspec.layers.conv import Conv
from netspec.layers.deconv import Deconv
from netspec.layers.dense import FullyConnected
from netspec.layers.globalpool import GlobalAveragePool
from netspec.layers.merge import Add, Concat, Mul
from netspec.layers.norm import LocalResponseNorm
from netspec.layers.pool import AvgPool, MaxPool
from netspec.layers.samplenorm import GroupNorm
from netspec.layers.shape import Flatten, Reshape, Upsample
from netspec.text.diagnostics import LayerError

MAP, LARGEST = (8, 30, 30), 2**31 - 1


def refusal(layer: Layer, *shapes: Shape) -> LayerError:
    with pytest.raises(LayerError) as caught:
        layer.infer(tuple(TensorType(shape) for shape in shapes))
    return caught.value


@pytest.mark.parametrize(
    ("layer", "shapes", "code", "argument", "says"),
    [
        (Conv(8), [(10,)], "rank", None, "CONV needs CxHxW, got 10 features"),
        (MaxPool(), [(49, 64)], "rank", None, "POOL needs CxHxW, got 49x64"),
        (GlobalAveragePool(), [(10,)], "rank", None, "GAP needs CxHxW, got 10 features"),
        (LocalResponseNorm(), [(10,)], "rank", None, "LRN needs CxHxW"),
        (FullyConnected(8), [MAP], "rank", None, "FC takes a vector, got 8x30x30"),
        (
            Conv(8, (41, 41)),
            [(3, 32, 32)],
            "window-too-large",
            None,
            "CONV needs a window of 41x41, got 3x32x32",
        ),
        (
            MaxPool(),
            [(32, 1, 1)],
            "window-too-large",
            None,
            "POOL needs a window of 2x2, got 32x1x1",
        ),
        (
            Conv(8, (7, 3), pad=(1, 1, 1, 1)),
            [(3, 4, 4)],
            "window-too-large",
            None,
            "CONV needs a window of 7x3, got 3x4x4 padded to 6x6",
        ),
        (
            Conv(8, (4, 4), pad="half"),
            [MAP],
            "half-padding",
            "pad",
            "`pad: half` needs an odd window, got 4x4: (4-1)/2 is no integer",
        ),
        (
            Conv(8, groups=2),
            [(3, 32, 32)],
            "groups",
            "groups",
            "CONV needs input channels divisible by groups=2, got 3",
        ),
        (
            Conv(8, groups=3),
            [(3, 32, 32)],
            "groups",
            "groups",
            "CONV needs filters divisible by groups=3, got 8",
        ),
        (GroupNorm(), [MAP], "groups", "groups", "channels divisible by groups=32, got 8"),
        (Shuffle(3), [MAP], "groups", "groups", "channels divisible by groups=3, got 8"),
        (Maxout(3), [MAP], "pieces", "pieces", "channels divisible by pieces=3, got 8"),
        (Split(0, 3), [MAP], "slice", "of", "channels divisible by of=3, got 8"),
        (Split(5, 2), [MAP], "slice", "index", "SPLIT of 2 makes slices 0 to 1, and no 5"),
        (PadChannels(4), [MAP], "channels", "filters", "8 channels of 8x30x30 to 4"),
        (
            Reshape((10, 10)),
            [(3, 32, 32)],
            "reshape",
            "shape",
            "RESHAPE cannot make 10x10 of 3x32x32: 3072 elements, not 100",
        ),
        (Softmax(axis=1), [(10,)], "axis", "axis", "axes 0 to 0 in 10, and no axis 1"),
        (Deconv(8, pad=(9, 9, 9, 9)), [(3, 4, 4)], "padding", "pad", "makes 6x6 of 3x4x4"),
        (Deconv(8, output_pad=(1, 1)), [MAP], "output-pad", "output_pad", "below the stride"),
        (
            Deconv(8, stride=(2, 2), pad="same", output_pad=(1, 1)),
            [MAP],
            "output-pad",
            "output_pad",
            "takes no output_pad",
        ),
        (MaxPool(pad=(2, 2, 2, 2)), [MAP], "padding", "pad", "nothing but padding"),
        (
            AvgPool((2, 2), pad=(2, 0, 2, 0), dilation=(3, 1)),
            [(8, 2, 8)],
            "padding",
            "dilation",
            "needs rows at least as many as its dilation 3x1, got 8x2x8",
        ),
        (
            Add(),
            [(8, 32, 32), (3, 32, 32)],
            "merge-shapes",
            None,
            "ADD takes equal shapes, got 8x32x32 and 3x32x32",
        ),
        (
            Add(),
            [MAP, MAP, (8, 1, 1)],
            "merge-shapes",
            None,
            "ADD takes equal shapes, got 8x30x30 and 8x1x1 (branches 1 and 3)",
        ),
        (
            Mul(),
            [(4,), MAP],
            "merge-shapes",
            None,
            "MUL takes equal shapes, or C or Cx1x1 over CxHxW, got 8x30x30 and 4",
        ),
        (Mul(), [(4,), (8,)], "merge-shapes", None, "got 8 and 4"),
        (
            Concat(),
            [(8, 30, 30), (8, 28, 28)],
            "merge-shapes",
            None,
            "CONCAT takes equal heights and widths, got 8x30x30 and 8x28x28",
        ),
        (Concat(), [MAP, (8,)], "merge-shapes", None, "got 8x30x30 and 8"),
    ],
    ids=lambda value: value if isinstance(value, str) and "-" in value else None,
)
def test_message(
    layer: Layer, shapes: list[Shape], code: str, argument: str | None, says: str
) -> None:
    error = refusal(layer, *shapes)

    assert (error.code, error.argument) == (code, argument)
    assert says in error.message
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", error.code)
    assert "\n" not in error.message
    assert len(error.message) < 140


@pytest.mark.parametrize(
    ("layer", "shapes", "what"),
    [
        (Flatten(), [(LARGEST, 2, 1)], "an axis longer than 2^31-1"),
        (Upsample((LARGEST, 1)), [(3, 2, 2)], "an axis longer than 2^31-1"),
        (Conv(8, pad=(LARGEST,) * 4), [(3, 32, 32)], "an axis longer than 2^31-1"),
        (PadChannels(LARGEST), [(1, LARGEST, 4)], "more than 2^63-1 elements"),
        (
            Conv(LARGEST, (LARGEST, LARGEST), (LARGEST, LARGEST), pad="same"),
            [(1, 2, 2)],
            "more than 2^63-1 elements",
        ),
        (Concat(), [(LARGEST,), (1,)], "an axis longer than 2^31-1"),
    ],
)
def test_tensors_too_large_to_count(layer: Layer, shapes: list[Shape], what: str) -> None:
    error = refusal(layer, *shapes)
    assert error.code == "too-large"
    assert what in error.message


def test_the_largest_that_can_be_counted_pass() -> None:
    layer = FullyConnected(LARGEST)
    x = (TensorType((LARGEST,)),)
    assert layer.infer(x).shape == (LARGEST,)
    assert layer.macs(x, layer.infer(x)) == LARGEST**2


@pytest.mark.parametrize(
    ("layer", "shapes", "help"),
    [
        (Conv(8), [(10,)], "`RESHAPE([10, 1, 1])`"),
        (Conv(8, groups=3), [(12, 8, 8)], "groups may be 1, 2, 4"),
        (Add(), [MAP, (3, 30, 30)], "end branch 2 with `CONV(8, 1)`"),
        (Mul(), [MAP, (4,)], "end branch 2 with `FC(8)`"),
        (Concat(), [MAP, (8, 28, 28)], "`pad=half`"),
        (PadChannels(4), [MAP], "`CONV(4, 1)`"),
    ],
)
def test_help_can_be_pasted(layer: Layer, shapes: list[Shape], help: str) -> None:
    assert help in (refusal(layer, *shapes).help or "")


def test_notes_name_every_branch_and_the_formula() -> None:
    assert refusal(Add(), MAP, (3, 30, 30)).notes == (
        "branch 1 gives 8x30x30, branch 2 gives 3x30x30",
    )
    (note,) = refusal(Conv(8, (41, 41), pad=(1, 1, 1, 1)), (3, 32, 32)).notes
    assert "// stride + 1" in note
    assert "41 does not fit in 32 + 2" in note
