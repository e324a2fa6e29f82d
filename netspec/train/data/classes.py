"""Names of classes -> their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netspec.machine.errors import UnusableError
from netspec.text.nearest import did_you_mean
from netspec.text.printable import printable
from netspec.train.data.targets import Answer

#: Names that a message lists.
_LISTED = 12


def class_numbers(
    names: Sequence[str], answer: Answer, what: str
) -> tuple[Mapping[str, int], tuple[str, ...]]:
    """The number of each name that data have for classes, and the names of all classes of the net.

    By the spec's labels where they have these names, even if not all of them occur; else in the
    order that is given. `what` begins the message. UnusableError where some are labels and others
    are not, or where they are not as many as the net has classes.
    """
    labels = {label: at for at, label in enumerate(answer.labels)}
    unknown = [name for name in names if name not in labels]
    if not unknown:
        return {name: labels[name] for name in names}, answer.labels
    if len(unknown) < len(names):
        name = printable(unknown[0])
        raise UnusableError(
            f"{what} {_listed(names)}; `{name}` is none of the spec's labels",
            help=did_you_mean(name, labels),
        )
    if len(names) != answer.count:
        raise UnusableError(
            f"{what} {_listed(names)}: {len(names)}; the net has {answer.count} classes",
            help="where some classes are not in the data, list all as the spec's `output: labels`",
        )
    return {name: at for at, name in enumerate(names)}, tuple(names)


def _listed(names: Sequence[str]) -> str:
    shown = [printable(name)[:40] for name in names[:_LISTED]]
    return ", ".join(shown) + (", ..." if len(names) > _LISTED else "")
