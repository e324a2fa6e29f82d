"""One pass forward and backward: the loss, how large results are, and how large gradients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

import numpy as np

from netspec.autodiff.backward import gradients
from netspec.onnxgen.emit import LayerEmitter, Mode
from netspec.onnxgen.program import Program, as_model
from netspec.onnxgen.target import DEFAULT
from netspec.runtime.device import Device
from netspec.runtime.providers import GpuOptions
from netspec.runtime.resident import Resident, ResidentModel
from netspec.train.early import with_early_masks
from netspec.train.sanity.few import Few
from netspec.train.sanity.setting import Setting
from netspec.train.step import LOSS, NEXT, TARGET, learned, with_loss, with_state
from netspec.train.terms import Term
from netspec.train.updates import interleaved

#: What the names of answers begin with, before that of a learned tensor or a layer.
_NORM, _SIZE = "train/norm/", "train/size/"


@dataclass(frozen=True)
class Probed:
    """What a pass came to.

    `norms` are the Euclidean norms of the gradients of learned tensors, of those that the loss
    depends on; `sizes` the means of the absolute values of the results of layers that have weights,
    of rectifiers and of the scores. Where there were several batches, the largest.
    """

    loss: float
    norms: Mapping[str, float]
    sizes: Mapping[str, float]

    @property
    def finite(self) -> bool:
        """Whether all is."""
        return all(map(isfinite, (self.loss, *self.norms.values(), *self.sizes.values())))


def probe(setting: Setting, few: Few) -> Probed:
    """Compute the loss of samples in batches, as in training but without noise, and its gradients.

    RunError where the runtime fails.
    """
    graph = setting.graph
    model = as_model(_program(setting)).SerializeToString()
    opened = ResidentModel(model, graph.name, Device.parse(setting.device), GpuOptions())
    state = ((name, setting.values.read(name)) for name, _ in graph.all_weights())
    opened.bind(Resident(opened.device, state), NEXT)
    (source,) = graph.inputs
    loss, found = 0.0, dict[str, float]()
    for x, y in few.batches(setting.training.batch):
        answers: Mapping[str, Any] = opened.run({source: x, TARGET: y})
        loss += float(answers[LOSS]) * len(y) / len(few)
        found = {
            name: float(np.maximum(found.get(name, 0.0), value))  # which keeps what is no number
            for name, value in answers.items()
        }
    return Probed(loss, _named(found, _NORM), _named(found, _SIZE))


def _program(setting: Setting) -> Program:
    objective, graph = setting.objective, setting.graph
    mode = Mode(frozenset(graph.by_name) - setting.frozen - setting.noisy)
    forward, loss = with_loss(objective, mode)
    wanted = [name for name, _ in learned(graph, setting.frozen)]
    made = gradients(forward, objective.scores, loss.gradient, wanted, mode)
    emitter = LayerEmitter("train", DEFAULT.opset, scope="train/probe")
    answers = {LOSS: loss.loss}
    for name, gradient in made.found.items():
        answers[_NORM + name] = emitter.node("ReduceL2", gradient, keepdims=0)
    for node in graph.nodes:
        if node.layer.rectifier or graph.weights(node) or node.name == objective.scores:
            sizes = Term(node.name, emitter).op("Abs")
            answers[_SIZE + node.name] = sizes.op("ReduceMean", keepdims=0).name
    nodes = interleaved(made.program.nodes, [[node] for node in emitter.made])
    program = replace(made.program, nodes=nodes)
    shapes = {name: weight.shape for name, weight in graph.all_weights()}
    return with_early_masks(with_state(program, objective, answers, shapes, ()), LOSS)


def _named(found: Mapping[str, float], prefix: str) -> Mapping[str, float]:
    return {
        name.removeprefix(prefix): value for name, value in found.items() if name.startswith(prefix)
    }
