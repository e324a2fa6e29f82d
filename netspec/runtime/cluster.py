"""The folder pipeline over a cluster: Ray Data hands files to actors, each with a session.

Ray (https://docs.ray.io) is the extra `ray`. The machines must see the files, and the model's,
under the same paths.
"""

from __future__ import annotations

import importlib
import io
import json
import logging
import os
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.machine.errors import UnusableError
from netspec.runtime.finding import ARRAYS, suffix
from netspec.runtime.pipeline import Answers, answers
from netspec.runtime.session import Session
from netspec.runtime.start import first_line
from netspec.text.printable import printable

#: Batches of files that an actor is handed at a time, so that it decodes while the net runs.
_AHEAD = 4


def answers_on_ray(
    session: Session,
    inputs: Collection[str],
    size: int,
    fail: Callable[[str], object],
    skip: Callable[[str], bool] = lambda name: False,
) -> Generator[Answers]:
    """What `pipeline.answers` gives, in the same order, from the cluster that RAY_ADDRESS names,
    else from one that is started on this machine.

    An actor for each GPU where the cluster has any and the session may use them, else for each
    machine. What an actor that dies had in hand goes to another. UnusableError where the cluster
    cannot be reached or gives up.
    """
    ray = _library()
    asked = [
        {"path": path} for path in inputs if suffix(path) in ARRAYS or not skip(printable(path))
    ]
    if not asked:
        return
    try:
        _connect(ray)
        gpus = int(ray.cluster_resources().get("GPU", 0)) if session.may_use_gpu else 0
        rows = ray.data.from_items(asked).map_batches(
            _Worker,
            fn_constructor_args=(session, size),
            batch_size=size * _AHEAD,
            concurrency=gpus or len(ray.nodes()),
            num_gpus=1 if gpus else None,
            scheduling_strategy="SPREAD",
        )
        for row in rows.iter_rows():
            for fault in json.loads(row["faults"]):
                fail(fault)
            yield from _unpacked(row, skip)
    except (ray.exceptions.RayError, ConnectionError) as error:
        raise UnusableError(f"the Ray cluster gave up: {first_line(error)}") from error


def _library() -> Any:
    """Ray with its data sets; UnusableError where the extra is not installed."""
    try:
        importlib.import_module("ray.data")
        return importlib.import_module("ray")
    except ImportError as error:
        raise UnusableError(
            f"Ray is not installed: {error}", help="pip install 'netspec-compiler[ray]'"
        ) from error


def _connect(ray: Any) -> None:
    """Join the cluster; no figures are sent to its makers, and it says nothing of its own."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    if not ray.is_initialized():
        ray.init(logging_level="ERROR", log_to_driver=False, include_dashboard=False)
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.execution_options.preserve_order = True


class _Worker:
    """An actor: its session opens with the first files that it is given."""

    def __init__(self, session: Session, size: int) -> None:
        self.session, self.size = session, size

    def __call__(self, rows: Mapping[str, NDArray[Any]]) -> dict[str, list[Any]]:
        """A row for each batch of answers, and a last one for what failed."""
        faults: list[str] = []
        parts = answers(self.session, list(map(str, rows["path"])), self.size, faults.append)
        packed = [(json.dumps(part.names), _bytes(part.outputs), "[]") for part in parts]
        packed.append(("[]", b"", json.dumps(faults)))
        columns = zip(*packed, strict=True)
        return dict(zip(("names", "outputs", "faults"), map(list, columns), strict=True))


def _bytes(outputs: Mapping[str, NDArray[Any]]) -> bytes:
    """Arrays in the order in which they are, as one .npz."""
    file = io.BytesIO()
    np.savez(file, *outputs.values(), names=np.array(list(outputs)))
    return file.getvalue()


def _unpacked(row: Mapping[str, Any], skip: Callable[[str], bool]) -> Iterator[Answers]:
    """The answers in a row; those of samples in files of arrays only where they are asked for."""
    names: Sequence[str] = json.loads(row["names"])
    if not names:
        return
    with np.load(io.BytesIO(row["outputs"]), allow_pickle=False) as file:
        outputs = {str(key): file[f"arr_{at}"] for at, key in enumerate(file["names"])}
    kept = [at for at, name in enumerate(names) if not (_of_arrays(name) and skip(name))]
    if len(kept) < len(names):
        names = [names[at] for at in kept]
        outputs = {key: array[kept] for key, array in outputs.items()}
    if names:
        yield Answers(names, outputs)


def _of_arrays(name: str) -> bool:
    """Whether a sample stood in a file of arrays: `batch.npy`, or `batch.npy[3]`."""
    return suffix(name.partition("[")[0] if name.endswith("]") else name) in ARRAYS
