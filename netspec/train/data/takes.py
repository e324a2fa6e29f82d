"""What a net takes, for those who bring samples."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.graph import Graph
from netspec.machine.errors import UnusableError
from netspec.text.image import Image, image_advice


@dataclass(frozen=True, eq=False)
class Takes:
    """The shape of the only input, and how a picture becomes it where the spec says so."""

    shape: tuple[int, ...]
    image: Image | None

    @staticmethod
    def of(graph: Graph) -> Takes:
        """That of a graph; UnusableError where it has several inputs."""
        if len(graph.inputs) > 1:
            raise UnusableError(
                f"the net takes {', '.join(graph.inputs)}; training is for nets with one input"
            )
        (kind,) = graph.inputs.values()
        return Takes(kind.shape, graph.spec.inputs[0].image)

    def image_for(self, shown: str) -> Image:
        """How pictures become the input; UnusableError, naming what holds them, where nothing says
        it.
        """
        if self.image is None:
            raise UnusableError(
                f"{shown}: pictures need an `image:` section in the spec's `input:`, which says how"
                " to read them",
                help=image_advice(self.shape),
            )
        return self.image
