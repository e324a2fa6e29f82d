"""A net as one HTML file: diagram, table, memory over time.  It asks no network for anything."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from string import Template
from typing import Any

from netspec.analysis.units import nbytes, scaled
from netspec.diagram import appearance
from netspec.diagram.look import Look
from netspec.diagram.page.assets import asset, engine, script, style
from netspec.diagram.page.facts import facts
from netspec.diagram.page.first import drawn, first_view
from netspec.diagram.page.tree import parts
from netspec.diagram.palette import LIGHT, THEMES
from netspec.diagram.writing import attributes, defaults, identifier
from netspec.graph import Graph
from netspec.pages.head import head
from netspec.pages.policy import policy
from netspec.text.limits import MAX_PAGE_NODES, PAGE_SECONDS
from netspec.text.printable import printable

#: Graphviz knows the widths of its letters in the browser too, and Netspec Sans has the same.
_FONT = "DejaVu Sans"
_NODE_TITLE = re.compile(r"<title>(?:m|out)\d+</title>\s*")


def page_data(graph: Graph, look: Look) -> dict[str, Any]:
    """All that a page knows.  TooLargeError where that is more than a page takes."""
    plain = replace(look, theme=LIGHT, source_url=None)  # the style colours it; lines have links
    members = parts(graph, plain)
    shown = len(list(drawn(members)))
    head = [f"digraph {identifier(graph.name)} {{", *defaults("", plain, shown, _FONT)]
    places = {node.name: at for at, node in enumerate(graph.nodes)}
    outputs = graph.outputs.items() if len(graph.outputs) > 1 else ()
    return {
        "name": printable(graph.name),
        "doc": _doc(graph),
        "head": head,
        "parts": members,
        "outputs": [[places[at], attributes(**appearance.output(name))] for name, at in outputs],
        "limits": {"nodes": max(shown, MAX_PAGE_NODES), "seconds": PAGE_SECONDS},
        **facts(graph, look),
    }


def first_dot(data: dict[str, Any]) -> str:
    """DOT text of what a page shows first."""
    return first_view(data["head"], data["parts"], data["outputs"])


def document(graph: Graph, look: Look, data: dict[str, Any], drawing: bytes) -> bytes:
    """The page, which starts with a drawing of its first view."""
    code, looks = script(), style()
    packed, version = engine()
    _, _, svg = drawing.decode().partition("?>")
    allowed = policy(
        code, looks, "font-src data:", "worker-src blob:", scripts="'wasm-unsafe-eval'"
    )
    filled = Template(asset("page.html")).substitute(
        theme=_theme(look),
        head=head(graph.name, looks, allowed),
        name=html.escape(printable(graph.name)),
        doc=html.escape(_doc(graph)),
        totals=_totals(data),
        drawing=_NODE_TITLE.sub("", svg).strip(),
        data=_json(data),
        engine=packed,
        viz_version=version,
        worker=asset("worker.js"),
        script=code,
    )
    return filled.encode()


def _doc(graph: Graph) -> str:
    return printable(" ".join(graph.spec.doc.split()))


def _theme(look: Look) -> str:
    """The theme that a page starts in; `auto` is that of the reader's system."""
    if not look.fixed:
        return "auto"
    return next(name for name, theme in THEMES.items() if theme is look.theme)


def _json(data: dict[str, Any]) -> str:
    """JSON in which nothing is markup."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e")


def _totals(data: dict[str, Any]) -> str:
    totals = {name: int(value) for name, value in data["totals"].items()}
    said = {
        "layers": f"{len(data['rows']):,}",
        "parameters": scaled(totals["params"]),
        "MACs": scaled(totals["macs"]),
        "weights": nbytes(totals["weights"]),
        "peak memory": nbytes(totals["peak"]),
    }
    cells = (f"<div><dt>{term}</dt><dd>{value}</dd></div>" for term, value in said.items())
    return "".join(cells)
