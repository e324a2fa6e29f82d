"""A model that is ready to run."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import ArrayLike, NDArray

from netspec.graph.elaborate import elaborate
from netspec.graph.graph import Graph
from netspec.machine.errors import UnusableError
from netspec.onnxgen.build import build
from netspec.onnxgen.card import Card
from netspec.onnxgen.model import separate
from netspec.onnxgen.reading import expose, read_model, tensor_names
from netspec.onnxgen.target import Target
from netspec.runtime.device import CUDA, Device, cuda_offered, no_cuda
from netspec.runtime.errors import InputError, RunError
from netspec.runtime.start import first_line, session_options, start
from netspec.text.nearest import did_you_mean
from netspec.text.printable import printable
from netspec.text.spec import Spec
from netspec.weights.values import Values, choose_values

_TYPES: dict[str, np.dtype[Any]] = {
    "tensor(float)": np.dtype(np.float32),
    "tensor(float16)": np.dtype(np.float16),
    "tensor(double)": np.dtype(np.float64),
    "tensor(int64)": np.dtype(np.int64),
    "tensor(int32)": np.dtype(np.int32),
    "tensor(uint8)": np.dtype(np.uint8),
}


@dataclass(frozen=True, slots=True)
class InputType:
    """What a model takes: the shape of a sample and the size of a batch; None is any size."""

    shape: tuple[int | None, ...]
    batch: int | None
    dtype: np.dtype[Any]

    def fits(self, shape: tuple[int, ...]) -> bool:
        """Whether a sample has this shape."""
        return len(shape) == len(self.shape) and all(
            want in (None, size) for want, size in zip(self.shape, shape, strict=True)
        )

    def __str__(self) -> str:
        return "x".join("?" if size is None else str(size) for size in self.shape) or "scalar"


class Session:
    """A spec, a graph or a model file, started on a device.

    `run` takes arrays and answers arrays. `device` is where it really runs ("cpu", "cuda:0"),
    `because` why "auto" left out the GPU that ONNX Runtime was built for, `inputs` what it takes.

    `layers` names layers whose activations are answered too. Weights are those of `weights`, else
    of the spec, else random ones of `seed`. Raises UnusableError where the weights, the model or
    the device cannot serve.
    """

    def __init__(
        self,
        model: Spec | Graph | str | Path,
        *,
        weights: str | Path | Mapping[str, NDArray[np.float32]] | None = None,
        seed: int = 0,
        allow_extra: bool = False,
        device: str = "auto",
        layers: Sequence[str] = (),
        dtype: str = "float32",
        warn: Callable[[str], object] = warnings.warn,
    ) -> None:
        self._options = session_options()
        self._kept: object = None  # arrays that the session reads in place
        if dtype == "bfloat16":
            raise UnusableError("ONNX Runtime takes no bfloat16 arrays; run float16 or float32")
        if isinstance(model, str | Path):
            path = Path(model)
            content, self.card = self._from_file(path, layers)
            what = printable(str(path))
        else:
            graph = elaborate(model) if isinstance(model, Spec) else model
            values = choose_values(graph, weights, seed, allow_extra=allow_extra, warn=warn)
            content, self.card = self._from_graph(graph, values, dtype, layers)
            what = printable(graph.name)
        self._session = start(content, self._options, Device.parse(device), what)
        on_cuda = self._session.get_providers()[0] == CUDA
        self.device = str(Device("cuda", Device.parse(device).index)) if on_cuda else "cpu"
        passed_over = device == "auto" and cuda_offered() and not on_cuda
        self.because = no_cuda(Device("cuda")).message if passed_over else ""
        self.inputs = {at.name: _input_type(at) for at in self._session.get_inputs()}
        self.outputs = tuple(_output_name(at) for at in self._session.get_outputs())

    def run(self, inputs: ArrayLike | Mapping[str, ArrayLike]) -> dict[str, NDArray[Any]]:
        """Each output by name, with the batch axis first, for a batch or one sample of each input.

        InputError where an input does not fit, RunError where the runtime fails.
        """
        if not isinstance(inputs, Mapping):
            (name,) = self.inputs if len(self.inputs) == 1 else self._several()
            inputs = {name: inputs}
        if inputs.keys() != self.inputs.keys():
            raise InputError(f"the net takes {', '.join(self.inputs)}; got {', '.join(inputs)}")
        feeds = {name: _batch(name, inputs[name], kind) for name, kind in self.inputs.items()}
        counts = {len(array) for array in feeds.values()}
        if len(counts) > 1:
            raise InputError(f"the inputs hold different numbers of samples: {sorted(counts)}")
        return self._run_all(feeds, counts.pop())

    def _run_all(self, feeds: Mapping[str, NDArray[Any]], count: int) -> dict[str, NDArray[Any]]:
        """Run in one piece, or in batches of the size that the model has, the last filled up."""
        fixed = next((kind.batch for kind in self.inputs.values() if kind.batch), None)
        if fixed is None or fixed == count:
            return self._run_once(feeds)
        parts = []
        for first in range(0, count, fixed):
            piece = {name: array[first : first + fixed] for name, array in feeds.items()}
            parts.append(self._run_once({name: _filled(a, fixed) for name, a in piece.items()}))
        return {name: np.concatenate([p[name] for p in parts])[:count] for name in self.outputs}

    def _run_once(self, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        try:
            results = self._session.run(None, dict(feeds))
        except Exception as error:  # the runtime's errors have no common base
            raise RunError(f"the run failed: {first_line(error)}") from error
        return {
            name: result.astype(np.float32) if result.dtype == np.float16 else result
            for name, result in zip(self.outputs, results, strict=True)
        }

    def _several(self) -> tuple[str]:
        raise InputError(f"the net takes several inputs; give {', '.join(self.inputs)} by name")

    def _from_file(self, path: Path, layers: Sequence[str]) -> tuple[str | bytes, Card]:
        if path.suffix in (".yaml", ".yml"):
            raise UnusableError(f"{printable(str(path))} is a spec, not a model; `load` it first")
        model = read_model(path)
        card = Card.read(model)
        if not layers:
            return str(path), card
        _check_layers(layers, tensor_names(model), card)
        expose(model, layers)
        key = "session.model_external_initializers_file_folder_path"
        self._options.add_session_config_entry(key, str(path.parent))
        return model.SerializeToString(), card

    def _from_graph(
        self, graph: Graph, values: Values, dtype: str, layers: Sequence[str]
    ) -> tuple[bytes, Card]:
        card = Card.of(graph)
        _check_layers(layers, card.layers, card)
        model, arrays = separate(build(graph, Target(dtype=dtype), layers), values)
        expose(model, layers)
        if arrays:
            wrapped = [onnxruntime.OrtValue.ortvalue_from_numpy(array) for array in arrays.values()]
            self._options.add_external_initializers(list(arrays), wrapped)
            self._kept = arrays, wrapped
        return model.SerializeToString(), card


def _check_layers(layers: Sequence[str], known: Sequence[str], card: Card) -> None:
    for name in layers:
        if name not in known:
            shown = printable(name)
            raise UnusableError(
                f"no layer `{shown}`", help=did_you_mean(shown, card.layers or known)
            )


def _input_type(at: Any) -> InputType:
    if at.type not in _TYPES or not at.shape:
        raise UnusableError(
            f"input `{printable(at.name)}` is a {printable(at.type)} of shape {at.shape}"
        )
    batch, *shape = (size if isinstance(size, int) else None for size in at.shape)
    return InputType(tuple(shape), batch, _TYPES[at.type])


def _output_name(at: Any) -> str:
    if at.type not in (*_TYPES, "tensor(bool)"):
        raise UnusableError(f"output `{printable(at.name)}` is a {printable(at.type)}, no numbers")
    name: str = at.name
    return name


def _batch(name: str, array: ArrayLike, kind: InputType) -> NDArray[Any]:
    """The array with a batch axis, in the type that the model takes."""
    values = np.asarray(array)
    if values.ndim == len(kind.shape):
        values = values[None]
    if not kind.fits(values.shape[1:]) or not len(values):
        found = "x".join(map(str, np.shape(array)))
        raise InputError(f"`{name}` needs samples of {kind}, got an array of {found}")
    return np.ascontiguousarray(values, kind.dtype)


def _filled(array: NDArray[Any], count: int) -> NDArray[Any]:
    missing = count - len(array)
    return np.concatenate([array, np.repeat(array[-1:], missing, axis=0)]) if missing else array
