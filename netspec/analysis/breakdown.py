"""What each kind of layer, and each labelled stage, costs of the whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netspec.graph import Node

if TYPE_CHECKING:
    from netspec.analysis.report import Row
    from netspec.graph.graph import Step


@dataclass(frozen=True)
class Part:
    """The sums over a group of layers."""

    name: str
    layers: int
    params: int
    macs: int
    activation_bytes: int


def by_kind(rows: Sequence[Row]) -> tuple[Part, ...]:
    """The costs of each layer kind, in the order in which the kinds first occur."""
    return _sums((row.kind, row) for row in rows)


def by_stage(rows: Sequence[Row]) -> tuple[Part, ...]:
    """The costs of each labelled stage in order, and of the layers in none as the stage "".

    Nothing where the spec labels no stage.
    """
    return _sums((row.stage, row) for row in rows) if any(row.stage for row in rows) else ()


def stage_labels(nodes: Sequence[Node]) -> list[str]:
    """For each layer the label of its stage, "" for none."""
    known: dict[int, str] = {}  # by identity: the nodes keep their steps alive
    labels = []
    for node in nodes:
        key = id(node.step)
        if key not in known:
            known[key] = _label(node.step)
        labels.append(known[key])
    return labels


def _label(step: Step | None) -> str:
    while step is not None:
        if step.kind == "stage":
            return step.label
        step = step.parent
    return ""


def _sums(named: Iterable[tuple[str, Row]]) -> tuple[Part, ...]:
    groups: dict[str, list[Row]] = {}
    for name, row in named:
        groups.setdefault(name, []).append(row)
    return tuple(_part(name, rows) for name, rows in groups.items())


def _part(name: str, rows: list[Row]) -> Part:
    return Part(
        name,
        len(rows),
        sum(row.params for row in rows),
        sum(row.macs for row in rows),
        sum(row.activation_bytes for row in rows),
    )


def shares(part: Part, parts: Iterable[Part]) -> Mapping[str, float]:
    """The part's fraction of the sums of all parts; 0 where a sum is 0."""
    found = {}
    whole = tuple(parts)
    for what in ("params", "macs", "activation_bytes"):
        total = sum(getattr(other, what) for other in whole)
        found[what] = getattr(part, what) / total if total else 0.0
    return found
