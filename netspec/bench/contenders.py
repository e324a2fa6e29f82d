"""The same net and weights in other hands: ONNX Runtime as it comes, PyTorch."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.bench.torch_net import torch_net
from netspec.graph.graph import Graph
from netspec.machine.processors import cores
from netspec.onnxgen.build import build
from netspec.onnxgen.model import EXTERNAL_ABOVE, write_model
from netspec.onnxgen.target import Target
from netspec.runtime.bare import bare_session
from netspec.runtime.binding import Binding
from netspec.runtime.device import Device
from netspec.runtime.start import first_line
from netspec.weights.values import Values

Feeds = Mapping[str, NDArray[Any]]

#: The model files that contenders leave in the folder.
OURS, EXPORTED = "netspec.onnx", "exported.onnx"


@dataclass(frozen=True)
class Contender:
    """Runs the net on the same inputs, and says what came of it (its main output)."""

    run: Callable[[], object]
    answer: Callable[[], NDArray[Any]]


@dataclass(frozen=True)
class Absent:
    """A contender that cannot run here."""

    reason: str


@dataclass(frozen=True)
class Bout:
    """What all contenders have in common; files of theirs go to `folder`.  Without a graph there is
    the compiled model in `file` alone.
    """

    graph: Graph | None
    values: Values | None
    file: Path | None
    feeds: Feeds
    device: Device
    dtype: str
    tf32: bool
    folder: Path

    @property
    def torch_device(self) -> str:
        """The device as PyTorch calls it."""
        return f"cuda:{self.device.index}" if self.device.gpu else "cpu"


def contenders(
    bout: Bout, say: Callable[[str], object], names: Iterable[str] | None = None
) -> Iterator[tuple[str, Contender | Absent]]:
    """Each contender by name, or those of some names, ready to run."""
    for name in MAKERS if names is None else names:
        say(f"preparing {name}")
        try:
            with _silence():
                contender = MAKERS[name](bout)
                contender.run()
        except Exception as error:  # another library's failure ends its own part alone
            yield name, Absent(first_line(error))
        else:
            yield name, contender


def _runtime(bout: Bout) -> Contender:
    """ONNX Runtime's own session on the file that netspec writes."""
    if bout.graph is None or bout.values is None:
        assert bout.file is not None
        return _bound(bout.file, bout, bout.feeds)
    program = build(bout.graph, Target.choose(None, None, bout.dtype))
    path, data = bout.folder / OURS, bout.folder / f"{OURS}.data"
    with path.open("wb") as file, data.open("wb") as beside:
        large = program.nbytes > EXTERNAL_ABOVE
        write_model(program, bout.values, file, (data.name, beside) if large else None)
    return _bound(path, bout, bout.feeds)


def _exported(bout: Bout) -> Contender:
    """The same session on the file that PyTorch exports."""
    torch, net, inputs = _torch(bout, "cpu")
    if importlib.util.find_spec("onnxscript") is None:
        raise ModuleNotFoundError("onnxscript is not installed, which torch.onnx.export needs")
    path = bout.folder / EXPORTED
    torch.onnx.export(net, inputs, str(path), dynamo=True, verbose=False)
    names = [at.name for at in bare_session(path, bout.device, bout.tf32).get_inputs()]
    arrays = [value.numpy() for value in inputs]
    return _bound(path, bout, dict(zip(names, arrays, strict=True)))


def _bound(path: Path, bout: Bout, feeds: Feeds) -> Contender:
    session = bare_session(path, bout.device, bout.tf32)
    binding = Binding(session, bout.device, feeds)
    return Contender(binding.run, lambda: next(iter(binding.answers().values())))


def _eager(bout: Bout) -> Contender:
    """PyTorch, operator by operator."""
    torch, net, inputs = _torch(bout, bout.torch_device)
    return _called(torch, net, inputs, bout)


def _compiled(bout: Bout) -> Contender:
    """PyTorch, compiled; as hard as it can on a GPU."""
    torch, net, inputs = _torch(bout, bout.torch_device)
    mode = "max-autotune" if bout.device.gpu else None
    return _called(torch, torch.compile(net, mode=mode), inputs, bout)


def _called(torch: Any, net: Any, inputs: tuple[Any, ...], bout: Bout) -> Contender:
    def run() -> Any:
        with torch.inference_mode():
            outputs = net(*inputs)
            if bout.device.gpu:
                torch.cuda.synchronize(bout.torch_device)
        return outputs

    return Contender(run, lambda: np.asarray(run()[0].float().cpu()))


def _torch(bout: Bout, device: str) -> tuple[Any, Any, tuple[Any, ...]]:
    """PyTorch, the net and its inputs, in the layout and the type that suit the device."""
    if bout.graph is None or bout.values is None:
        raise ValueError("a compiled model is no net for PyTorch; give the spec")
    if importlib.util.find_spec("torch") is None:
        raise ModuleNotFoundError("PyTorch is not installed")
    torch = importlib.import_module("torch")
    if bout.device.gpu and not torch.cuda.is_available():
        raise ValueError("the installed PyTorch starts no CUDA")
    torch.set_num_threads(cores())
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = bout.tf32
    torch.backends.cudnn.benchmark = True
    dtype = getattr(torch, bout.dtype)
    net = torch_net(bout.graph, bout.values).to(device, dtype)
    inputs = tuple(torch.from_numpy(array).to(device, dtype) for array in bout.feeds.values())
    if bout.device.gpu and bout.dtype != "float32":
        net = net.to(memory_format=torch.channels_last)
        inputs = tuple(
            x.to(memory_format=torch.channels_last) if x.ndim == 4 else x for x in inputs
        )
    return torch, net, inputs


#: How each is made.
MAKERS: Mapping[str, Callable[[Bout], Contender]] = {
    "onnxruntime, netspec's file": _runtime,
    "onnxruntime, torch.onnx.export": _exported,
    "pytorch eager": _eager,
    "torch.compile": _compiled,
}


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Keep what other libraries print and warn of away from the results."""
    said = io.StringIO()
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(said),
    ):
        warnings.simplefilter("ignore")
        yield
