"""What is to be trained."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.graph.graph import Graph
from netspec.text.training import Training
from netspec.train.data import Dataset
from netspec.train.step import Objective
from netspec.weights.initial import Seeded
from netspec.weights.values import Values


@dataclass(frozen=True, eq=False)
class Setting:
    """A net, how it is trained, from which weights, on what samples and where, and the layers that
    stay as they are.
    """

    objective: Objective
    training: Training
    values: Values
    known: Dataset
    device: str
    frozen: frozenset[str]

    @property
    def graph(self) -> Graph:
        """The net."""
        return self.objective.graph

    @property
    def fresh(self) -> bool:
        """Whether it starts from random weights alone."""
        return isinstance(self.values, Seeded)

    @property
    def noisy(self) -> frozenset[str]:
        """The layers that add noise when they train."""
        return frozenset(node.name for node in self.graph.nodes if node.layer.noise)
