"""What each kind of layer, and each labelled stage, costs of the whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netspec.graph import Node

if TYPE_CHECKING:
    from netspec.analysis.report import Row


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
            known[key] = node.stage
        labels.append(known[key])
    return labels


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


def together(name: str, parts: Sequence[Part]) -> Part:
    """The sums over several groups."""
    return Part(
        name,
        sum(part.layers for part in parts),
        sum(part.params for part in parts),
        sum(part.macs for part in parts),
        sum(part.activation_bytes for part in parts),
    )


def shares(part: Part, whole: Part) -> Mapping[str, float]:
    """The part's fraction of the costs of the whole; 0 where that is 0."""
    found = {}
    for what in ("params", "macs", "activation_bytes"):
        total = getattr(whole, what)
        found[what] = getattr(part, what) / total if total else 0.0
    return found
