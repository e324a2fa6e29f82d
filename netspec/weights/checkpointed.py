"""The weights in a checkpoint of training, whose other tensors are the optimizer's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from netspec.weights.initial import FloatArray
from netspec.weights.stored import TensorFile

#: The key of a safetensors file's metadata that says that it is a checkpoint.
CHECKPOINT = "netspec_checkpoint"
#: What the names of the best weights begin with, where they are not the last ones.
BEST = "best/"

T = TypeVar("T")


def weights_of(state: Mapping[str, T]) -> dict[str, T]:
    """The weights and running statistics among the tensors of a state; the rest is the optimizer's,
    named `conv1.weight/momentum`.
    """
    return {name: value for name, value in state.items() if "/" not in name}


class CheckpointFile:
    """The tensors of a checkpoint that are weights to use: those of the best epoch, else the last
    ones.
    """

    def __init__(self, file: TensorFile) -> None:
        self._file = file
        best = {name.removeprefix(BEST): name for name in file.stored if name.startswith(BEST)}
        self._names = {name: best.get(name, name) for name in weights_of(file.stored)}
        self.stored = {name: file.stored[held] for name, held in self._names.items()}

    def read(self, name: str) -> FloatArray:
        """The values of a tensor, in an array that the caller may change."""
        return self._file.read(self._names[name])
