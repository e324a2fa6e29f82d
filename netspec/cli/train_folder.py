"""The folder of a run of training: what lies in it, and what is written as the epochs go by."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from netspec.cli.failure import Failure
from netspec.cli.output import check_output
from netspec.cli.weight_options import tell
from netspec.machine.resources import refuse_on_disk
from netspec.text.printable import printable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netspec.train.fit import Run
    from netspec.train.origin import Origin
    from netspec.train.records import EpochRecord

#: Seconds between two drawings of the curves, which may take longer than an epoch.
_APART = 2.0


class TrainFolder:
    """Where the files of a run lie."""

    def __init__(self, path: Path) -> None:
        self.path, self.shown = path, printable(str(path))
        self.checkpoint = path / "checkpoint.safetensors"
        self.log = path / "log.jsonl"
        self.weights = path / "weights.safetensors"
        self.model = path / "model.onnx"
        self.curves = path / "curves.svg"
        self.confusion = path / "confusion.svg"

    def check(self, sources: Sequence[Path], *, resume: bool, plot: bool) -> None:
        """Failure (exit 2) where it cannot be, where it has a run that is not to be gone on with or
        none that is to be, and where a file that is read would be overwritten.
        """
        path = self.path
        if path.exists() and not path.is_dir():
            raise Failure(f"{self.shown} is a file; -o takes the folder of a run")
        if not path.parent.is_dir():
            parent = printable(str(path.parent))
            raise Failure(f"cannot write {self.shown}: there is no folder {parent}")
        begun = (self.checkpoint, self.weights, self.model, self.log)
        if not resume and (left := next((file for file in begun if file.exists()), None)):
            goes_on = "--resume goes on with it, " if self.checkpoint.exists() else ""
            raise Failure(
                f"{printable(str(left))}: a run was begun here",
                help=f"{goes_on}-o names another folder",
            )
        if resume and not self.checkpoint.exists():
            raise Failure(
                f"there is no {printable(str(self.checkpoint))} to go on from",
                help="without --resume a run begins",
            )
        if path.is_dir():
            files = (self.checkpoint, self.log, self.weights, self.model)
            for file in (*files, *((self.curves, self.confusion) if plot else ())):
                check_output(file, tuple(sources))
        self._refuse_unwritable()

    def refuse_full(self, nbytes: int) -> None:
        """UnusableError where the disk has no room for a checkpoint of so many bytes."""
        refuse_on_disk(nbytes, self._place, f"{self.shown}: a checkpoint takes")

    @property
    def _place(self) -> Path:
        return self.path if self.path.is_dir() else self.path.parent

    def _refuse_unwritable(self) -> None:
        """Failure where no file can be written, now and not after an epoch."""
        place = self._place
        try:
            with TemporaryDirectory(dir=place, prefix=".netspec-") as folder:
                (Path(folder) / "checkpoint").write_bytes(b"0")
        except OSError as error:
            reason = "" if error.errno == errno.ENOENT else f" ({error.strerror or error})"
            where = f"{printable(str(place))}{reason}"
            raise Failure(
                f"cannot write {self.shown}: no file can be made in {where}",
                help="-o names another folder",
            ) from error


class Keeper:
    """Keeps each epoch of a run in its folder: a line of the log, the checkpoint, and the curves if
    there is a `title` for them.

    An end that comes too early leaves the last whole epoch, and how to go on is said; a folder that
    was made for a run without an epoch vanishes.
    """

    def __init__(
        self,
        folder: TrainFolder,
        run: Run,
        origin: Origin,
        title: str | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        from netspec.train.log import EpochLog

        self._folder, self._run, self._origin, self._title = folder, run, origin, title
        self._clock, self._next = clock, clock()
        self._kept = len(run.records)
        self._made = not folder.path.exists()
        folder.path.mkdir(exist_ok=True)
        self._log = EpochLog(folder.log, run.records)

    def __enter__(self) -> Keeper:
        return self

    def __exit__(self, kind: type[BaseException] | None, *exception: object) -> None:
        self._log.__exit__()
        if kind is None:
            return
        if not self._kept:
            self._clear()
        elif not issubclass(kind, Failure):  # which says what is left
            tell(f"{self._whole}; --resume goes on from it, and --weights takes it")

    def epoch(self, record: EpochRecord) -> None:
        """Keep a run whose latest epoch this is.  RunError where its weights are not finite."""
        from netspec.train.checkpoint import Checkpoint, Progress, write_checkpoint
        from netspec.weights.checkpointed import weights_of

        run = self._run
        state = run.trainer.current()
        _refuse_not_finite(weights_of(state), record.epoch)
        self._log.add(record)
        steps, scale = run.trainer.steps, run.trainer.scale
        progress = Progress(
            self._origin, steps, tuple(run.records), run.best_epoch, scale.factor, scale.steady
        )
        write_checkpoint(self._folder.checkpoint, Checkpoint(state, progress, run.best))
        self._kept = record.epoch
        if self._clock() >= self._next:
            self.draw()
            self._next = self._clock() + _APART

    def draw(self) -> None:
        """Draw the curves, where they are asked for."""
        if self._title is not None and self._run.records:
            from netspec.train.pictures.curves import draw_curves

            draw_curves(self._run.records, self._folder.curves, self._title)

    @property
    def left(self) -> str | None:
        """What there is to begin from with other settings; None without an epoch."""
        return f"{self._whole}; --weights takes it" if self._kept else None

    @property
    def _whole(self) -> str:
        return f"{printable(str(self._folder.checkpoint))} has epoch {self._kept}"

    def _clear(self) -> None:
        """Take away what holds nothing."""
        with suppress(OSError):
            self._folder.log.unlink()
            if self._made:
                self._folder.path.rmdir()


def _refuse_not_finite(weights: Mapping[str, NDArray[Any]], epoch: int) -> None:
    import numpy as np

    from netspec.runtime.errors import RunError
    from netspec.train.fit import REMEDY

    for name, values in weights.items():
        if not np.isfinite(values).all():
            raise RunError(f"{name} holds NaN or infinity after epoch {epoch}: {REMEDY}")
