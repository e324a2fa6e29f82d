"""Captum's and pytorch-grad-cam's formulas, on PyTorch's autograd in float64.

A net of rectifiers has corners, and rounding may put two computations on different sides of one. So
the gradients here are those at the very point where ONNX Runtime was: at its values of all layers,
which differ from PyTorch's own by rounding alone (`flow` asserts it).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.autodiff.backward import Rule
from netspec.explain.net import Inputs, Look, Net
from netspec.graph import Graph
from netspec.weights.values import ArrayValues
from tests.torch_reference import RULES, F, flow, torch

Array = NDArray[Any]


class Watched(Net):
    """A net that keeps what all its layers answered whenever gradients were asked for."""

    def __init__(self, graph: Graph, weights: Mapping[str, Array], batch: int = 8) -> None:
        super().__init__(graph, ArrayValues(graph, weights), "cpu", batch=batch)
        self.seen: list[Mapping[str, Array]] = []
        above = {self.scored}
        for node in reversed(graph.nodes):
            if node.name in above:
                above.update(node.inputs)
        self._below = [node.name for node in graph.nodes if node.name in above]

    def look(
        self, x: Inputs, seed: Array, wrt: Sequence[str], rule: Rule = "plain", of: str = ""
    ) -> Look:
        found = super().look(x, seed, (*wrt, *self._moving(wrt)), rule, of)
        self.seen.append(found.values)
        return found

    def _moving(self, wrt: Sequence[str]) -> list[str]:
        """The layers between: all that has a gradient."""
        reached = set(self.graph.inputs) if set(wrt) & set(self.graph.inputs) else set(wrt)
        for node in self.graph.nodes:
            if not reached.isdisjoint(node.inputs):
                reached.add(node.name)
        return [name for name in self._below if name in reached]


class _Backward(torch.autograd.Function):  # type: ignore[misc]  # torch is not typed here
    """A rectifier with a backward hook: `F.relu` of the module's grad_input (Captum's guided
    backpropagation) or of its grad_output (Captum's deconvolution).
    """

    @staticmethod
    def forward(ctx: Any, x: Any, rule: Rule) -> Any:
        ctx.save_for_backward(x)
        ctx.rule = rule
        return F.relu(x)

    @staticmethod
    def backward(ctx: Any, dy: Any) -> Any:
        (x,) = ctx.saved_tensors
        if ctx.rule == "deconv":
            return F.relu(dy), None
        return F.relu(dy * (x > 0)), None


class Oracle:
    """A net in PyTorch."""

    def __init__(self, graph: Graph, weights: Mapping[str, Array], scored: str) -> None:
        self.graph, self.scored = graph, scored
        self.weights = {name: torch.from_numpy(np.float64(a)) for name, a in weights.items()}

    def gradient(
        self,
        x: Mapping[str, Array],
        numbers: Sequence[int],
        at: Mapping[str, Array],
        wrt: str,
        rule: Rule = "plain",
    ) -> tuple[Array, Array]:
        """A layer and the gradient of each sample's class score to it."""
        rules = RULES
        if rule != "plain":
            rules = {**RULES, "RELU": lambda layer, x, w: _Backward.apply(x[0], rule)}
        inputs = {name: torch.tensor(np.float64(a), requires_grad=True) for name, a in x.items()}
        there = {name: torch.from_numpy(array) for name, array in at.items() if name not in x}
        values = flow(self._below(), inputs, self.weights, rules, there)
        scores = values[self.scored].reshape(len(values[self.scored]), -1)
        chosen = scores[range(len(scores)), list(numbers)].sum()
        (found,) = torch.autograd.grad(chosen, [values[wrt]])
        return values[wrt].detach().numpy(), found.numpy()

    def _below(self) -> Graph:
        """The graph up to the scores."""
        nodes = self.graph.nodes
        last = next(at for at, node in enumerate(nodes) if node.name == self.scored)
        return Graph(self.graph.spec, nodes[: last + 1], self.graph.inputs, {"output": self.scored})


def integrated_gradients(oracle: Oracle, x: Array, number: int, seen: list[Any], steps: int) -> Any:
    """Captum's IntegratedGradients with method="gausslegendre" and the baseline 0:  n_steps points,
    their gradients weighed, summed, times (input - baseline).
    """
    places, weights = np.polynomial.legendre.leggauss(steps)
    alphas, step_sizes = (places + 1) / 2, weights / 2
    total, first = np.zeros(x.shape[1:]), 0
    for at in seen:
        count = len(at[oracle.scored])
        part = slice(first, first + count)
        scaled = alphas[part, None, None, None] * x
        _, grads = oracle.gradient({"input": scaled}, [number] * count, at, "input")
        total += (step_sizes[part, None, None, None] * grads).sum(0)
        first += count
    assert first == steps
    return total * x[0]


def noise_tunnel(
    oracle: Oracle, x: Array, number: int, seen: list[Any], deviation: float, seed: int, count: int
) -> Any:
    """Captum's NoiseTunnel around Saliency(abs=False), nt_type="smoothgrad": the mean over samples
    with normal noise, here the same as ours.
    """
    drawn = np.random.default_rng(seed).standard_normal((count, *x.shape[1:]), np.float32)
    total, first = np.zeros(x.shape[1:]), 0
    for at in seen:
        size = len(at[oracle.scored])
        noisy = x + np.float32(deviation) * drawn[first : first + size]
        total += oracle.gradient({"input": noisy}, [number] * size, at, "input")[1].sum(0)
        first += size
    assert first == count
    return total / count


def grad_cam_image(method: str, activations: Array, grads: Array, size: tuple[int, int]) -> Any:
    """pytorch-grad-cam's GradCAM and GradCAMPlusPlus, up to where it brings maps to 0..1; stretched
    bilinearly, as it does.
    """
    if method == "gradcam":
        weights = np.mean(grads, axis=(2, 3))
    else:
        grads_power_2 = grads**2
        grads_power_3 = grads_power_2 * grads
        sum_activations = np.sum(activations, axis=(2, 3))
        eps = 0.000001
        aij = grads_power_2 / (
            2 * grads_power_2 + sum_activations[:, :, None, None] * grads_power_3 + eps
        )
        aij = np.where(grads != 0, aij, 0)
        weights = np.sum(np.maximum(grads, 0) * aij, axis=(2, 3))
    cam = np.maximum((weights[:, :, None, None] * activations).sum(axis=1), 0)
    wide = F.interpolate(torch.from_numpy(cam[None]), size, mode="bilinear", align_corners=False)
    return wide[0].numpy()
