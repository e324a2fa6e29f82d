"""What the names of a module's children say of their order.

Numbers count up in the order of execution: `0`, `1`, `10`, `layer1`, `layer2`, `conv1_1`,
`branch3x3_2a`, `inception4b`. Other words say nothing of an order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from netspec.weights.names.steps import Steps

#: A size such as 3x3, a number, a letter that counts on after one (3a, 3b), or other letters.
_PARTS = re.compile(
    r"(?P<size>[0-9]+(?:x[0-9]+)+)|(?P<number>[0-9]+)|(?P<letter>(?<=[0-9])[a-z](?![a-zA-Z]))"
    r"|(?P<word>[^0-9]+?(?=[0-9]|$))",
    re.S,
)
#: The way up of a U-Net is numbered from its end as often as from its start.
_EITHER_WAY = re.compile(r"(?:^|[^a-z])(?:up|dec)")

#: (what it is, its value): a "word", or a "number" or "letter" that counts.
_Part = tuple[str, tuple[int, str]]


@dataclass(frozen=True)
class Siblings:
    """Names in lanes, which are run through from their starts: a lane is of names that differ in
    what counts alone.

    Before a name stand those of its own lane that are before it, and of each (lane, count) of its
    `after` the first so many.
    """

    lanes: tuple[tuple[int, ...], ...]
    after: tuple[tuple[tuple[int, int], ...], ...]


def siblings(names: Sequence[str], steps: Steps) -> Siblings:
    """The order that names of children give them."""
    parts = [_parts(name) for name in names]
    lanes: dict[object, list[int]] = {}
    for at in sorted(range(len(names)), key=lambda at: [value for _, value in parts[at]]):
        skeleton = tuple(part if part[0] == "word" else part[0] for part in parts[at])
        lane = lanes.setdefault(skeleton, [])
        if lane and parts[lane[-1]] == parts[at]:  # `1` and `01`
            lane = lanes.setdefault((skeleton, names[at]), [])
        lane.append(at)
    after: list[tuple[tuple[int, int], ...]] = [()] * len(names)
    for alike in _by_first_part(parts, tuple(lanes.values())).values():
        steps.take(sum(len(lane) for lane in alike.values()) ** 2 if len(alike) > 1 else 0)
        for mine, lane in alike.items():
            others = [(at, other) for at, other in alike.items() if at != mine]
            for name in lane:
                counts = (
                    (at, sum(_before(parts[o], parts[name]) for o in other)) for at, other in others
                )
                after[name] = tuple((at, count) for at, count in counts if count)
    return Siblings(tuple(map(tuple, lanes.values())), tuple(after))


def _by_first_part(
    parts: Sequence[tuple[_Part, ...]], lanes: Sequence[list[int]]
) -> dict[object, dict[int, list[int]]]:
    """Lanes, by their places, whose names begin alike: others say nothing of each other."""
    found: dict[object, dict[int, list[int]]] = {}
    for at, lane in enumerate(lanes):
        found.setdefault(parts[lane[0]][:1], {})[at] = lane
    return found


def _parts(name: str) -> tuple[_Part, ...]:
    parts: list[_Part] = []
    for match in _PARTS.finditer(name):
        kind, text = str(match.lastgroup), match[0]
        bare = text.lstrip("0") if kind == "number" else text
        counts = kind in ("number", "letter") and not _either_way(parts)
        parts.append((kind, (len(bare), bare)) if counts else ("word", (0, text)))
    return tuple(parts)


def _either_way(parts: Sequence[_Part]) -> bool:
    return bool(parts) and bool(_EITHER_WAY.search(parts[-1][1][1].lower()))


def _before(one: tuple[_Part, ...], other: tuple[_Part, ...]) -> bool:
    """Whether two names first differ in what counts, and the one counts less."""
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            return mine[0] == theirs[0] != "word" and mine[1] < theirs[1]
    return False
