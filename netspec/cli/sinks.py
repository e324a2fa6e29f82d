"""Where answers go: a table, a file written at the end, or one written as they come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from netspec.cli.failure import Failure
from netspec.cli.output import atomic, check_output
from netspec.cli.table import Table
from netspec.text.printable import printable

if TYPE_CHECKING:
    from netspec.runtime.pipeline import Answers
    from netspec.runtime.records import About
    from netspec.runtime.results import Writer
    from netspec.runtime.resume import Finished


class Sink(Protocol):
    """Takes the answers of a run; `count` is how many it has."""

    count: int

    def __enter__(self) -> Sink:
        """Leaving the block ends it: what is not finished is given up."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None: ...

    def begin(self, about: About, made_by: Callable[[], Mapping[str, str]]) -> Finished:
        """Answers that are there already; `made_by` says what the answers depend on."""

    def add(self, answers: Answers) -> None:
        """Take the answers of some samples."""

    def finish(self) -> None:
        """All are there.  Not called where there is none."""


class WholeFile:
    """A file that is there when the run ends well, as `atomic` makes it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stack = ExitStack()
        self._writer: Writer | None = None
        self.count = 0

    def __enter__(self) -> WholeFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        return self._stack.__exit__(kind, error, trace)

    def begin(self, about: About, made_by: Callable[[], Mapping[str, str]]) -> Finished:
        """Nothing is there."""
        from netspec.runtime.resume import Finished

        self._about = about
        return Finished()

    def add(self, answers: Answers) -> None:
        """Write the answers, or hold them."""
        from netspec.runtime.results import writer

        if self._writer is None:
            file = self._stack.enter_context(atomic(self._path))
            self._writer = writer(self._path.suffix.lower(), file, self._about)
        self._writer.add(answers)
        self.count += len(answers.names)

    def finish(self) -> None:
        """Write what is left."""
        assert self._writer is not None
        self._writer.finish()


def choose_sink(
    output: Path | None, read: tuple[Path, ...], layers: tuple[str, ...], resume: bool
) -> Sink:
    """Where the answers go; `read` are files that none of them may overwrite.

    Failure (exit 2) where `output` cannot serve.
    """
    if output is None:
        return Table()
    from netspec.cli.unfinished import Unfinished
    from netspec.runtime.results import FORMATS, MANY, STREAMED

    suffix, shown = output.suffix.lower(), printable(str(output))
    if suffix not in FORMATS:
        raise Failure(f"-o {shown}: results are written as {', '.join(FORMATS)}")
    if layers and suffix not in MANY:
        raise Failure(f"{suffix} has no room for --layer; write {', '.join(MANY)}")
    if resume and suffix not in STREAMED:
        raise Failure(f"--resume: {suffix} is written at the end; write {', '.join(STREAMED)}")
    check_output(output, read)
    if suffix not in STREAMED:
        return WholeFile(output)
    unfinished = Unfinished(output, resume)
    for path in unfinished.parts:
        check_output(path, read)
    return unfinished
