"""Whole specs drawn at random from the grammar, with the layers that each should elaborate to."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.random_language import Chain, Labelled, Made, Merge, Net, Piece, Source, Style, Tap
from tests.random_pieces import Author

_STYLES = (
    Style(),
    Style(str.capitalize, "→", ("false", "true")),
    Style(str.lower, "->", ("no", "true")),
)


@dataclass(frozen=True)
class RandomNet:
    """The text of a spec, and what it should become."""

    text: str
    layers: tuple[Made, ...]
    outputs: Mapping[str, str]

    def __repr__(self) -> str:
        return self.text


def _input_shape(author: Author) -> tuple[int, ...]:
    if author.number(0, 7) == 0:
        return (author.number(1, 24),)
    return author.number(1, 6), author.number(1, 16), author.number(1, 16)


def _start(author: Author) -> tuple[dict[str, tuple[int, ...]], Piece]:
    """The inputs, and the piece that reads them."""
    shape = _input_shape(author)
    if author.number(0, 5):
        return {"input": shape}, Source(None, shape)
    kind = author.draw(st.sampled_from(("ADD", "CONCAT")))
    shapes = {"left": shape, "right": shape if kind == "ADD" else (author.number(1, 6), *shape[1:])}
    branches = []
    for name, each in shapes.items():
        probe = Net(where=author.net.where, blocks=author.net.blocks)
        start = Source(name, each)
        branches.append(Chain((start, *author.keep(probe, start.run(probe, -1)).pieces)))
    return shapes, Merge(kind, tuple(branches))


def _bind_defaults(author: Author) -> None:
    """Defaults of layer kinds for the whole net."""
    choices: dict[str, tuple[dict[str, Any], ...]] = {
        "CONV": ({"bias": False}, {"pad": "same"}, {"stride": [1, 2]}),
        "POOL": ({"ceil": True}, {"kernel": [2, 1]}),
        "GAP": ({"keep": True},),
    }
    for kind, values in choices.items():
        if author.number(0, 3) == 0:
            author.net.where[kind] = author.draw(st.sampled_from(values))


@st.composite
def random_nets(draw: Callable[..., Any], pieces: int = 6) -> RandomNet:
    """A spec that should be accepted."""
    author = Author(draw)
    _bind_defaults(author)
    inputs, start = _start(author)
    at = start.run(author.net, -1)
    stages = [Stage(None, [start])]
    outputs: dict[str, str] = {}
    for place in range(author.number(1, 3)):
        if place:
            stages.append(Stage(author.fresh("stage") if author.chance() else None, []))
            author.net.prefix = f"{stages[-1].label}." if stages[-1].label else ""
            if author.net.labels and author.number(0, 3) == 0:
                # the stage before becomes an output of its own, and this one starts elsewhere
                outputs[author.fresh("aux")] = author.net.layers[at].name
                stages[-2].pieces[-1] = Labelled(stages[-2].pieces[-1], list(outputs)[-1])
                stages[-1].pieces.append(Tap(draw(st.sampled_from(sorted(author.net.labels)))))
                at = stages[-1].pieces[-1].run(author.net, at)
        for _ in range(author.number(1, pieces)):
            stages[-1].pieces.append(author.piece(author.net, at, 3))
            at = stages[-1].pieces[-1].run(author.net, at)
        if stages[-1].label:
            author.net.labels[stages[-1].label] = (at,)
    outputs = {"output": author.net.layers[at].name, **outputs}
    text = _document(author, draw(st.sampled_from(_STYLES)), inputs, stages, outputs)
    return RandomNet(text, tuple(author.net.layers), outputs)


@dataclass
class Stage:
    """An item of the list under `net`."""

    label: str | None
    pieces: list[Piece]


def _document(
    author: Author,
    style: Style,
    inputs: Mapping[str, tuple[int, ...]],
    stages: list[Stage],
    outputs: Mapping[str, str],
) -> str:
    """The YAML file."""
    shapes = {
        name: "x".join(map(str, shape)) if shape[1:] else shape[0] for name, shape in inputs.items()
    }
    net = author.net
    where = {name: author.written.get(name, value) for name, value in net.where.items()}
    blocks = {block.head(style): block.body.inner(style) for block in net.blocks.values()}
    extra = {name: f"@{name}" for name in outputs if name != "output"}
    lines = ["netspec: 1", "name: random"]
    lines.append(f"input: {shapes['input'] if len(shapes) == 1 else _json(shapes)}")
    if len(stages) == 1 and author.chance():
        arrow = f" {style.arrow}\n    "
        lines.append("net: >-\n    " + arrow.join(p.text(style) for p in stages[0].pieces))
    else:
        lines.append("net:")
        for stage in stages:
            pattern = _json(Chain(tuple(stage.pieces)).inner(style))
            lines.append(f"  - {stage.label}: {pattern}" if stage.label else f"  - {pattern}")
    lines += [
        f"{key}: {_json(part)}" for key, part in (("where", where), ("blocks", blocks)) if part
    ]
    lines += [f"output: {_json(extra)}"] if extra else []
    return "\n".join(lines) + "\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
