"""DOT text of a page as it first comes into view.  The page writes what is open later the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netspec.diagram.page.tree import Part


def first_view(head: list[str], parts: list[Part], outputs: list[list[Any]]) -> str:
    """The diagram with each part as it starts; `outputs` are [layer, node] of several outputs."""
    return "\n".join([*head, *_members(parts, "  "), *_links(parts, outputs), "}"]) + "\n"


def drawn(parts: list[Part]) -> Iterator[Part]:
    """The nodes of the first view: layers and closed boxes."""
    for part in parts:
        inner = _inside(part)
        if inner is None:
            yield part
        else:
            yield from drawn(inner)


def _inside(part: Part) -> list[Part] | None:
    """What is drawn in a part; None for a layer and for a box that is closed."""
    start = part.get("start", "closed")
    found: list[Part] | None = part.get({"once": "members", "each": "each"}.get(start, ""))
    return found


def _layers(part: Part) -> Iterator[Part]:
    if "layers" in part:
        yield part
    for inner in part.get("members", ()):
        yield from _layers(inner)


def _members(parts: list[Part], indent: str) -> Iterator[str]:
    for part in parts:
        inner = _inside(part)
        if inner is None:
            yield f"{indent}{part['id']}{part['node']};"
            continue
        frame = part["unrolled" if part["start"] == "each" else "frame"]
        yield f"{indent}subgraph cluster_{part['id']} {{"
        yield f"{indent}  graph{frame};"
        yield from _members(inner, f"{indent}  ")
        yield f"{indent}}}"


def _links(parts: list[Part], outputs: list[list[Any]]) -> Iterator[str]:
    """Arrows between what is drawn; one alone from a node into a closed box."""
    nodes = list(drawn(parts))
    home = {at: node["id"] for node in nodes for leaf in _layers(node) for at in leaf["layers"]}
    for node in nodes:
        told: set[str] = set()
        for leaf in _layers(node):
            for source, bare, full in leaf["reads"]:
                start, end = home[source], node["id"]
                if start == end or (leaf is not node and start in told):
                    continue
                told.add(start)
                yield f"  {start} -> {end}{full if leaf is node else bare};"
    for number, (source, look) in enumerate(outputs):
        yield f"  out{number}{look};"
        yield f"  {home[source]} -> out{number};"
