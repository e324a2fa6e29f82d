"""Names of classes -> their numbers, and the line of a spec that says them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from netspec.machine.errors import UnusableError
from netspec.text.nearest import did_you_mean, nearest
from netspec.text.printable import printable
from netspec.train.data.targets import Answer

#: Names that a message lists.
_LISTED = 12


def class_numbers(
    names: Sequence[str], answer: Answer, what: str
) -> tuple[Mapping[str, int], tuple[str, ...]]:
    """The number of each name that data have for classes, and the names of all classes of the net.

    By the spec's labels where it has some, even if not all of them occur; else in the order that is
    given. A single label of a net with one output is the class whose chance that is. `what` begins
    the message. UnusableError where a name is no label, or where names or labels are not as many as
    the net has classes.
    """
    labels = _labels(names, answer)
    if not labels:
        if len(names) != answer.count:
            raise _other_count(f"{what} {_listed(names)}: {len(names)}", len(names), answer)
        return {name: at for at, name in enumerate(names)}, tuple(names)
    if unknown := [name for name in names if name not in labels]:
        raise _unknown(unknown, names, labels, what)
    if len(labels) != answer.count:
        raise _other_count(f"the spec has {len(labels)} labels", len(labels), answer)
    return {name: labels.index(name) for name in names}, labels


def as_labels(names: Sequence[str]) -> str:
    """The line of a spec that names its classes."""
    return printable(f"output: {{labels: {json.dumps(list(names), ensure_ascii=False)}}}")


def _labels(names: Sequence[str], answer: Answer) -> tuple[str, ...]:
    if len(answer.labels) == answer.shape[0] == 1 and len(names) == 2:
        (label,) = answer.labels
        return (*(name for name in names if name != label), label) if label in names else (label,)
    return answer.labels


def _other_count(found: str, count: int, answer: Answer) -> UnusableError:
    help_text = "where some classes are not in the data, list all as the spec's `output: labels`"
    if count > answer.count:
        help_text = (
            f"for {count} classes the net's last layer has to end with {count}: `FC({count})`"
        )
    return UnusableError(f"{found}; the net has {answer.count} classes", help=help_text)


def _unknown(
    unknown: Sequence[str], names: Sequence[str], labels: Sequence[str], what: str
) -> UnusableError:
    quoted = _listed([f"`{name}`" for name in unknown])
    some = f"{quoted} {'is' if len(unknown) == 1 else 'are'} none of the spec's labels"
    free = [label for label in labels if label not in names]
    if len(unknown) == 1 and (near := did_you_mean(printable(unknown[0]), map(printable, free))):
        help_text = near
    else:
        like = {nearest(name, free): name for name in unknown}
        renamed = [like.get(label, label) for label in labels]
        fits = set(names) <= set(renamed)
        help_text = f"name them as the data do: `{as_labels(renamed if fits else names)}`"
    listed = _listed(labels)
    return UnusableError(f"{what} {_listed(names)}; {some}, which are {listed}", help=help_text)


def _listed(names: Sequence[str]) -> str:
    shown = [printable(name)[:40] for name in names[:_LISTED]]
    return ", ".join(shown) + (", ..." if len(names) > _LISTED else "")
