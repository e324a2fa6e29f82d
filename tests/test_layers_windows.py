"""CONV, DECONV, POOL and AVGPOOL of random hyperparameters against PyTorch and ONNX Runtime."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.layers import Layer, TensorType
from netspec.layers.conv import Conv
from netspec.layers.deconv import Deconv
from netspec.layers.pool import AvgPool, MaxPool
from netspec.text.diagnostics import LayerError
from tests.layer_models import LayerModel, inferred_shape, random_feeds, run
from tests.layer_samples import Sample
from tests.torch_reference import apply_sample

SETTINGS = settings(max_examples=200, deadline=None, derandomize=True)


def pairs(low: int, high: int) -> st.SearchStrategy[tuple[int, int]]:
    """A size over space."""
    return st.tuples(st.integers(low, high), st.integers(low, high))


def pads(high: int) -> st.SearchStrategy[Any]:
    """Each way to say `pad`, as kept."""
    side = st.integers(0, high)
    return st.one_of(
        st.sampled_from(["valid", "half", "same"]),
        side.map(lambda p: (p, p, p, p)),
        st.tuples(side, side).map(lambda p: (*p, *p)),
        st.tuples(side, side, side, side),
    )


def shapes(channels: st.SearchStrategy[int]) -> st.SearchStrategy[tuple[int, int, int]]:
    """CxHxW, small and rarely square."""
    return st.tuples(channels, st.integers(1, 14), st.integers(1, 14))


@st.composite
def convolutions(draw: st.DrawFn, /, kind: Any = Conv, **more: Any) -> Sample:
    """A CONV or DECONV and its input."""
    groups = draw(st.integers(1, 3))
    layer = kind(
        groups * draw(st.integers(1, 2)),
        draw(pairs(1, 4)),
        draw(pairs(1, 3)),
        pad=draw(pads(4)),
        dilation=draw(pairs(1, 3)),
        groups=groups,
        bias=draw(st.booleans()),
        **{name: draw(strategy) for name, strategy in more.items()},
    )
    return Sample(layer, (draw(shapes(st.just(groups * draw(st.integers(1, 2))))),))


@st.composite
def pools(draw: st.DrawFn, /, kind: Any = MaxPool, **more: Any) -> Sample:
    """A POOL or AVGPOOL and its input."""
    layer = kind(
        draw(pairs(1, 4)),
        draw(st.none() | pairs(1, 5)),
        pad=draw(pads(3)),
        ceil=draw(st.booleans()),
        dilation=draw(pairs(1, 3)),
        **{name: draw(strategy) for name, strategy in more.items()},
    )
    return Sample(layer, (draw(shapes(st.integers(1, 3))),))


@SETTINGS
@given(convolutions())
def test_conv(sample: Sample) -> None:
    check(sample)


@SETTINGS
@given(convolutions(Deconv, output_pad=pairs(0, 2)))
def test_deconv(sample: Sample) -> None:
    check(sample)


@SETTINGS
@given(pools())
def test_pool(sample: Sample) -> None:
    check(sample)


@SETTINGS
@given(pools(AvgPool, count_pad=st.booleans()))
def test_avgpool(sample: Sample) -> None:
    check(sample)


def check(sample: Sample) -> None:
    """Shapes and values agree, or the layer is refused for a reason that holds."""
    try:
        shape = sample.layer.infer(sample.inputs).shape
    except LayerError as error:
        assert is_right(error.code, sample.layer, sample.inputs[0])
        return
    feeds = random_feeds(sample, batch=1)
    model = LayerModel(sample).build()
    assert inferred_shape(model) == ("N", *shape)
    found, expected = run(model, feeds), apply_sample(sample, feeds)
    assert found.shape[1:] == expected.shape[1:] == shape
    np.testing.assert_allclose(found, expected, rtol=2e-4, atol=2e-5)


def is_right(code: str, layer: Any, x: TensorType) -> bool:
    """Whether the reason for which a layer was refused holds."""
    reach = [layer.dilation[i] * (layer.kernel[i] - 1) + 1 for i in range(2)]
    if code == "half-padding":
        return layer.pad == "half" and any(span % 2 == 0 for span in reach)
    if code == "output-pad":
        most = [max(layer.stride[i], layer.dilation[i]) for i in range(2)]
        small = all(added < limit for added, limit in zip(layer.output_pad, most, strict=True))
        return layer.pad == "same" or not small
    sides = _sides(layer, reach)
    if code == "window-too-large":
        return any(x.area[i] + sum(sides[i]) < reach[i] for i in range(2))
    if isinstance(layer, Deconv):
        full = [(x.area[i] - 1) * layer.stride[i] + reach[i] for i in range(2)]
        return any(full[i] + layer.output_pad[i] <= sum(sides[i]) for i in range(2))
    return any(
        max(sides[i]) >= reach[i] or (sides[i][0] > 0 and layer.dilation[i] > x.area[i])
        for i in range(2)
    )


def _sides(layer: Any, reach: list[int]) -> list[tuple[int, int]]:
    """Pads before and after, rows then columns; `same` is never the reason but of a dilation."""
    if layer.pad == "valid":
        return [(0, 0), (0, 0)]
    if layer.pad in ("half", "same"):
        return [(span // 2, span // 2) for span in reach]
    top, left, bottom, right = layer.pad
    return [(top, bottom), (left, right)]


@given(
    layer=st.one_of(convolutions(), pools(), pools(AvgPool)).map(lambda sample: sample.layer),
    shape=shapes(st.just(6)),
)
@SETTINGS
def test_unread_rows_and_columns_change_nothing(layer: Layer, shape: tuple[int, int, int]) -> None:
    """What `unread` says can be cut off, and one row more cannot."""
    try:
        output = layer.infer((TensorType(shape),))
    except LayerError:
        return
    rows, columns = layer.unread((TensorType(shape),)) or (0, 0)
    if getattr(layer, "pad", None) == "same":
        assert (rows, columns) == (0, 0)
        return
    channels, height, width = shape
    cut = TensorType((channels, height - rows, width - columns))
    assert layer.infer((cut,)) == output
    assert layer.unread((cut,)) is None
