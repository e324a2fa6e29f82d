"""Models as ONNX Runtime takes them, made from graphs and from files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from netspec.machine.errors import UnusableError, refuse_no_file
from netspec.onnxgen.peek import keeps_weights_inside
from netspec.runtime.arena import share_pool
from netspec.text.nearest import did_you_mean
from netspec.text.printable import printable

if TYPE_CHECKING:
    from netspec.graph.graph import Graph
    from netspec.onnxgen.card import Card
    from netspec.weights.values import Values


@dataclass(frozen=True)
class Content:
    """A model file's path, or a model's bytes with its weights beside it: in memory as `arrays`, or
    in files of `folder`. Its nodes run as ONNX Runtime thinks best, or `as_written` in their order.
    """

    model: str | bytes
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    folder: str = ""
    as_written: bool = False

    def lay_out(self, options: Any) -> object:
        """Tell the options how it runs and where the weights are; answers what a session reads in
        place.
        """
        if self.as_written:
            options.execution_order = onnxruntime.ExecutionOrder.PRIORITY_BASED
            # a node that an optimiser makes has no place in the order
            options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
            share_pool(options)
        if self.folder:
            key = "session.model_external_initializers_file_folder_path"
            options.add_session_config_entry(key, self.folder)
        if not self.arrays:
            return None
        values = [_wrapped(array) for array in self.arrays.values()]
        options.add_external_initializers(list(self.arrays), values)
        return self.arrays, values


class Origin(Protocol):
    """Where a model comes from.  What is cheap to refuse is refused when it is made."""

    @property
    def what(self) -> str:
        """What messages call it."""

    def in_half(self) -> bool:
        """Whether it computes in 16 bits."""

    def content(self) -> tuple[Content, Card | None]:
        """The model, and what it says about itself; None where its metadata will say it."""

    def diagnose(self) -> None:
        """UnusableError where it can be said what is wrong with a model that does not load."""

    def sha256(self) -> str:
        """The hash of all that its answers depend on but the device."""


@dataclass(frozen=True)
class FileOrigin:
    """A model file, with some layers' results among its outputs."""

    path: Path
    layers: Sequence[str]

    @property
    def what(self) -> str:
        """The file's name."""
        return printable(str(self.path))

    def in_half(self) -> bool:
        """Whether the file holds weights of 16 bits."""
        from netspec.onnxgen.reading import holds_half, read_model

        return holds_half(read_model(self.path))

    def content(self) -> tuple[Content, Card | None]:
        """The file itself, or with other outputs its bytes."""
        refuse_no_file(self.path)
        if not self.layers and is_whole(self.path):
            return Content(str(self.path)), None
        from netspec.onnxgen.card import Card
        from netspec.onnxgen.reading import expose, read_model, tensor_names

        model = read_model(self.path)
        card = Card.read(model)
        if not self.layers:
            return Content(str(self.path)), card
        _check_layers(self.layers, tensor_names(model), card.layers)
        expose(model, self.layers)
        return Content(model.SerializeToString(), folder=str(self.path.parent)), card

    def diagnose(self) -> None:
        """Read the model as ONNX's own library does."""
        from netspec.onnxgen.reading import read_model

        read_model(self.path)

    def sha256(self) -> str:
        """Of the file, of those with its weights, and of the layers' names."""
        from hashlib import file_digest, sha256

        digest = sha256(repr(self.layers).encode())
        for path in (self.path, *self._data_files()):
            with path.open("rb") as file:
                digest.update(file_digest(file, "sha256").digest())
        return digest.hexdigest()

    def _data_files(self) -> tuple[Path, ...]:
        if is_whole(self.path):
            return ()
        from netspec.onnxgen.reading import data_files

        return data_files(self.path)


@dataclass(frozen=True)
class GraphOrigin:
    """A graph and its weights, compiled in memory, some layers' results among the outputs."""

    graph: Graph
    values: Values
    dtype: str
    layers: Sequence[str]

    def __post_init__(self) -> None:
        known = [node.name for node in self.graph.nodes]
        _check_layers(self.layers, known, known)

    @property
    def what(self) -> str:
        """The net's name."""
        return printable(self.graph.name)

    def in_half(self) -> bool:
        """Whether it is compiled for 16 bits."""
        return self.dtype != "float32"

    def diagnose(self) -> None:
        """Nothing is known that was not checked."""

    def sha256(self) -> str:
        """Of the model, its weights, and what it says about itself."""
        from hashlib import sha256

        content, card = self.content()
        digest = sha256(repr((card.name, card.labels, dict(card.images))).encode())
        assert isinstance(content.model, bytes)
        digest.update(content.model)
        for array in content.arrays.values():
            digest.update(array.tobytes())
        return digest.hexdigest()

    def content(self) -> tuple[Content, Card]:
        """The model without its weights, and the weights."""
        from netspec.onnxgen.build import build
        from netspec.onnxgen.card import Card
        from netspec.onnxgen.model import separate
        from netspec.onnxgen.reading import expose
        from netspec.onnxgen.target import Target

        target = Target.choose(None, None, self.dtype)
        model, arrays = separate(build(self.graph, target, self.layers), self.values)
        expose(model, self.layers)
        return Content(model.SerializeToString(), arrays), Card.of(self.graph)


def is_whole(path: Path) -> bool:
    """Whether ONNX Runtime will read no file but this one."""
    # it has another format, which it knows by its suffix
    return path.suffix == ".onnx" and keeps_weights_inside(path)


def _wrapped(array: NDArray[Any]) -> Any:
    """An array as ONNX Runtime sees it, in the array's own memory."""
    from netspec.onnxgen.target import ELEMENTS

    if array.dtype.name != "bfloat16":  # which NumPy does not know by itself
        return onnxruntime.OrtValue.ortvalue_from_numpy(array)
    bits, element = array.view(np.uint16), ELEMENTS["bfloat16"]
    return onnxruntime.OrtValue.ortvalue_from_numpy_with_onnx_type(bits, element)


def _check_layers(wanted: Sequence[str], known: Sequence[str], layers: Sequence[str]) -> None:
    """UnusableError where a layer that is wanted is not known, with the nearest of `layers`."""
    for name in wanted:
        if name not in known:
            shown = printable(name)
            if name in layers:
                raise UnusableError(
                    f"the model holds no result of layer `{shown}`: optimising merged it away",
                    help="run the spec, or compile it with --no-optimise",
                )
            raise UnusableError(f"no layer `{shown}`", help=did_you_mean(shown, layers or known))
