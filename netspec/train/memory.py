"""The memory of a step of training, by the lifetimes of what its program makes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from netspec.machine.errors import UnusableError
from netspec.onnxgen.extents import Extent, extents
from netspec.onnxgen.program import Operator, Program
from netspec.runtime.footprint import VIEWS, listed_bytes
from netspec.text.printable import printable
from netspec.train.early import GRADIENT, turn_of
from netspec.train.lives import Life, lifetimes, spread, taken
from netspec.train.step import LOSS, NEXT, Step

#: What a node takes of a session's own memory, in bytes; measured in ONNX Runtime 1.31.
_NODE_BYTES = 5500

#: Layers that are named as those that need a tensor.
_MOST_NAMES = 4


@dataclass(frozen=True, slots=True)
class Held:
    """A tensor that is alive, and the layers whose gradients are made from it."""

    name: str
    nbytes: int
    layers: tuple[str, ...]

    @property
    def why(self) -> str:
        """`for relu1, conv2`; empty where no gradient needs it."""
        listed = ", ".join(self.layers[:_MOST_NAMES])
        more = len(self.layers) - _MOST_NAMES
        return f"for {listed} and {more} more" if more > 0 else listed and f"for {listed}"


@dataclass(frozen=True, eq=False)
class StepMemory:
    """What a step needs for a batch, in bytes.

    `state_bytes`: weights, running statistics and what the optimizer remembers; `input_bytes`: the
    batch and its targets; `tensor_bytes`: the most that is in use of what the step makes, which is
    `alive` while the node `at` runs; `gap_bytes`: what the runtime's pool leaves free between
    tensors; `program_bytes`: what the runtime needs for itself, above all for each node. `kept` is
    what the forward pass leaves to the backward pass, which alone still needs it.
    """

    batch: int
    state_bytes: int
    input_bytes: int
    tensor_bytes: int
    gap_bytes: int
    program_bytes: int
    at: str
    alive: tuple[Held, ...]
    kept: tuple[Held, ...]

    @property
    def total_bytes(self) -> int:
        """The peak of a step."""
        pool = self.tensor_bytes + self.gap_bytes
        return self.state_bytes + self.input_bytes + pool + self.program_bytes

    @property
    def kept_bytes(self) -> int:
        """Bytes of all that is kept."""
        return sum(tensor.nbytes for tensor in self.kept)


def step_memory(step: Step, batch: int) -> StepMemory:
    """The memory of a step.  UnusableError where a tensor's shape depends on what is computed."""
    program, sizes = step.program, extents(step.program, batch)
    _refuse_unknown(program, sizes)
    places = frozenset(name + NEXT for name in step.shapes)
    lives = lifetimes(program, sizes, places)
    used = taken(program, sizes, lives)
    peak = max(range(len(used)), key=used.__getitem__)
    turn = turn_of(program, LOSS)
    listed = (listed_bytes(node, sizes) for node in program.nodes)
    state = sum(sizes[name].nbytes for name in step.shapes)
    return StepMemory(
        batch=batch,
        state_bytes=state,
        input_bytes=sum(sizes[name].nbytes for name in program.inputs) - state,
        tensor_bytes=used[peak],
        gap_bytes=max(0, spread(program, sizes, lives) - used[peak]),
        program_bytes=_NODE_BYTES * len(program.nodes) + max(listed, default=0),
        at=program.nodes[peak].name,
        alive=tuple(_held(program, (life for life in lives if life.first <= peak <= life.last))),
        kept=tuple(_held(program, (life for life in lives if life.first < turn <= life.last))),
    )


def _held(program: Program, lives: Iterable[Life]) -> Iterator[Held]:
    for life in lives:
        readers = (node for name in life.names for node in program.readers.get(name, ()))
        layers = dict.fromkeys(_layer(node) for node in readers if _backward(node))
        made = (name for name in life.names if program.makers[name].op_type not in VIEWS)
        yield Held([*made][-1], life.nbytes, tuple(layers))


def _backward(node: Operator) -> bool:
    """Whether a node is one of the backward pass."""
    return GRADIENT in node.name


def _layer(node: Operator) -> str:
    """The layer that a node of the backward pass is of."""
    return node.name.partition(GRADIENT)[0]


def _refuse_unknown(program: Program, sizes: Mapping[str, Extent]) -> None:
    for node in program.nodes:
        for name in node.output:
            if name not in sizes:
                raise UnusableError(f"the shape of `{printable(name)}` depends on what is computed")
