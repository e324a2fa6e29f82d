"""What a session is made from: frozen, and the same in every process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from netspec.machine.errors import UnusableError
from netspec.runtime.content import FileOrigin, GraphOrigin, Origin
from netspec.runtime.device import Device
from netspec.text.nearest import nearest
from netspec.text.printable import printable
from netspec.text.shipped import spec_file, zoo

if TYPE_CHECKING:
    from netspec.graph.graph import Graph
    from netspec.text.spec import Spec

Weights: TypeAlias = str | Path | Mapping[str, NDArray[np.float32]] | None


@dataclass(frozen=True)
class Recipe:
    """What a session is made from.  It can be pickled; files are read where it is opened."""

    model: Spec | Graph | Path
    weights: Weights
    seed: int
    allow_extra: bool
    device: Device
    layers: tuple[str, ...]
    dtype: str
    tf32: bool
    batch: int | None
    flatten_order: str = "CHW"

    def __post_init__(self) -> None:
        if self.dtype != "float32":  # a model file has its own, and needs no layers
            from netspec.layers import DTYPES

            if self.dtype not in DTYPES:
                raise ValueError(f"dtype is one of {', '.join(DTYPES)}, got {self.dtype!r}")
        if self.batch is not None and self.batch < 1:
            raise ValueError(f"a batch holds at least one sample, got {self.batch}")

    def origin(self, warn: Callable[[str], object]) -> Origin:
        """Where the model comes from.

        UnusableError where files are missing or do not fit, SpecError for a spec that is rejected.
        """
        model = self.model
        if isinstance(model, Path) and model.suffix not in (".yaml", ".yml"):
            return FileOrigin(model, self.layers)  # which needs none of what a spec needs
        from netspec.graph.elaborate import elaborate
        from netspec.text.decode import decode
        from netspec.text.spec import Spec, parse
        from netspec.weights.values import choose_values

        if isinstance(model, Path):
            model = parse(decode(model.read_bytes(), str(model)), model.parent)
        graph = elaborate(model) if isinstance(model, Spec) else model
        values = choose_values(
            graph,
            self.weights,
            self.seed,
            allow_extra=self.allow_extra,
            flatten_order=self.flatten_order,
            warn=warn,
        )
        return GraphOrigin(graph, values, self.dtype, self.layers)


def find_model(model: Spec | Graph | str | Path) -> Spec | Graph | Path:
    """The spec, the graph, or the file that a path or a name of the zoo means.

    UnusableError where there is no such file.
    """
    if not isinstance(model, str | Path):
        return model
    path = spec_file(model)
    if path.is_file():
        return path
    what = "not a file" if path.exists() else "no such file"
    near = None if path.suffix or path.exists() else nearest(str(model), zoo())
    hint = f"; did you mean `{near}`, a net of the zoo?" if near else ""
    raise UnusableError(f"{printable(str(model))}: {what}{hint}")
