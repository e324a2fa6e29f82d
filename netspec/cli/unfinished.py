"""Result files that are written as the answers come, and outlive an interrupted command."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from netspec.cli.failure import Failure
from netspec.cli.output import atomic
from netspec.cli.weight_options import tell
from netspec.machine.files import mode_for
from netspec.text.printable import printable

if TYPE_CHECKING:
    from netspec.runtime.pipeline import Answers
    from netspec.runtime.ranking import Kind
    from netspec.runtime.records import About
    from netspec.runtime.results import Writer
    from netspec.runtime.resume import Finished


class Unfinished:
    """Records in FILE.part, which becomes FILE when all are there.

    Each batch is handed to the system when it is done, so that a killed command keeps it. Beside it
    FILE.part.json says what made the records: another net's are not gone on from. Both vanish with
    a command that has no answer to keep. Failure (exit 2) where there is a part already and it is
    not to be gone on from, and where a place cannot be written.
    """

    def __init__(self, path: Path, resume: bool) -> None:
        self._path = path
        self._part = path.with_name(f"{path.name}.part")
        self._note = path.with_name(f"{path.name}.part.json")
        self._shown = printable(str(self._part))
        self._file: IO[bytes] | None = None
        self._writer: Writer | None = None
        self._begun, self._placed = os.path.lexists(self._part), False
        self._ours = False  # to take away, where it holds nothing
        self.count = 0
        if self._begun and not resume:
            raise Failure(
                f"{self._shown} holds the answers of a run that did not end",
                help="--resume goes on from it; or delete it",
            )
        if self._begun and (self._part.is_symlink() or not self._part.is_file()):
            raise Failure(f"{self._shown} is no regular file")
        if resume and not self._begun:
            tell(f"there is no {self._shown}: from the beginning")

    @property
    def parts(self) -> tuple[Path, Path]:
        """The files that are written on the way."""
        return self._part, self._note

    def __enter__(self) -> Unfinished:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
        if self._placed or (self._ours and not self.count):
            for path in (self._note,) if self._placed else self.parts:
                with suppress(OSError):
                    path.unlink()
        elif self._ours:
            tell(f"{self._shown} keeps {self.count:,} answers; --resume goes on from it")

    def begin(self, about: About, made_by: Callable[[], Mapping[str, str]]) -> Finished:
        """Answers that are there already; `made_by` tells runs apart whose records differ."""
        from netspec.runtime.resume import Finished

        self._about, self._made_by = about, dict(made_by())
        if not self._begun:
            return Finished()
        kind = self._read_note()
        return self._go_on(kind)

    def add(self, answers: Answers) -> None:
        """Write the records of some samples."""
        try:
            if self._file is None:
                self._create(answers)
            assert self._file is not None and self._writer is not None
            self._writer.add(answers)
            self._file.flush()
        except OSError as error:
            raise self._unwritable(error) from error
        self.count += len(answers.names)

    def finish(self) -> None:
        """Bring all to the disk, and to its place."""
        assert self._file is not None
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._part.chmod(mode_for(self._path))
            self._part.replace(self._path)
        except OSError as error:
            raise self._unwritable(error) from error
        self._placed = True

    def _create(self, answers: Answers) -> None:
        from netspec.runtime.records import kind_of_first

        kind = kind_of_first(answers, self._about, None)
        note = {"made by": self._made_by, "numbers": None if kind is None else kind.name}
        with atomic(self._note) as file:
            file.write((json.dumps(note, indent=1) + "\n").encode())
        try:
            self._file = self._part.open("xb")
        except BaseException:
            self._note.unlink(missing_ok=True)
            raise
        self._ours = True
        self._write_with(kind)

    def _go_on(self, kind: Kind | None) -> Finished:
        from netspec.runtime.resume import keep_whole

        try:
            self._file = self._part.open("r+b")
            finished = keep_whole(self._path.suffix.lower(), self._file)
        except OSError as error:
            raise self._unwritable(error) from error
        except ValueError as error:
            raise Failure(
                f"{self._shown} cannot be gone on from: {printable(str(error))}",
                help="delete it, and begin again",
            ) from error
        self.count, self._ours = len(finished), True
        self._write_with(kind)
        tell(f"{self._shown} has {self.count:,} answers")
        return finished

    def _write_with(self, kind: Kind | None) -> None:
        from netspec.runtime.results import writer

        assert self._file is not None
        self._writer = writer(self._path.suffix.lower(), self._file, self._about, kind)

    def _read_note(self) -> Kind | None:
        """What the numbers in the part are.  Failure where another run made them."""
        from netspec.runtime.ranking import Kind

        try:
            note: Any = json.loads(self._note.read_bytes())
            said = dict(note["made by"])
            kind = None if note["numbers"] is None else Kind[note["numbers"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Failure(
                f"{printable(str(self._note))} does not say what made {self._shown}",
                help="delete them, and begin again",
            ) from error
        others = [key for key, value in self._made_by.items() if said.get(key) != value]
        if others:
            raise Failure(
                f"{self._shown} was made with another {' and another '.join(others)}",
                help="run as before, or delete it and begin again",
            )
        return kind

    def _unwritable(self, error: OSError) -> Failure:
        return Failure(f"cannot write {self._shown}: {error.strerror or error}")
