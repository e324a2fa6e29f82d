"""Spec -> Graph: scopes, repeats, blocks, branches and labels become named, typed layers."""

from netspec.graph.graph import Graph, Node, Step

__all__ = ["Graph", "Node", "Step"]
