"""`diff_graphs`: two graphs -> their layers in pairs, each with what changed."""

from __future__ import annotations

from netspec.analysis.diff.changes import input_changes, layer_changes, net_changes
from netspec.analysis.diff.gaps import Matches
from netspec.analysis.diff.marks import Mark, marks_of
from netspec.analysis.diff.pair import Change, GraphDiff, Pair
from netspec.analysis.diff.reads import Origins, changed_reads
from netspec.analysis.diff.sequence import align
from netspec.analysis.diff.slide import slid
from netspec.graph import Graph


def diff_graphs(left: Graph, right: Graph) -> GraphDiff:
    """The layers of two nets, aligned with the fewest edits, and what changed in each pair.

    An edit adds, removes or changes one layer; a layer changes into one of its own family (CONV
    into DECONV, RELU into GELU) only. Names, and spellings of one meaning (`pad: half` and
    `pad: 1`), are no edits. `diff_graphs(b, a)` mirrors `diff_graphs(a, b)`.
    """
    matches, fewest = _aligned(left, right)
    pairs = _paired(left, right, matches)
    origins = Origins(left, pairs, right=False), Origins(right, pairs, right=True)
    compared = tuple(_compared(left, right, pair, *origins) for pair in pairs)
    return GraphDiff(left, right, compared, tuple(net_changes(left, right, *origins)), fewest)


def _aligned(left: Graph, right: Graph) -> tuple[Matches, bool]:
    """The alignment, made in an order that does not depend on which net is left."""
    before, after = marks_of(left, right)
    if _rank(before) > _rank(after):
        matches, fewest = _aligned_in_order(right, left, after, before)
        return _mirrored(matches), fewest
    return _aligned_in_order(left, right, before, after)


def _rank(marks: list[Mark]) -> tuple[int, list[str]]:
    return len(marks), [mark.text for mark in marks]


def _aligned_in_order(
    first: Graph, second: Graph, before: list[Mark], after: list[Mark]
) -> tuple[Matches, bool]:
    matches, fewest = align(before, after)
    matches = slid(matches, before, after, second.nodes)
    return _mirrored(slid(_mirrored(matches), after, before, first.nodes)), fewest


def _mirrored(matches: Matches) -> Matches:
    return [(j, i) for i, j in matches]


def _paired(left: Graph, right: Graph, matches: Matches) -> list[Pair]:
    pairs: list[Pair] = []
    i = j = 0
    for to_i, to_j in [*matches, (len(left.nodes), len(right.nodes))]:
        pairs += [Pair(node, None) for node in left.nodes[i:to_i]]
        pairs += [Pair(None, node) for node in right.nodes[j:to_j]]
        if to_i < len(left.nodes):
            pairs.append(Pair(left.nodes[to_i], right.nodes[to_j]))
        i, j = to_i + 1, to_j + 1
    return pairs


def _compared(left: Graph, right: Graph, pair: Pair, before: Origins, after: Origins) -> Pair:
    """The pair with what changed in it."""
    a, b = pair.left, pair.right
    if a is None or b is None:
        return pair
    changes = [*layer_changes(a, b), *input_changes(left, right, a, b)]
    reads = changed_reads(a, b, before, after)
    if reads is not None:
        changes.append(Change("reads", *reads))
    shapes = [x.shape for x in left.input_types(a)], a.type.shape
    follows = shapes != ([x.shape for x in right.input_types(b)], b.type.shape)
    return Pair(a, b, tuple(changes), follows)
