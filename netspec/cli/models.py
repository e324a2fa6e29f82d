"""Models on their way into files: a model with its weights inside or beside, alone or in a model
repository of Triton.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

from netspec.cli.failure import Failure
from netspec.cli.folder import whole_folder
from netspec.cli.output import atomic_files
from netspec.text.printable import printable

if TYPE_CHECKING:
    from netspec.onnxgen.program import Program
    from netspec.weights.values import Values


class Made(Protocol):
    """A model that can be written.  `nbytes` is about what it takes."""

    @property
    def nbytes(self) -> int:
        """Bytes on the disk, more or less."""

    def write(self, file: IO[bytes], beside: tuple[str, IO[bytes]] | None) -> None:
        """Write it; its weights to the file that is `beside`, where there is one."""


@dataclass(frozen=True)
class Streamed:
    """A program, whose tensors are made as they are written."""

    program: Program
    values: Values

    @property
    def nbytes(self) -> int:
        """Bytes of all tensors."""
        return self.program.nbytes

    def write(self, file: IO[bytes], beside: tuple[str, IO[bytes]] | None) -> None:
        """Write it, one tensor in memory at a time."""
        from netspec.onnxgen.model import write_model

        write_model(self.program, self.values, file, beside)


@dataclass(frozen=True)
class Whole:
    """A model as bytes, which has its weights inside."""

    content: bytes

    @property
    def nbytes(self) -> int:
        """Bytes of the file."""
        return len(self.content)

    def write(self, file: IO[bytes], beside: tuple[str, IO[bytes]] | None) -> None:
        """Write it in one piece."""
        assert beside is None, "its weights are inside"
        file.write(self.content)


def data_path(path: Path) -> Path:
    """Where a large model's weights lie."""
    return path.with_name(path.name + ".data")


def is_large(made: Made) -> bool:
    """Whether the weights go beside the model."""
    from netspec.onnxgen.model import EXTERNAL_ABOVE

    return made.nbytes > EXTERNAL_ABOVE and not isinstance(made, Whole)


def write_files(made: Made, path: Path, others: Mapping[Path, str] | None = None) -> None:
    """Write a model, and texts that belong to it: all of the files or none."""
    texts = others or {}
    data = [data_path(path)] if is_large(made) else []
    with atomic_files(*texts, *data, path) as files:
        *first, file = files
        for target, text in zip(first, texts.values(), strict=False):
            target.write(text.encode())
        made.write(file, (data[0].name, first[-1]) if data else None)


def write_repository(made: Made, program: Program, repository: Path) -> None:
    """Write a model into a repository, as its version 1; what is new appears when it is whole."""
    from netspec.onnxgen import triton

    texts = {triton.CONFIG: triton.config(program), triton.LABELS: triton.labels(program)}
    with (
        whole_folder(repository) as folder,
        whole_folder(folder / program.graph.name) as home,
        whole_folder(home / triton.VERSION) as version,
    ):
        others = {home / name: text for name, text in texts.items() if text}
        write_files(made, version / triton.MODEL, others)


def check_repository(repository: Path, name: str) -> None:
    """Failure (exit 2) where a model of the name cannot go into the repository, or another that is
    not netspec's stands there.
    """
    from netspec.onnxgen import triton

    shown = printable(str(repository))
    if not repository.is_dir() and (repository.exists() or not repository.parent.is_dir()):
        what = "is no folder" if repository.exists() else "lies in no folder"
        raise Failure(f"{shown} {what}; --triton takes a model repository")
    home = repository / name
    config = home / triton.CONFIG
    if config.is_file():
        ours = triton.is_ours(config.read_text("utf-8", "replace"))
    else:
        ours = not home.exists() or (home.is_dir() and not any(home.iterdir()))
    if not ours:
        raise Failure(
            f"{shown} holds a model {name} that is not netspec's",
            help=f"choose another repository, or another name: --set name={name}_2",
        )
