"""The boxes of a diagram: stages, repeats and blocks, around the layers that came by their way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from netspec.graph import Graph, Node, Step
from netspec.text.limits import MAX_BOXES


@dataclass
class Cluster:
    """A box with a label, around layers and smaller boxes in the order of execution."""

    label: str = ""
    members: list[Node | Cluster] = field(default_factory=list)

    @property
    def boxes(self) -> list[Cluster]:
        """The boxes right inside this one."""
        return [member for member in self.members if isinstance(member, Cluster)]

    def nodes(self) -> Iterator[Node]:
        """The layers in this box and in those inside it."""
        for member in self.members:
            if isinstance(member, Cluster):
                yield from member.nodes()
            else:
                yield member


def cluster(graph: Graph) -> tuple[Cluster, int]:
    """The layers of a graph in their boxes, in a root that is none; how many boxes are left out.

    Above MAX_BOXES the innermost go, depth by depth.
    """
    root = Cluster()
    found: dict[int, Cluster] = {}  # by identity: steps may be equal and yet two calls
    for node in graph.nodes:
        _box(node.step, root, found).members.append(node)
    drawn, level = 0, root.boxes
    while level:
        if drawn + len(level) > MAX_BOXES:
            return _without(root, {id(box) for box in level}), len(found) - drawn
        drawn, level = drawn + len(level), [inner for box in level for inner in box.boxes]
    return root, 0


def _box(step: Step | None, root: Cluster, found: dict[int, Cluster]) -> Cluster:
    missing: list[Step] = []
    while step is not None and id(step) not in found:
        missing.append(step)
        step = step.parent
    box = root if step is None else found[id(step)]
    for inner in reversed(missing):
        found[id(inner)] = Cluster(describe(inner))
        box.members.append(found[id(inner)])
        box = found[id(inner)]
    return box


def _without(box: Cluster, gone: set[int]) -> Cluster:
    """The box, and in the stead of the boxes with those identities the layers in them."""
    kept = Cluster(box.label)
    for member in box.members:
        if not isinstance(member, Cluster):
            kept.members.append(member)
        elif id(member) in gone:
            kept.members.extend(member.nodes())
        else:
            kept.members.append(_without(member, gone))
    return kept


def joined(box: Cluster) -> Cluster:
    """The box, and the one box that fills it all, as one: "stage: 2 of 4, BOTTLENECK"."""
    labels = [box.label]
    while len(box.members) == 1 and isinstance(box.members[0], Cluster):
        box = box.members[0]
        labels.append(box.label)
    return Cluster(", ".join(labels), box.members)


def describe(step: Step) -> str:
    """A step as diagrams say it: "stem", "x3: 2 of 3", "BOTTLENECK"."""
    if step.kind != "repeat":
        return step.label
    count = f"x{step.label}" if step.label.isdecimal() else step.label
    return f"{count}: {step.index} of {step.count}"
