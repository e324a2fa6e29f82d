"""A net that is looked into: scores, what its layers answer, and gradients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from netspec.autodiff.backward import Rule
from netspec.explain.maps import Array
from netspec.explain.meaning import Meaning
from netspec.explain.models import Models
from netspec.explain.programs import GRADIENT, SEED, VALUE
from netspec.graph.graph import Graph, Node
from netspec.machine.errors import UnusableError
from netspec.runtime.device import Device
from netspec.runtime.errors import InputError
from netspec.runtime.images import decode_pixels, quiet, to_input
from netspec.text.image import Image, image_advice
from netspec.text.nearest import did_you_mean
from netspec.text.printable import printable
from netspec.weights.values import Values

#: A batch for the one input, or for each by name.
Inputs: TypeAlias = Array | Mapping[str, Array]


@dataclass(frozen=True, eq=False)
class Look:
    """What a net answered, and how L would change: `values` of layers, and `gradients`, dL/d of
    inputs and layers, by name, with the batch axis first.
    """

    values: Mapping[str, Array]
    gradients: Mapping[str, Array]


class Net:
    """A graph with its weights on a device, as at inference, in float32.

    `batch` samples run at a time, however many are given; each way of looking is one model, which
    is made when it is first asked for. UnusableError where the main output is not one score for
    each class.
    """

    def __init__(
        self, graph: Graph, values: Values, device: str = "auto", *, batch: int = 8
    ) -> None:
        self.graph, self.values, self.batch = graph, values, batch
        last = graph.by_name[graph.outputs["output"]]
        inside = last.layer.chances() or last.layer.logistic
        self.scored = last.inputs[0] if inside else last.name
        self._kind = graph.by_name[self.scored].type
        if prod(self._kind.shape[1:]) != 1:
            raise UnusableError(
                f"`{printable(self.scored)}` answers {self._kind}, and an explanation needs one "
                "score for each class",
                help="let the net end in GAP or FC",
            )
        self.meaning = Meaning.of(graph, self._kind.channels)
        self._models = Models(graph, values, Device.parse(device))

    @property
    def name(self) -> str:
        """The spec's name."""
        return self.graph.name

    @property
    def device(self) -> str:
        """Where it runs: "cpu", "cuda:0"."""
        return str(self._models.answering((self.scored,)).device)

    @property
    def classes(self) -> int:
        """How many scores it gives a sample."""
        return self.meaning.count

    @cached_property
    def below(self) -> frozenset[str]:
        """The layers that the scores depend on, their own among them."""
        found = {self.scored}
        for node in reversed(self.graph.nodes):
            if node.name in found:
                found.update(node.inputs)
        return frozenset(found)

    def layer(self, name: str) -> Node:
        """A layer by name; UnusableError where there is none."""
        if name not in self.graph.by_name:
            shown = printable(name)
            near = did_you_mean(shown, self.graph.by_name)
            raise UnusableError(
                f"no layer `{shown}`", help=near or "`netspec check SPEC` lists the layers"
            )
        return self.graph.by_name[name]

    def check_channel(self, layer: str, number: int) -> None:
        """UnusableError where a layer has no channel of this number."""
        count = self.layer(layer).type.channels
        if not 0 <= number < count:
            raise UnusableError(
                f"`{printable(layer)}` has no channel {number}",
                help=f"give a number from 0 to {count - 1}",
            )

    @cached_property
    def input(self) -> str:
        """The input that maps are drawn over: the one with an `image:` section, else the first that
        has an area, else the first.
        """
        inputs = self.graph.inputs
        spatial = (name for name, kind in inputs.items() if kind.rank == 3)
        return [*self.images, *spatial, *inputs][0]

    @cached_property
    def images(self) -> Mapping[str, Image]:
        """How pictures become inputs, of those inputs whose spec says so."""
        return {at.name: at.image for at in self.graph.spec.inputs if at.image is not None}

    @property
    def image(self) -> Image:
        """How a picture becomes the input; UnusableError where the spec does not say."""
        if self.input in self.images:
            return self.images[self.input]
        raise UnusableError(
            "a picture needs an `image:` section in the spec's `input:`, which says how to read it",
            help=image_advice(self.graph.inputs[self.input].shape),
        )

    def prepare(self, path: str | Path) -> tuple[Array, NDArray[np.uint8]]:
        """A picture as the input, (1, C, H, W), and its pixels there: (H, W), or (H, W, 3) in RGB.

        InputError, which names it, where it cannot be read or is of another size; UnusableError as
        `image`.
        """
        image, kind = self.image, self.graph.inputs[self.input]
        try:
            with quiet():
                pixels = decode_pixels(path, image, kind.shape[1:])
        except InputError as error:
            raise InputError(f"{printable(str(path))}: {error}") from error
        except OSError as error:
            raise InputError(f"{printable(str(path))}: {error.strerror or error}") from error
        x = np.empty((1, *kind.shape), np.float32)
        to_input(pixels[None], image, x)
        return x, pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0)

    def scores(self, x: Inputs) -> Array:
        """The result before a closing SOFTMAX, LOGSOFTMAX or SIGMOID.  (N, classes)."""
        found = self.activations(x, (self.scored,))[self.scored]
        return found.reshape(len(found), self.classes)

    def probabilities(self, x: Inputs) -> Array:
        """The probabilities of the classes, or values where it gives these.  (N, classes)."""
        return self.meaning.probabilities(self.scores(x))

    def activations(self, x: Inputs, layers: Sequence[str]) -> dict[str, Array]:
        """The results of layers by name, the batch axis first."""
        for name in layers:
            self.layer(name)
        inputs = self.feeds(x)
        asked = tuple(dict.fromkeys(name for name in layers if name not in inputs))
        answers = self._models.answering(asked).run(inputs, self.batch) if asked else {}
        found = {**inputs, **{name: answers[name + VALUE] for name in asked}}
        return {name: found[name] for name in layers}

    def gradients(
        self, x: Inputs, seed: Array, wrt: Sequence[str], rule: Rule = "plain", of: str = ""
    ) -> dict[str, Array]:
        """dL/dT by name for each T of `wrt`, inputs and layers; as `look` has it."""
        return dict(self.look(x, seed, wrt, rule, of).gradients)

    def look(
        self, x: Inputs, seed: Array, wrt: Sequence[str], rule: Rule = "plain", of: str = ""
    ) -> Look:
        """dL/dT for each T of `wrt`, inputs and layers, their values, and those of `of`.

        L is a scalar by its gradient, `seed`, with respect to the scores, (N, classes), or another
        layer `of`; one sample's is taken for all. `rule` says how it passes rectifiers. Each sample
        has the gradients of its own L. UnusableError where `of` does not depend on one of `wrt`.
        """
        at = self.layer(of or self.scored)
        for name in wrt:
            self.layer(name)
        inputs = self.feeds(x)
        count, asked = len(next(iter(inputs.values()))), tuple(dict.fromkeys(wrt))
        shaped = np.asarray(seed, np.float32).reshape(-1, *at.type.shape)
        each = np.broadcast_to(shaped, (count, *at.type.shape))
        model = self._models.differentiating(at.name, asked, rule)
        answers = model.run({**inputs, SEED: each}, self.batch)
        values = {
            name: inputs[name] if name in inputs else answers[name + VALUE]
            for name in (at.name, *asked)
        }
        return Look(values, {name: answers[name + GRADIENT] for name in asked})

    def explain(self, x: Inputs, numbers: Sequence[int], layer: str, rule: Rule = "plain") -> Look:
        """Look at one sample for each of some classes: L is the class's score."""
        each = {name: np.repeat(array, len(numbers), 0) for name, array in self.feeds(x).items()}
        return self.look(each, self.seed(numbers), (layer,), rule)

    def seed(self, numbers: Sequence[int]) -> Array:
        """dL/dscores where L is the score of a class, of so many samples.  (N, classes).

        UnusableError where there is no such class.
        """
        for number in numbers:
            self.meaning.check(number)
        return np.eye(self.classes, dtype=np.float32)[list(numbers)]

    def feeds(self, x: Inputs) -> dict[str, Array]:
        """A batch for each input by name.  InputError where it does not fit."""
        if not isinstance(x, Mapping):
            if len(self.graph.inputs) != 1:
                names = ", ".join(self.graph.inputs)
                raise InputError(f"the net takes several inputs; give {names} by name")
            x = {self.input: x}
        for name, kind in self.graph.inputs.items():
            if name not in x or x[name].shape[1:] != kind.shape:
                raise InputError(f"`{printable(name)}` needs a batch of samples of {kind}")
        return {name: np.ascontiguousarray(x[name], np.float32) for name in self.graph.inputs}
