"""A difference as text for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from netspec.analysis.diff.costs import CostedDiff, Delta
from netspec.analysis.diff.fold import Group, groups
from netspec.analysis.diff.runs import Places, alike, columns, run_cells
from netspec.analysis.diff.words import (
    change_text,
    costs_text,
    count_text,
    names_text,
    pair_name,
    shape_text,
    signed,
    sum_text,
    whole,
)
from netspec.analysis.report import Report
from netspec.analysis.units import nbytes, scaled
from netspec.text.printable import printable
from netspec.text.render import Paint, plain

#: The sign that begins the lines of a group, and its colour.
_SIGNS = {
    "added": ("+", "note"),
    "removed": ("-", "error"),
    "changed": ("~", "warning"),
    "follows": ("~", "place"),
}
_SAID = {"follows": "follow", "same": "unchanged"}


def diff_text(costed: CostedDiff, paint: Paint = plain) -> str:
    """The changes with what each costs, and the totals; a line or two where there are none."""
    if costed.diff.same:
        return "\n".join([_verdict(costed, paint), *_names(costed)])
    parts = [_title(costed, paint), _body(costed, paint), "\n".join(_totals(costed, paint))]
    names = "\n".join(_names(costed))
    return "\n\n".join(part for part in [*parts, names] if part)


def _verdict(costed: CostedDiff, paint: Paint) -> str:
    left, right = printable(costed.left.name), printable(costed.right.name)
    totals = costed.left.totals
    facts = f"{totals.params:,} parameters, {scaled(totals.macs)} MACs"
    said = paint("code", f"{left} and {right} are the same")
    return f"{said}: {count_text(len(costed.left.rows), 'layer')}, {facts}"


def _title(costed: CostedDiff, paint: Paint) -> str:
    counts = ", ".join(
        f"{count:,} {_SAID.get(what, what)}" for what, count in costed.diff.counts.items() if count
    )
    title = paint("code", f"{printable(costed.left.name)} -> {printable(costed.right.name)}")
    lines = [f"{title}: {counts}   (batch {costed.left.batch}, {costed.left.dtype})"]
    if not costed.diff.fewest:
        lines.append("so large and so different that there may be a shorter account than this")
    return "\n".join(lines)


def _body(costed: CostedDiff, paint: Paint) -> str:
    """The groups of layers and the net's own changes, runs of layers set apart by empty lines."""
    text, apart = "", False
    for what, lines in _sections(costed):
        sign, style = _SIGNS[what]
        run = what in ("added", "removed")
        text += ("\n\n" if run or apart else "\n") * bool(text)
        text += "\n".join(f"{paint(style, sign)} {line}" for line in lines)
        apart = run
    return text


def _sections(costed: CostedDiff) -> Iterator[tuple[str, list[str]]]:
    """What kind of change it is, and its lines."""
    places = {"removed": Places(costed.diff.left), "added": Places(costed.diff.right)}
    for group in groups(costed.diff.pairs):
        match group.what:
            case "added" | "removed":
                yield group.what, _run(costed, group, places[group.what])
            case "follows":
                yield group.what, _following(costed, group)
            case _:
                yield group.what, _changed(costed, group)
    for change in costed.diff.changes:
        yield "changed", [change_text(change)]


def _run(costed: CostedDiff, group: Group, places: Places) -> list[str]:
    """Equal runs of added or removed layers: where, what they cost together, a line for each."""
    side = 1 if group.what == "added" else 0
    runs = [
        list(run_cells(places, [row for pair in run if (row := costed.rows(pair)[side])]))
        for run in group.runs()
    ]
    names = [pair_name(pair) if pair else "the beginning" for pair in group.after]
    head = f"{count_text(len(group.pairs), 'layer')} {group.what} "
    if len(runs) > 1:
        head += f"in {len(runs):,} places, after {names_text(names)}"
    else:
        head += f"after {names[0]}{_times(len(group.pairs), runs[0])}"
    lines = columns(runs[0] if len(runs) == 1 else list(alike(runs)))
    return [f"{head}: {sum_text(costed.sum(group.pairs))}", *(f"  {line}" for line in lines)]


def _times(count: int, cells: Sequence[tuple[str, ...]]) -> str:
    """How often a run is one block, where it is nothing else."""
    times = count // len(cells)
    if times == 1 or any(line[-1] != f"x{times}" for line in cells):
        return ""
    return f", {times:,} times {'the same' if len(cells) == 1 else f'these {len(cells)}'}"


def _following(costed: CostedDiff, group: Group) -> list[str]:
    """The layers that changes upstream reshape."""
    count = len(group.pairs)
    verb = "follows" if count == 1 else "follow"
    head = f"{count_text(count, 'layer')} {verb} in shape or cost: {_names_of(group)}"
    return [head, f"    {costs_text(costed.sum(group.pairs))}"]


def _changed(costed: CostedDiff, group: Group) -> list[str]:
    """Layers in which the same changed: which, what, and what it costs together."""
    first, count = group.pairs[0], len(group.pairs)
    assert first.left is not None and first.right is not None  # it changed
    said = ", ".join(map(change_text, first.changes))
    name = pair_name(first) if count == 1 else f"{_names_of(group)} (x{count})"
    if first.left.layer.source:
        return [f"{name}: {said}"]
    shapes = [shape_text(node.type.shape) for node in (first.left, first.right)]
    if count == 1 and shapes[0] != shapes[1]:
        said += f"; output {shapes[0]} -> {shapes[1]}"
    return [f"{name}: {said}", f"    {costs_text(costed.sum(group.pairs))}"]


def _names_of(group: Group) -> str:
    return names_text([pair.left.name for pair in group.pairs if pair.left])


def _totals(costed: CostedDiff, paint: Paint) -> list[str]:
    """The nets beside each other."""
    left, right = costed.left, costed.right
    cells = [("", printable(left.name), printable(right.name), "difference", "")]
    layers = Delta(len(left.rows), len(right.rows))
    for what, delta, form in (("layers", layers, whole), *_costs(costed)):
        share = delta.difference / delta.before if delta.before and what != "layers" else 0
        difference, percent = signed(delta.difference, form), f"{share:+.1%}" if share else ""
        cells.append((what, form(delta.before), form(delta.after), difference, percent))
    cells += [(what, *_shapes(left, right, what), "", "") for what in ("inputs", "outputs")]
    first, *rest = columns(cells, right=(1, 2, 3, 4))
    return [paint("code", first), *rest]


def _costs(costed: CostedDiff) -> Iterator[tuple[str, Delta, Callable[[int], str]]]:
    totals = costed.totals()
    yield "parameters", totals["params"], whole
    yield "weights", totals["weight_bytes"], nbytes
    yield "MACs", totals["macs"], scaled
    yield "activations", totals["activation_bytes"], nbytes
    yield "inference peak", totals["inference_peak_bytes"], nbytes


def _shapes(left: Report, right: Report, what: str) -> tuple[str, str]:
    sides = [", ".join(map(shape_text, getattr(net, what).values())) for net in (left, right)]
    return sides[0], sides[1]


def _names(costed: CostedDiff) -> list[str]:
    """That layers go on under other names, which files of weights feel."""
    renamed = [
        f"{pair.left.name} -> {pair.right.name}"
        for pair in costed.diff.renamed
        if pair.left and pair.right
    ]
    if not renamed:
        return []
    verb = "has another name" if len(renamed) == 1 else "have other names"
    said = f"{count_text(len(renamed), 'layer')} {verb} ({names_text(renamed)})"
    return [f"{said}: weight files go by names"]
