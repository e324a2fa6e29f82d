"""The Graphviz inside pygraphviz as a program: DOT on standard input, a drawing on standard output.

`python builtin_dot.py FORMAT [ATTRIBUTE=VALUE]...`  It runs in a process of its own, so that layout
has a time limit and a crash of Graphviz is not a crash of netspec.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Lay out and draw the graph; exit status 1 and a line on standard error where that fails."""
    try:
        from pygraphviz import AGraph
    except ImportError as error:
        sys.exit(f"pygraphviz does not load: {error}")
    form, *attributes = sys.argv[1:]
    graph = AGraph(string=sys.stdin.buffer.read().decode())
    graph.graph_attr.update(attribute.split("=", 1) for attribute in attributes)
    sys.stdout.buffer.write(graph.draw(format=form, prog="dot"))


if __name__ == "__main__":
    main()
