"""Where tensors enter a net."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from netspec.layers.base import Emitter, Layer, Value
from netspec.layers.hyperparameter import Meta


@dataclass(frozen=True)
class Input(Layer, keyword="INPUT"):
    """An input of the net.  declared shape -> the same,  CxHxW or N features.

    `infer` takes the declared type in place of another layer's.
    """

    input: Annotated[str, Meta("which input, when there are several", default="the only one")] = ""

    source = True

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        return inputs[0].name
