"""`netspec compile --dtype int8 --calibrate`: ranges from samples, and how much was lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.cli.failure import RUN_FAILED, Failure
from netspec.cli.models import Whole
from netspec.cli.progress import Progress
from netspec.cli.weight_options import tell, usable
from netspec.text.printable import printable

if TYPE_CHECKING:
    from netspec.onnxgen.program import Program
    from netspec.runtime.agreement import Agreement
    from netspec.runtime.batch import Batch
    from netspec.runtime.quantise import Net
    from netspec.weights.values import Values

#: Samples that are used at most: 500 suffice for nets for ImageNet (NVIDIA, "TensorRT developer
#: guide", on calibration).
MOST = 500
#: Samples that run at a time, all tensors of theirs in memory, where the batch is free.
BATCH = 4


def quantise(program: Program, values: Values, source: Path) -> Whole:
    """The program in int8, by the samples in a file or the pictures in a folder.

    How it agrees with float32 is said on standard error. Failure where there is nothing to
    calibrate with (exit 2), or nothing that can be read (exit 3).
    """
    from netspec.runtime.errors import RunError
    from netspec.runtime.quantise import Net, quantised

    samples = _Samples(Net.of(program), source, program.target.batch or BATCH)
    try:
        model, agreement = quantised(program, values, samples.batches)
    except RunError as error:
        raise Failure(str(error), code=RUN_FAILED) from error
    for line in _report(agreement):
        tell(line)
    return Whole(model.SerializeToString(deterministic=True))


class _Samples:
    """What is calibrated with: pictures spread evenly over a folder, or the first of an array."""

    def __init__(self, net: Net, source: Path, size: int) -> None:
        from netspec.runtime.finding import find_inputs

        self.net, self.size = net, size
        with usable():
            found = find_inputs([str(source)], tell)
        paths, step = list(found), max(len(found) / MOST, 1)
        self.files = [paths[int(at * step)] for at in range(min(len(paths), MOST))]
        self.total = len(self.files) if found.one_each else None
        self._told: set[str] = set()
        self._refuse_unreadable()

    def batches(self) -> Iterator[Batch]:
        """All of them, in batches; what cannot be read is said the first time."""
        from netspec.runtime.batching import Batcher

        progress, left = Progress(self.total), MOST
        batcher = Batcher(self.net, self.size, self._fail, lambda name: False)
        try:
            for batch in batcher.batches(self.files):
                yield batch.part(0, left)
                progress.done(len(batch))
                left -= len(batch)
                if left <= 0:
                    break
        finally:
            progress.clear()

    def _fail(self, message: str) -> None:
        if message not in self._told:
            self._told.add(message)
            tell(message)

    def _refuse_unreadable(self) -> None:
        """Say once, and not for each picture, that pictures cannot serve the net."""
        from netspec.runtime.finding import PICTURES, suffix

        first = suffix(self.files[0])
        if first in PICTURES and (len(self.net.inputs) > 1 or not self.net.card.images):
            raise Failure(
                f"pictures cannot calibrate {printable(self.net.card.name)}: it takes one picture "
                "a sample only where the spec's `input:` has an `image:` section, and no others",
                help="give .npy or .npz",
            )


def _report(found: Agreement) -> Iterator[str]:
    count = f"{found.samples} sample{'s' if found.samples > 1 else ''}"
    if found.same is not None:
        what = "" if found.choices == found.samples else f" of {found.choices:,} places"
        share = 100 * found.same / found.choices
        yield f"int8 agrees with float32 on the highest class of {share:.1f}%{what} ({count})"
    yield (
        f"int8 differs from float32 by {found.mean:.2g} on average, {found.largest:.2g} at most; "
        f"the largest value is {found.scale:.2g}"
    )
    yield "these are the samples that gave the ranges; judge it by others"
