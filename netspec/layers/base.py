"""What every layer kind is: a frozen dataclass of hyperparameters, with rules; and their registry.

A layer kind states its meaning once. The parser, the JSON Schema, the reference page, the report,
the diagram and the exporter read the registry; none of them knows a kind by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, fields, replace
from functools import cache
from typing import Any, ClassVar

from netspec.layers.emitter import Emitter, Value
from netspec.layers.facts import Kept, Weight, Window
from netspec.layers.gradients import Gradients
from netspec.layers.guards import check_size, check_spatial
from netspec.layers.hyperparameter import HyperParameter, read_hyperparameters
from netspec.layers.tensor import Shape, TensorType

__all__ = [
    "KW_ONLY",
    "REGISTRY",
    "Emitter",
    "Gradients",
    "Kept",
    "Layer",
    "Value",
    "Weight",
    "Window",
    "hyperparameters",
    "required",
]

#: Layer kinds by keyword, in the order of the reference.
REGISTRY: dict[str, type[Layer]] = {}


class Layer:
    """Base of all layer kinds.  `class Gelu(Layer, keyword="GELU")` registers a kind.

    Each kind is a frozen dataclass of its hyperparameters; one that adds none to those of its base
    needs no decorator.
    """

    keyword: ClassVar[str]
    #: For grouping and colour: the module that the kind stands in ("conv", "pool", "dense"), unless
    #: its base says another.
    family: ClassVar[str]
    #: What other tools call it, in lower case without `2d`, for whoever comes from them.
    elsewhere: ClassVar[tuple[str, ...]] = ()
    #: Whether it stands for an input of the net: `infer` takes the declared type, the graph has no
    #: edge to it.
    source: ClassVar[bool] = False
    #: Whether the output is the input's memory seen otherwise (no bytes of its own).
    view: ClassVar[bool] = False
    #: Which of its tensors autograd keeps until the layer's backward pass: "input" (each of them),
    #: "output". What it makes besides for that is `kept`.
    keeps: ClassVar[tuple[str, ...]] = ()
    #: Whether the gradient of each input is the output's gradient, or a part of it, seen otherwise
    #: (no bytes of its own).
    passes_gradient: ClassVar[bool] = False
    #: Whether it multiplies by a learned matrix, so that two in a row without a nonlinearity are
    #: one.
    linear: ClassVar[bool] = False
    #: Whether the output is no affine function of the inputs, and whether that is a rectifier (He
    #: et al. 2015).
    nonlinear: ClassVar[bool] = False
    rectifier: ClassVar[bool] = False
    #: Whether it is 0 where its input is below 0, and its input above that, up to a limit.
    clamps: ClassVar[bool] = False
    #: Whether it is a function of each element whose use is to be nonlinear.
    activation: ClassVar[bool] = False
    #: Whether each output is a chance of its own, the logistic function of its input.
    logistic: ClassVar[bool] = False
    #: Whether it takes the mean of each channel away, so that a bias before it has no effect.
    centres: ClassVar[bool] = False
    #: Whether it keeps a summary of each window of a plane, such as the largest or the mean.
    pools: ClassVar[bool] = False
    #: Whether its sums or powers need float32 where a net computes in half precision (Micikevicius
    #: et al. 2018, "Mixed precision training", section 3.3).
    exact: ClassVar[bool] = False
    #: Whether training makes it add noise, which inference does not.
    noise: ClassVar[bool] = False
    #: Whether each of several branches feeds it.
    merges: ClassVar[bool] = False
    #: How diagrams write it in a circle, where it merges element by element.
    sign: ClassVar[str] = ""
    #: Whether each input must be `CxHxW`.
    spatial: ClassVar[bool] = False
    #: Whether it takes a vector, and a tensor of higher rank comes to it through a FLATTEN of its
    #: own.
    flattens: ClassVar[bool] = False
    #: Whether it treats the elements of a vector alike, wherever they stand: of the same elements
    #: and tensors in another order it makes the same result, in that order.
    equivariant: ClassVar[bool] = False

    def __init_subclass__(cls, keyword: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if keyword:
            cls.keyword = keyword
            if not hasattr(cls, "family"):
                cls.family = cls.__module__.rpartition(".")[2]
            REGISTRY[keyword] = cls

    def infer(self, inputs: tuple[TensorType, ...]) -> TensorType:
        """The output type; LayerError where the inputs do not suit the layer, or a tensor would be
        too large.
        """
        if self.spatial:
            for x in inputs:
                check_spatial(self.keyword, x)
        output = TensorType(self.output_shape(inputs), inputs[0].dtype)
        check_size(f"the output of {self.keyword}", output.shape, inputs)
        for name, weight in self.weights(inputs).items():
            check_size(f"the {name} of {self.keyword}", weight.shape, inputs)
        return output

    def output_shape(self, inputs: tuple[TensorType, ...]) -> Shape:
        """The shape law: the output's shape per sample, or LayerError."""
        return inputs[0].shape

    def weights(self, inputs: tuple[TensorType, ...]) -> Mapping[str, Weight]:
        """The tensors that the layer keeps, by their names after the layer's own, in PyTorch's
        layouts.
        """
        return {}

    def along_elements(self, tensor: str) -> bool:
        """Whether the last axis of one of its tensors runs along the elements of a vector input."""
        return True

    def kept(self, inputs: tuple[TensorType, ...], output: TensorType) -> tuple[Kept, ...]:
        """The tensors that the forward pass makes and keeps for the backward pass, as PyTorch's
        does.
        """
        return ()

    @property
    def view_in_training(self) -> bool:
        """Whether the output is the input's memory in training too."""
        return self.view

    def macs(self, inputs: tuple[TensorType, ...], output: TensorType) -> int:
        """Multiply-accumulates of one sample."""
        return 0

    def window(self, inputs: tuple[TensorType, ...]) -> Window | None:
        """The sliding window by which output pixels read input pixels; None where each reads its
        own place.
        """
        return None

    def mixes(self, inputs: tuple[TensorType, ...]) -> frozenset[str]:
        """The axes, of C, H and W, along which a linear layer adds up several inputs."""
        return frozenset("CHW") if self.linear else frozenset()

    def chances(self) -> bool:
        """Whether the outputs are the chances of classes: positive, and 1 over the channels."""
        return False

    def unread(self, inputs: tuple[TensorType, ...]) -> tuple[int, int] | None:
        """Rows at the bottom and columns at the right that a floored window leaves unread; None
        where none are.
        """
        return None

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        """Emit ONNX nodes that compute the layer; answers the name of the result.  The batch axis
        is first and free.
        """
        raise NotImplementedError(self.keyword)

    def grad(self, inputs: tuple[Value, ...], output: Value, dy: str, emit: Emitter) -> Gradients:
        """Emit ONNX nodes that compute the gradients of the inputs and of what training learns,
        from the output's, `dy`.
        """
        raise NotImplementedError(self.keyword)

    def arguments(self) -> dict[str, Any]:
        """Hyperparameters as the language writes them, the defaults left out."""
        said = {}
        for field in fields(self):  # type: ignore[arg-type]  # every kind is a dataclass
            value = getattr(self, field.name)
            if value != field.default:
                said[field.name] = value
        return said

    def summary(self) -> str:
        """The hyperparameters that matter at a glance, such as "3x3 /2"; empty for none."""
        return ""

    def unsaid(self) -> dict[str, Any]:
        """Hyperparameters that are not at their defaults and that neither `summary` nor the shape
        of the output tells, such as the padding.
        """
        sizes = {field.name for field in required(type(self))}
        return {
            name: value
            for name, value in self.arguments().items()
            if name not in sizes and self._at_default(name).summary() == self.summary()
        }

    def _at_default(self, name: str) -> Layer:
        default = hyperparameters(type(self))[name].default
        return replace(self, **{name: default})  # type: ignore[type-var]  # kinds are dataclasses


def hyperparameters(kind: type[Layer]) -> Mapping[str, HyperParameter]:
    """The hyperparameters of a kind by name, in the order of the declaration."""
    return _hyperparameters_of(kind.keyword)


@cache
def _hyperparameters_of(keyword: str) -> Mapping[str, HyperParameter]:
    return read_hyperparameters(REGISTRY[keyword])


def required(kind: type[Layer]) -> tuple[HyperParameter, ...]:
    """The hyperparameters that a kind cannot do without."""
    return _required_of(kind.keyword)


@cache
def _required_of(keyword: str) -> tuple[HyperParameter, ...]:
    return tuple(field for field in _hyperparameters_of(keyword).values() if field.required)
