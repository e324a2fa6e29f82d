"""What holds for every kind of the registry."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, is_dataclass
from typing import get_origin

import pytest

from netspec.layers import REGISTRY, Layer, TensorType, hyperparameters
from netspec.layers.hyperparameter import Pad, Pair, Size
from tests.layer_samples import SAMPLES, Sample

KINDS = pytest.mark.parametrize("kind", REGISTRY.values(), ids=REGISTRY)
EACH_SAMPLE = pytest.mark.parametrize("sample", SAMPLES, ids=str)

#: Roles of the tensors that a layer keeps.
ROLES = {"weight", "bias", "scale", "shift", "slope", "mean", "variance"}


@KINDS
def test_kind_has_a_sample(kind: type[Layer]) -> None:
    assert any(type(sample.layer) is kind for sample in SAMPLES)


@KINDS
def test_kind_says_its_shape_law(kind: type[Layer]) -> None:
    assert kind.__doc__ is not None
    first, _, _ = kind.__doc__.partition("\n\n")
    assert "->" in first


@KINDS
def test_kind_is_a_frozen_dataclass(kind: type[Layer]) -> None:
    assert is_dataclass(kind)
    layer = next(sample.layer for sample in SAMPLES if type(sample.layer) is kind)
    for field in fields(kind):
        with pytest.raises(FrozenInstanceError):
            setattr(layer, field.name, 1)


@KINDS
def test_hyperparameters_have_a_meaning_and_numbers_a_bound(kind: type[Layer]) -> None:
    for field in hyperparameters(kind).values():
        assert field.meta.doc
        if field.type in (int, float, Pair, Pad, Size):
            assert field.meta.ge is not None or field.meta.gt is not None, field.name
        else:
            assert field.type in (bool, str) or get_origin(field.type) is not None, field.name


#: Files of kinds that belong to the family of another file.
SECOND_FILES = {
    "deconv": "conv",
    "globalpool": "pool",
    "samplenorm": "norm",
    "smooth": "activation",
}


@KINDS
def test_defaults_are_values_that_a_spec_may_write(kind: type[Layer]) -> None:
    for field in hyperparameters(kind).values():
        if not field.required and field.default is not None and field.type is not str:
            assert field.read(field.default) == field.default


@KINDS
def test_declarations_agree(kind: type[Layer]) -> None:
    assert kind.keyword == kind.keyword.upper()
    home = kind.__module__.removeprefix("netspec.layers.")
    assert kind.family == SECOND_FILES.get(home, home)
    assert kind.activation or not kind.rectifier
    assert kind.nonlinear or not kind.activation
    assert not (kind.linear and kind.nonlinear)


@EACH_SAMPLE
def test_arguments_make_the_layer_again(sample: Sample) -> None:
    layer = sample.layer
    again = type(layer)(**layer.arguments())
    assert again == layer
    assert hash(again) == hash(layer)


@EACH_SAMPLE
def test_views_have_no_elements_of_their_own(sample: Sample) -> None:
    if sample.layer.view:
        (x,) = sample.inputs
        assert sample.layer.infer((x,)).numel <= x.numel


@EACH_SAMPLE
def test_tensors_have_known_roles(sample: Sample) -> None:
    weights = sample.layer.weights(sample.inputs)
    assert {weight.role for weight in weights.values()} <= ROLES
    for weight in weights.values():
        assert (weight.fan_in > 0 and weight.fan_out > 0) == (weight.role == "weight")
    assert sample.layer.linear == ("weight" in {weight.role for weight in weights.values()})


@EACH_SAMPLE
def test_linear_layers_alone_multiply_and_accumulate(sample: Sample) -> None:
    output = sample.layer.infer(sample.inputs)
    assert (sample.layer.macs(sample.inputs, output) > 0) == sample.layer.linear


@EACH_SAMPLE
def test_the_element_type_passes_through(sample: Sample) -> None:
    halves = tuple(TensorType(shape, "float16") for shape in sample.shapes)
    assert sample.layer.infer(halves).dtype == "float16"


@EACH_SAMPLE
def test_summary_is_short(sample: Sample) -> None:
    assert len(sample.layer.summary()) <= 40


@EACH_SAMPLE
def test_spatial_kinds_alone_refuse_vectors_by_their_rank(sample: Sample) -> None:
    if sample.layer.spatial:
        assert all(x.rank == 3 for x in sample.inputs)
    if sample.layer.window(sample.inputs) is not None:
        assert sample.layer.spatial
