"""Saliency and activation maps against Captum's and pytorch-grad-cam's formulas on PyTorch."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest

from netspec.autodiff.backward import Rule
from netspec.explain.gradcam import gradcam
from netspec.explain.maps import Map
from netspec.explain.saliency import Averaging, saliency
from netspec.graph import Graph
from tests.explain_oracle import (
    Oracle,
    Watched,
    grad_cam_image,
    integrated_gradients,
    noise_tunnel,
)
from tests.gradient_models import error
from tests.net_models import random_weights
from tests.test_gradient_nets import graph as small_net

NETS = ("vgg11", "resnet18", "googlenet", "densenet121")
#: What the whole nets are measured with by hand too.
MOST = 1e-4


class Case:
    """A net, its oracle, and a picture."""

    def __init__(self, graph: Graph, batch: int = 4) -> None:
        weights = random_weights(graph)
        self.net = Watched(graph, weights, batch)
        self.oracle = Oracle(graph, weights, self.net.scored)
        random = np.random.default_rng(3)
        self.x = random.standard_normal((1, *graph.inputs["input"].shape), np.float32)
        best = self.net.scores(self.x)[0].argsort()  # of others Grad-CAM may have nothing to show
        self.numbers = (int(best[-1]), int(best[-2]))

    def maps(self, make: Any, *arguments: Any) -> tuple[Map, ...]:
        """The maps of a method, and what the layers answered for it."""
        self.net.seen.clear()
        found: tuple[Map, ...] = make(self.net, self.x, self.numbers, *arguments)
        return found

    def gradient(self, wrt: str, rule: Rule = "plain") -> tuple[Any, Any]:
        both = {"input": np.repeat(self.x, len(self.numbers), 0)}
        return self.oracle.gradient(both, self.numbers, self.net.seen[0], wrt, rule)


@pytest.fixture(scope="module", params=NETS)
def case(request: pytest.FixtureRequest) -> Case:
    return Case(small_net(request.param))


@pytest.mark.parametrize("rule", get_args(Rule))
def test_gradients_to_the_input(case: Case, rule: Rule) -> None:
    """Captum's Saliency(abs=False), GuidedBackprop and Deconvolution, of two classes at once."""
    found = case.maps(saliency, "vanilla" if rule == "plain" else rule)
    _, expected = case.gradient("input", rule)
    for one, other in zip(found, expected, strict=True):
        assert error(one.values, other) < MOST


def test_input_times_gradient(case: Case) -> None:
    found = case.maps(saliency, "input*gradient")
    _, gradients = case.gradient("input")
    for one, other in zip(found, gradients, strict=True):
        assert error(one.values, case.x[0] * other) < MOST


def test_integrated_gradients(case: Case) -> None:
    (found,) = saliency_of_one(case, "integrated", Averaging(steps=6))
    expected = integrated_gradients(case.oracle, case.x, case.numbers[0], case.net.seen, 6)
    assert error(found.values, expected) < MOST


def test_smoothgrad(case: Case) -> None:
    (found,) = saliency_of_one(case, "smooth", Averaging(samples=5, noise=0.2, seed=4))
    deviation = 0.2 * float(case.x.max() - case.x.min())
    expected = noise_tunnel(case.oracle, case.x, case.numbers[0], case.net.seen, deviation, 4, 5)
    assert error(found.values, expected) < MOST


@pytest.mark.parametrize("method", ["gradcam", "gradcam++"])
def test_grad_cam(case: Case, method: str) -> None:
    found = case.maps(gradcam, method)
    activations, grads = case.gradient(found[0].layer)
    expected = grad_cam_image(method, activations, grads, case.x.shape[2:])
    assert expected[0].max() > 0
    for one, other in zip(found, expected, strict=True):
        assert error(one.values, other) < MOST


def saliency_of_one(case: Case, method: Any, averaging: Averaging) -> tuple[Map, ...]:
    case.net.seen.clear()
    return saliency(case.net, case.x, case.numbers[:1], method, averaging)
