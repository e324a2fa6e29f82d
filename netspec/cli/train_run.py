"""A run of training from its plan to its files."""

from __future__ import annotations

import shutil
from contextlib import closing
from dataclasses import dataclass, replace

import click
import numpy as np

from netspec.analysis.units import percent
from netspec.cli.failure import OK, REJECTED, RUN_FAILED, Failure
from netspec.cli.models import Streamed, write_files
from netspec.cli.train_folder import Keeper, TrainFolder
from netspec.cli.train_plan import Given, Plan
from netspec.cli.train_progress import TrainProgress
from netspec.cli.weight_options import tell
from netspec.machine.files import atomic
from netspec.onnxgen.build import build
from netspec.onnxgen.target import DEFAULT
from netspec.runtime.errors import RunError
from netspec.text.printable import printable
from netspec.train.checkpoint import read_checkpoint
from netspec.train.confusion import confusion, confusion_table
from netspec.train.data.classes import as_labels
from netspec.train.evaluate import evaluate
from netspec.train.fingerprint import fingerprint
from netspec.train.fit import BatchDone, Run
from netspec.train.origin import Origin
from netspec.train.samples import labelled
from netspec.train.sanity import sanity_checks
from netspec.train.scaling import LossScale
from netspec.train.trainer import Trainer
from netspec.weights.checkpointed import weights_of
from netspec.weights.initial import Seeded
from netspec.weights.values import ArrayValues, Values
from netspec.weights.writing import write_weights

#: Columns of a table that goes to no terminal.
_COLUMNS = 100


def check_only(plan: Plan, given: Given) -> int:
    """Look at the net, its weights and the samples, and train nothing."""
    _, well = _looked_at(plan, given)
    return OK if well else REJECTED


def train(plan: Plan, given: Given, folder: TrainFolder, *, resume: bool, plot: bool) -> int:
    """Train, from the weights that are given or from where the folder's run has come to."""
    if resume:
        values: Values = Seeded(plan.graph)  # whose place the checkpoint's take
    else:
        values, _ = _looked_at(plan, given)
    trainer = Trainer(plan.objective, plan.training, values, plan.device, plan.frozen)
    origin = _origin(plan, trainer)
    run = Run(trainer, plan.samples.known, plan.samples.held)
    if resume:
        run = _restored(run, folder, origin)
        plan.header()
    if plan.device == "auto":
        tell(f"training on {trainer.device}{trainer.because and f' ({trainer.because})'}")
    if trainer.remark:
        tell(trainer.remark)
    title = plan.graph.name if plot else None
    with Keeper(folder, run, origin, title) as keeper:
        _learn(run, keeper)
        keeper.draw()
        Results(plan, run, folder, plot).give()
    return OK


def _looked_at(plan: Plan, given: Given) -> tuple[Values, bool]:
    """The weights that a run begins with, and whether all is well: what the checks find is
    printed.
    """
    values = given.values(plan.graph, plan.training)
    plan.header()
    click.echo(f"begins with {given.said(plan.training.seed)}", err=True)
    well = True
    checks = sanity_checks(
        plan.objective, plan.training, values, plan.samples.known, plan.device, plan.frozen
    )
    for check in checks:
        click.echo(str(check), err=True)
        well = well and check.ok
    return values, well


def _origin(plan: Plan, trainer: Trainer) -> Origin:
    data = fingerprint(plan.samples.known, plan.samples.held)
    training = replace(plan.training, loss=plan.samples.loss)
    return Origin.of(plan.graph, training, data=data, device=trainer.device, frozen=plan.frozen)


def _restored(run: Run, folder: TrainFolder, origin: Origin) -> Run:
    """The run where its checkpoint has it."""
    trainer = run.trainer
    shapes = {name: array.shape for name, array in trainer.current().items()}
    found = read_checkpoint(folder.checkpoint, origin, shapes)
    if others := found.progress.origin.other_versions(origin):
        tell(f"the last bits may be others: it was trained with {printable('; '.join(others))}")
    scale = LossScale(found.progress.loss_scale, found.progress.steady)
    trainer.restore(found.state, found.progress.step, scale)
    done = found.progress.records
    tell(f"{printable(str(folder.checkpoint))} has epoch {len(done)}")
    return Run(trainer, run.known, run.held, done, found.best)


def _learn(run: Run, keeper: Keeper) -> None:
    """Run the epochs that are left.  Failure (exit 3) where the loss grows beyond all numbers."""
    epochs, before = run.trainer.training.epochs, len(run.records)
    progress = TrainProgress(epochs, before)
    try:
        with closing(run.epochs()) as events:
            for event in events:
                if isinstance(event, BatchDone):
                    progress.batch(
                        event.epoch,
                        event.batch,
                        event.batches,
                        loss=event.outcome.loss,
                        accuracy=event.outcome.accuracy,
                        rate=event.rate,
                    )
                else:
                    keeper.epoch(event.record)
                    progress.epoch(event.record)
    except RunError as error:
        progress.clear()
        raise Failure(str(error), help=keeper.left, code=RUN_FAILED) from error
    finally:
        progress.clear()
    _tell_end(run, before, epochs)


def _tell_end(run: Run, before: int, epochs: int) -> None:
    done = len(run.records)
    if run.stopped and done < epochs:
        tell(f"stopped after epoch {done}: none was better than epoch {run.best_epoch}")
    elif before >= epochs:
        tell(f"all {before} epochs are done; a larger --epochs goes on")


@dataclass(frozen=True, eq=False)
class Results:
    """What a run that is done leaves: its best weights, the model, and how good they are."""

    plan: Plan
    run: Run
    folder: TrainFolder
    plot: bool

    def give(self) -> None:
        """Write the files, judge the net on what it did not learn from, and say so."""
        run, folder, graph = self.run, self.folder, self.plan.graph
        best = run.best
        weights = weights_of(run.trainer.current()) if best is None else best
        values = ArrayValues(graph, weights)
        with atomic(folder.weights) as file:
            write_weights(graph, values, ".safetensors", file)
        named = labelled(graph, self.plan.samples.known.classes)
        write_files(Streamed(build(named, DEFAULT), values), folder.model)
        if best is not None:
            run.trainer.restore(best, run.trainer.steps)
        pictures = [folder.curves] if self.plot else []
        if self._judge():
            pictures.append(folder.confusion)
        files = (folder.weights, folder.model, folder.checkpoint, folder.log, *pictures)
        which = f"epoch {run.best_epoch}, the best" if run.best_epoch else "the last epoch"
        tell(f"wrote {folder.shown}: {', '.join(file.name for file in files)}")
        tell(f"the weights are those of {which}")
        if named.spec.labels != graph.spec.labels:
            line = as_labels(named.spec.labels)
            tell(f"{folder.model.name} names the classes; the spec does not yet: {line}")

    def _judge(self) -> bool:
        """Print what comes of samples that were not learned from, where there are any; whether a
        picture was made of it.
        """
        samples = self.plan.samples
        what, others = ("test", samples.test) if samples.test else ("validation", samples.held)
        if others is None:
            return False
        found = evaluate(self.run.trainer, others)
        click.echo(f"{what}: loss {found.outcome.loss + 0.0:.4g}")  # no -0
        if found.said is None or not others.classes:
            if found.outcome.accuracy is not None:
                click.echo(f"accuracy {percent(found.outcome.accuracy)}")
            return False
        right = others.targets.astype(np.int64, copy=False)
        table = confusion(right, found.said, others.classes)
        click.echo(confusion_table(table, shutil.get_terminal_size((_COLUMNS, 0)).columns))
        if self.plot:
            from netspec.train.pictures.matrix import draw_confusion

            draw_confusion(table, self.folder.confusion, f"{self.plan.graph.name}, {what}")
        return self.plot
