"""What a layer means: one family a file, one class a layer."""

# The order of these imports is the order of the registry, and so of the reference.
from netspec.layers import io as io  # isort: skip
from netspec.layers import conv as conv  # isort: skip
from netspec.layers import deconv as deconv  # isort: skip
from netspec.layers import pool as pool  # isort: skip
from netspec.layers import globalpool as globalpool  # isort: skip
from netspec.layers import dense as dense  # isort: skip
from netspec.layers import norm as norm  # isort: skip
from netspec.layers import samplenorm as samplenorm  # isort: skip
from netspec.layers import dropout as dropout  # isort: skip
from netspec.layers import activation as activation  # isort: skip
from netspec.layers import smooth as smooth  # isort: skip
from netspec.layers import channel as channel  # isort: skip
from netspec.layers import merge as merge  # isort: skip
from netspec.layers import shape as shape  # isort: skip
from netspec.layers.base import (
    REGISTRY,
    Emitter,
    Kept,
    Layer,
    Value,
    Weight,
    Window,
    hyperparameters,
    required,
)
from netspec.layers.tensor import DTYPES, Shape, TensorType

__all__ = [
    "DTYPES",
    "REGISTRY",
    "Emitter",
    "Kept",
    "Layer",
    "Shape",
    "TensorType",
    "Value",
    "Weight",
    "Window",
    "hyperparameters",
    "required",
]
