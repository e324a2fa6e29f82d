"""The library: what `import netspec` offers.  A verb imports the room behind it when used."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import fields
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.analysis.check import check_source
from netspec.analysis.report import Report, graph_report
from netspec.graph.elaborate import elaborate
from netspec.graph.graph import Graph as _Graph
from netspec.layers import DTYPES
from netspec.text.decode import decode
from netspec.text.diagnostics import Diagnostic
from netspec.text.limits import CHECK_STEPS
from netspec.text.shipped import spec_file
from netspec.text.source import Source
from netspec.text.spec import Spec as _Spec
from netspec.text.spec import parse

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from onnx import ModelProto

    from netspec.autodiff.backward import Rule
    from netspec.onnxgen.target import Target

__all__ = ["Graph", "Spec", "check", "load"]


class Spec(_Spec):
    """A spec that was read; its names are looked up and its shapes proved by `elaborate`."""

    def elaborate(self) -> Graph:
        """The graph of the spec; SpecError, which carries `diagnostics`, where it is rejected."""
        return Graph(**_parts(elaborate(self)))


class Graph(_Graph):
    """A net: named, typed layers in the order of execution."""

    def report(self, batch: int = 1, dtype: str = "float32") -> Report:
        """Rows and totals; `str()` of it is the table, `.to_json()` the object."""
        return graph_report(self, batch, dtype)

    def dot(self) -> str:
        """The diagram as DOT text."""
        from netspec.diagram.digraph import dot

        return dot(self)

    def compile(
        self,
        weights: str | Path | Mapping[str, NDArray[np.float32]] | None = None,
        seed: int = 0,
        *,
        batch: int | None = None,
        dtype: str = "float32",
        flatten_order: str = "CHW",
        optimise: bool = True,
    ) -> ModelProto:
        """The ONNX model, weights inside.  `weights` is a file or arrays by name, else seeded.

        `flatten_order` is that of the net which the weights come from: "HWC" in TensorFlow. Unless
        `optimise`, the model has the result of each layer, by the layer's name.

        ValueError for another `dtype` than float32, float16 and bfloat16.
        """
        from netspec.onnxgen.build import build
        from netspec.onnxgen.model import compile_model
        from netspec.weights.values import choose_values

        target = _target(batch, dtype)
        values = choose_values(self, weights, seed, flatten_order=flatten_order)
        return compile_model(build(self, target, optimised=optimise), values)

    def gradient(
        self,
        of: str = "output",
        wrt: Sequence[str] = (),
        weights: str | Path | Mapping[str, NDArray[np.float32]] | None = None,
        seed: int = 0,
        *,
        batch: int | None = None,
        dtype: str = "float32",
        training: bool = False,
        rule: Rule = "plain",
    ) -> ModelProto:
        """An ONNX model of standard operators that also answers gradients.

        It takes dL/d`of` as a further input, `<of>.grad`, and answers dL/dT as `<T>.grad` for each
        T of `wrt`: inputs, layers and learned tensors (`conv1.weight`); none is all inputs. In
        `training` noise is added and BN takes the batch's statistics. By the rules `guided` and
        `deconv` only what is above 0 passes back at rectifiers, for pictures of what a net sees.
        Weights and `dtype` as for `compile`; inputs, outputs and gradients are float32.

        netspec.machine.errors.UnusableError for a name that there is not.
        """
        from netspec.autodiff.gradient import gradient_program
        from netspec.onnxgen.model import compile_model
        from netspec.weights.values import choose_values

        target = _target(batch, dtype)
        program = gradient_program(self, of, wrt, target, training=training, rule=rule)
        return compile_model(program, choose_values(self, weights, seed))

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self.report()))}</pre>"


def _target(batch: int | None, dtype: str) -> Target:
    from netspec.onnxgen.target import Target

    if dtype not in DTYPES:
        raise ValueError(f"dtype is one of {', '.join(DTYPES)}, got {dtype!r}")
    return Target.choose(None, batch, dtype)


def load(spec: str | PathLike[str]) -> Spec:
    """The spec in a file, or of a net of the zoo by name (`vgg16`).

    OSError where the file cannot be read; SpecError, which carries `diagnostics`, where it is no
    spec.
    """
    path = spec_file(spec)
    return Spec(**_parts(parse(decode(path.read_bytes(), str(path)), path.parent)))


def check(text: str, steps: int | None = None) -> list[Diagnostic]:
    """Everything that is wrong with the text of a spec; never raises, whatever the text.

    A short text may ask for a million layers.  One that takes more `steps` to expand than a second
    has room for (about one for each layer, argument and branch) is followed so far, with a warning.
    A net whose layers are all written out has room always.
    """
    most = max(CHECK_STEPS, len(text) // 2) if steps is None else steps
    return list(check_source(Source("<text>", text), steps=most).diagnostics)


def _parts(value: Any) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in fields(value)}
