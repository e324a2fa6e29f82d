"""What `run` runs: a spec with its weights, or a compiled model, on a device."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.cli.weight_options import read_files, tell
from netspec.text.printable import printable

if TYPE_CHECKING:
    from netspec.graph.graph import Graph
    from netspec.onnxgen.card import Card
    from netspec.runtime.records import About
    from netspec.runtime.session import Session


@dataclass(frozen=True)
class Subject:
    """What is run, and how; `graph` is None where `path` is a compiled model."""

    graph: Graph | None
    path: Path
    weights: Path | None
    seed: int | None
    allow_extra: bool
    device: str
    layers: tuple[str, ...]
    dtype: str
    tf32: bool
    flatten_order: str = "CHW"

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that are read for it."""
        if self.graph is None:
            return (self.path,)
        return read_files(str(self.path), self.graph, self.weights)

    def start(self, batch: int | None) -> Session:
        """The session, started; what it runs on is said where `auto` chose."""
        session = self.session(batch).open()
        if self.device == "auto":
            tell(f"running on {session.device}{session.because and f' ({session.because})'}")
        if session.no_graph:
            tell(f"no CUDA graph: {session.no_graph}")
        return session

    def session(self, batch: int | None) -> Session:
        """The session.  With `batch` a GPU runs so many samples at a time, never fewer."""
        from netspec.runtime.session import Session

        return Session(
            self.graph or self.path,
            weights=self.weights,
            seed=self.seed or 0,
            allow_extra=self.allow_extra,
            flatten_order=self.flatten_order,
            device=self.device,
            layers=self.layers,
            dtype=self.dtype,
            tf32=self.tf32,
            batch=batch,
            warn=tell,
        )

    def about(self, device: str, card: Card, top: int) -> About:
        """What is known of the answers before they come."""
        from netspec.runtime.records import About

        name = card.name or printable(self.path.name)
        return About(name, device, tuple(card.labels), top, card.one_chance)
