"""A model that is ready to run."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike, NDArray

from netspec.runtime.content import Origin
from netspec.runtime.device import Device
from netspec.runtime.inputs import InputType, fit
from netspec.runtime.opened import Opened, open_recipe
from netspec.runtime.recipe import Recipe, Weights, find_model

if TYPE_CHECKING:
    from netspec.graph.graph import Graph
    from netspec.onnxgen.card import Card
    from netspec.runtime.binding import Binding
    from netspec.text.spec import Spec


class Session:
    """A spec, a graph, a net of the zoo by name, or the file of a spec or a model, on a device.

    `run` takes arrays and answers arrays. `layers` names layers whose activations are answered too.
    Weights are those of `weights`, else of the spec, else random ones of `seed`; `flatten_order` is
    that of the net which they come from ("HWC" in TensorFlow). `tf32` lets a GPU round the factors
    of float32 products to 10 bits of mantissa. With `batch` a GPU runs so many samples at a time,
    never fewer, and replays one CUDA graph; the CPU takes what comes.

    What is missing or does not fit is refused at once; the weights are read and the device started
    by `open`, or when something is first asked of the session. It can be pickled, by what it is
    made from, and opens again in each process; threads may share it.

    UnusableError where the weights, the model or the device cannot serve, SpecError for a spec that
    is rejected, ValueError for a `device`, `dtype` or `batch` that there is not. `warn` is told of
    weights that are not finite; in another process these are Python's warnings.
    """

    def __init__(  # noqa: PLR0913  # all but the model go by name
        self,
        model: Spec | Graph | str | Path,
        *,
        weights: Weights = None,
        seed: int = 0,
        allow_extra: bool = False,
        flatten_order: str = "CHW",
        device: str = "auto",
        layers: Sequence[str] = (),
        dtype: str = "float32",
        tf32: bool = False,
        batch: int | None = None,
        warn: Callable[[str], object] = warnings.warn,
    ) -> None:
        self._recipe = Recipe(
            find_model(model),
            dict(weights) if isinstance(weights, Mapping) else weights,
            seed,
            allow_extra,
            Device.parse(device),
            tuple(layers),
            dtype,
            tf32,
            batch,
            flatten_order,
        )
        self._lock = Lock()
        self._opened: Opened | None = None
        self._origin: Origin | None = self._recipe.origin(warn)

    def __getstate__(self) -> Recipe:
        return self._recipe

    def __setstate__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._lock = Lock()
        self._opened = None
        self._origin = None

    def open(self) -> Session:
        """Start the session now, where what is wrong should be known first; answers itself."""
        self._ready()
        return self

    def run(self, inputs: ArrayLike | Mapping[str, ArrayLike]) -> dict[str, NDArray[Any]]:
        """Each output by name, with the batch axis first, for a batch or one sample of each input.

        The answers are new arrays. InputError where an input does not fit, RunError where the
        runtime fails.
        """
        opened = self._ready()
        return opened.run(fit(opened.inputs, inputs))

    def bind(self, inputs: ArrayLike | Mapping[str, ArrayLike]) -> Binding:
        """A batch and what comes of it, at fixed places on the device, to be run there repeatedly.

        Errors as `run` has them.
        """
        opened = self._ready()
        return opened.bind(fit(opened.inputs, inputs))

    @property
    def device(self) -> str:
        """Where it really runs: "cpu", "cuda:0", "tensorrt:0"."""
        return str(self._ready().started.device)

    @property
    def may_use_gpu(self) -> bool:
        """Whether it was not told to stay on the CPU; this is known before it opens."""
        return self._recipe.device.kind != "cpu"

    @property
    def because(self) -> str:
        """Why "auto" left out the GPU that ONNX Runtime was built for; empty where it did not."""
        return self._ready().started.because

    @property
    def no_graph(self) -> str:
        """Why a GPU with a fixed batch does not replay a CUDA graph; empty where it does."""
        return self._ready().started.no_graph

    @property
    def card(self) -> Card:
        """What the model says about itself: names, labels, how pictures become inputs."""
        return self._ready().card

    @property
    def inputs(self) -> Mapping[str, InputType]:
        """What it takes, by name."""
        return self._ready().inputs

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of what it answers."""
        return self._ready().outputs

    @property
    def sha256(self) -> str:
        """The hash of all that the answers depend on but the device; reads the weights for it."""
        return self._recipe.origin(lambda message: None).sha256()

    def _ready(self) -> Opened:
        with self._lock:
            if self._opened is None:
                origin = self._origin or self._recipe.origin(warnings.warn)
                self._opened = open_recipe(self._recipe, origin)
                self._origin = None  # which may hold what is now on the device
            return self._opened
