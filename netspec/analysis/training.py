"""Memory of training, from the lifetimes of tensors in a step.

The step is PyTorch's: forward pass, cross entropy at each output, backward pass, optimizer, with
gradients set to None before it. Everything has the net's element type but labels and the places of
maxima (int64) and the statistics of normalisations (float32).

Held against steps measured in PyTorch 2.13 on the CPU, in which every tensor was tracked, the kept
tensors agree to the byte, and the peak within 1.1%. What differs: PyTorch's LRN is made of a
dozen operations whose passing results are not counted; the loss and its gradient are two scalars;
where gradients meet they are added in place, as PyTorch does, but not while it is being tracked; BN
counts its batches in an int64. The allocator's rounding and the workspaces of kernels are not
counted. Optimizers go through the weights one by one; with `foreach` (the default on CUDA) Adam's
passing results are as large as all weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from netspec.analysis.keeping import Keeping, Saved
from netspec.analysis.lifetimes import Moment, moments
from netspec.analysis.optimizers import OPTIMIZERS
from netspec.graph import Graph
from netspec.layers import DTYPES


@dataclass(frozen=True, slots=True)
class KeptTensor:
    """A tensor that is kept for the backward pass, and what for."""

    name: str
    nbytes: int
    why: str


@dataclass(frozen=True, eq=False)
class Training:
    """What training needs for a batch, in bytes.

    `total_bytes` is the peak of the first step, at whose end the optimizer makes its state.
    `run_bytes` is the peak of all steps after it, which begin with that state: what has to fit.
    `peak_forward_backward_bytes` is what a step makes until the optimizer runs, at its peak:
    tensors, kept or not, and gradients.
    """

    batch: int
    dtype: str
    optimizer: str
    weight_bytes: int
    gradient_bytes: int
    state_bytes: int
    buffer_bytes: int
    input_bytes: int
    kept: tuple[KeptTensor, ...]
    peak_forward_backward_bytes: int
    peak_at: str
    total_bytes: int
    run_bytes: int

    @property
    def saved_for_backward_bytes(self) -> int:
        """Bytes of all tensors that are kept for the backward pass, the inputs among them."""
        return sum(tensor.nbytes for tensor in self.kept)

    @property
    def largest_kept(self) -> tuple[KeptTensor, ...]:
        """What is kept, the largest first."""
        return tuple(sorted(self.kept, key=lambda tensor: -tensor.nbytes))


@dataclass(frozen=True, eq=False)
class TrainingModel:
    """What training a net needs, for any batch: bytes that are fixed, and for each sample.

    ValueError for an element type or an optimizer that there is not.
    """

    graph: Graph
    dtype: str = "float32"
    optimizer: str = "sgd"

    def __post_init__(self) -> None:
        for what, names in (("dtype", DTYPES), ("optimizer", OPTIMIZERS)):
            given = getattr(self, what)
            if given not in names:
                raise ValueError(f"{what} must be one of {', '.join(names)}, got {given!r}")

    @cached_property
    def keeping(self) -> Keeping:
        """What is kept from the forward pass to the backward pass."""
        return Keeping(self.graph, self.dtype)

    @cached_property
    def weight_bytes(self) -> int:
        """Bytes of what is learned; gradients are as large."""
        return sum(self.keeping.learned_bytes.values())

    @cached_property
    def buffer_bytes(self) -> int:
        """Bytes of running statistics."""
        state = (w.numel for _, w in self.graph.all_weights() if not w.learned)
        return sum(state) * DTYPES[self.dtype]

    @cached_property
    def input_bytes(self) -> int:
        """Bytes of a sample, its label included, which the caller holds throughout."""
        inputs = sum(kind.numel for kind in self.graph.inputs.values()) * DTYPES[self.dtype]
        return inputs + sum(labels.each for labels in self.keeping.labels)

    @property
    def state_bytes(self) -> int:
        """Bytes that the optimizer remembers."""
        return self.weight_bytes * OPTIMIZERS[self.optimizer].state

    @cached_property
    def _passing_bytes(self) -> int:
        """Bytes that the optimizer makes for the largest weight, and forgets."""
        learned = (w.numel for _, w in self.graph.all_weights() if w.learned)
        largest = max(learned, default=0) * DTYPES[self.dtype]
        return largest * OPTIMIZERS[self.optimizer].passing

    @cached_property
    def moments(self) -> tuple[Moment, ...]:
        """The moments that are the peak of a step for some batch, by growing bytes of a sample."""
        highest: list[Moment] = []
        ordered = sorted(moments(self.graph, self.keeping), key=lambda m: (-m.each, -m.fixed))
        for moment in ordered:
            if not highest or moment.fixed > highest[-1].fixed:
                highest.append(moment)
        return tuple(reversed(highest))

    def peak(self, batch: int) -> Moment:
        """The moment of a step before the optimizer at which most is alive."""
        return max(self.moments, key=lambda m: m.nbytes(batch))

    def total_bytes(self, batch: int) -> int:
        """The peak of the first step: the state comes when the kept tensors are gone."""
        later = self.weight_bytes + self.state_bytes + self._passing_bytes
        return self._standing(batch) + max(self.peak(batch).nbytes(batch), later)

    def run_bytes(self, batch: int) -> int:
        """The peak of the steps after the first."""
        later = self.weight_bytes + self._passing_bytes
        peak = max(self.peak(batch).nbytes(batch), later)
        return self._standing(batch) + self.state_bytes + peak

    def _standing(self, batch: int) -> int:
        """What is there before a first step."""
        return self.weight_bytes + self.buffer_bytes + self.input_bytes * batch


def training_memory(
    graph: Graph, batch: int = 1, dtype: str = "float32", optimizer: str = "sgd"
) -> Training:
    """The memory of training a net; `optimizer` is one of OPTIMIZERS.

    ValueError for a batch below 1, or an element type or optimizer that there is not.
    """
    if batch < 1:
        raise ValueError(f"batch must be at least 1, got {batch}")
    model = TrainingModel(graph, dtype, optimizer)
    peak = model.peak(batch)
    return Training(
        batch=batch,
        dtype=dtype,
        optimizer=optimizer,
        weight_bytes=model.weight_bytes,
        gradient_bytes=model.weight_bytes,
        state_bytes=model.state_bytes,
        buffer_bytes=model.buffer_bytes,
        input_bytes=model.input_bytes * batch,
        kept=tuple(_for_batch(tensor, batch) for tensor in model.keeping.saved),
        peak_forward_backward_bytes=peak.nbytes(batch),
        peak_at=peak.at,
        total_bytes=model.total_bytes(batch),
        run_bytes=model.run_bytes(batch),
    )


def _for_batch(tensor: Saved, batch: int) -> KeptTensor:
    return KeptTensor(tensor.name, tensor.fixed + tensor.each * batch, tensor.why)
