"""`netspec check`: shapes, parameters, MACs, memory, mistakes."""

from __future__ import annotations

import click

from netspec.analysis.optimizers import OPTIMIZERS
from netspec.cli.answers import Question, answered
from netspec.cli.bytesize import byte_size
from netspec.cli.failure import OK, REJECTED, highest
from netspec.cli.formats import FORMATS
from netspec.cli.setting import set_option
from netspec.cli.specs import load_specs
from netspec.layers import DTYPES


@click.command("check")
@click.argument("specs", metavar="SPEC...", nargs=-1, required=True)
@click.option(
    "--format", "form", type=click.Choice(list(FORMATS)), default="text", help="How it is written."
)
@click.option(
    "--batch",
    type=click.IntRange(min=1),
    help="Samples at once; 1, or with --train the spec's, unless given.",
)
@click.option("--dtype", type=click.Choice(list(DTYPES)), default="float32", help="Element type.")
@click.option("--train", is_flag=True, help="Also the memory of a step of training.")
@click.option(
    "--optimizer",
    type=click.Choice(list(OPTIMIZERS)),
    help="Of --train; the spec's, else sgd, unless given.",
)
@click.option(
    "--fits",
    "budget",
    metavar="SIZE",
    callback=byte_size,
    help="Does it fit into that much memory, such as 8GiB, and with what batch?",
)
@click.option("--strict", is_flag=True, help="Warnings make the exit code 1.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 whatever is found in the specs.")
@click.option("--watch", "watching", is_flag=True, help="Check again whenever a file is saved.")
@set_option
def command(
    specs: tuple[str, ...],
    form: str,
    batch: int | None,
    dtype: str,
    train: bool,
    optimizer: str | None,
    budget: int | None,
    strict: bool,
    exit_zero: bool,
    watching: bool,
    settings: tuple[str, ...],
) -> int:
    """Shapes, parameters, MACs, memory and mistakes of each SPEC.

    SPEC is a file, a directory of *.yaml, - for standard input, or the name of a net of the zoo.

    A warning is hidden by `# netspec: ignore[code]` at the end of its line.
    """
    if optimizer and not train:
        raise click.UsageError("--optimizer is for training; add --train")
    question = Question(batch, dtype, train, optimizer, budget, strict)

    def show() -> int:
        codes: list[int] = []
        FORMATS[form](answered(load_specs(specs, settings), question, codes))
        return highest(codes)

    if watching:
        _refuse_watch(specs, form)
        from netspec.cli.watch import watch

        watch(specs, show)
    code = show()
    return OK if exit_zero and code == REJECTED else code


def _refuse_watch(specs: tuple[str, ...], form: str) -> None:
    if "-" in specs:
        raise click.UsageError("--watch needs files; standard input is read once")
    if form not in ("text", "concise"):
        raise click.UsageError(f"--watch is for people; --format {form} is written once")
