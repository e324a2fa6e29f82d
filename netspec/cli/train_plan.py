"""What a run of training goes by, put together from the spec and the command line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netspec.cli.mapping import print_mapping, with_map
from netspec.cli.weight_options import tell
from netspec.graph import Graph
from netspec.machine.errors import UnusableError
from netspec.text.printable import printable
from netspec.text.training import Training

if TYPE_CHECKING:
    from netspec.train.samples import Samples
    from netspec.train.step import Objective
    from netspec.weights.values import Values


#: The most layers of which it is said that they may be drawn anew: more are another net.
_NEW_HEAD = 3


@dataclass(frozen=True)
class Given:
    """Weights to start from, and the layers that do not, by patterns."""

    weights: Path | None
    map_file: Path | None
    show_mapping: bool
    allow_extra: bool
    reinit: tuple[str, ...]

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that are read."""
        return tuple(path for path in (self.weights, self.map_file) if path is not None)

    def said(self, seed: int) -> str:
        """What a run starts from, in words."""
        if self.weights is None:
            return f"random weights of seed {seed}"
        new = f", but for {printable(', '.join(self.reinit))}" if self.reinit else ""
        return f"the weights of {printable(str(self.weights))}{new}"

    def values(self, graph: Graph, training: Training) -> Values:
        """The weights of the file, new ones for the layers that are drawn anew; without a file all
        are new. UnusableError where they do not fit.
        """
        from netspec.train.selection import select
        from netspec.weights.faults import UnfitError
        from netspec.weights.values import choose_values

        if self.reinit and self.weights is None:
            raise UnusableError(
                "--reinit draws layers anew that a file has weights for, and there is none",
                help="say which with --weights",
            )
        anew = select(graph, self.reinit)
        graph, weights = with_map(graph, self.weights, self.map_file)
        try:
            if self.show_mapping:
                print_mapping(graph, weights, self.allow_extra, anew)
            return choose_values(
                graph,
                weights,
                training.seed,
                allow_extra=self.allow_extra,
                init=training.init,
                anew=anew,
                warn=tell,
            )
        except UnfitError as error:
            few = 0 < len(error.layers) <= _NEW_HEAD
            said = " ".join(f"--reinit {printable(name)}" for name in error.layers)
            advice = f"{said} draws anew what is of another shape, for other classes, say"
            raise UnusableError(error.message, advice if few else error.help) from error


@dataclass(frozen=True, eq=False)
class Plan:
    """A net, how it is trained and on what, on a device, and the layers that stay as they are."""

    graph: Graph
    training: Training
    samples: Samples
    objective: Objective
    device: str
    frozen: frozenset[str]

    @classmethod
    def of(cls, graph: Graph, training: Training, device: str, freeze: Iterable[str]) -> Plan:
        """That of the settings.  UnusableError where samples do not fit, or nothing is learned."""
        from netspec.train.samples import open_samples
        from netspec.train.selection import select
        from netspec.train.step import Objective, learned

        frozen = select(graph, freeze)
        if not learned(graph, frozen):
            what = "--freeze leaves no layer to learn" if frozen else "the net has nothing to learn"
            raise UnusableError(what)
        samples = open_samples(graph, training, tell)
        objective = Objective(graph, samples.loss, samples.labels)
        return cls(graph, training, samples, objective, device, frozen)

    def header(self) -> None:
        """Say in a few lines what is about to happen."""
        for line in self._header():
            click.echo(line, err=True)

    def _header(self) -> Iterator[str]:
        from netspec.train.schedules import default_rate

        training, samples = self.training, self.samples
        params = {node.name: self.graph.params(node) for node in self.graph.nodes}
        frozen = sum(params[name] for name in self.frozen)
        still = f", {_number(frozen)} frozen" if self.frozen else ""
        total = _number(sum(params.values()) - frozen)
        yield f"{printable(self.graph.name)}: {total} parameters to learn{still}"
        counts = [f"{_number(len(samples.known))} samples to learn from"]
        for held, what in ((samples.held, "held out"), (samples.test, "to test")):
            counts += [] if held is None else [f"{_number(len(held))} {what}"]
        classes = f"; {len(samples.known.classes)} classes" if samples.known.classes else ""
        yield f"{', '.join(counts)}{classes}"
        rate = training.rate or default_rate(training.optimizer)
        schedule = "" if training.schedule.name == "fixed" else f" ({training.schedule.name})"
        epochs = f"{_number(training.epochs)} epoch{'s' * (training.epochs != 1)}"
        why = " (targets are one-hot)" if samples.one_hot else ""
        yield (
            f"{samples.loss.name}{why}, {training.optimizer.name}, rate {rate:g}{schedule}, "
            f"batches of {_number(training.batch)}, {epochs}"
        )
        if training.optimizer.name == "adamw" and not training.weight_decay:
            yield "adamw without weight_decay is adam; PyTorch's default is 0.01"


def from_scratch(graph: Graph) -> Graph:
    """The net without the weights that its spec names, which are those of one that is trained."""
    return replace(graph, spec=replace(graph.spec, weights=None))


def state_bytes(graph: Graph, training: Training) -> int:
    """The weights of a run and the state of its optimizer, in bytes of float32."""
    from netspec.train.optimizers import slots

    kinds = 1 + len(slots(training.optimizer))
    return 4 * sum(
        weight.numel * (kinds if weight.learned else 1) for _, weight in graph.all_weights()
    )


def _number(count: int) -> str:
    return f"{count:,}"
