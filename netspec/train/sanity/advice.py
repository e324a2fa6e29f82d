"""What makes a net start badly, as far as it can be told without training it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from netspec.train.data.dataset import Targets
from netspec.train.sanity.samples import Inputs, unscaled
from netspec.train.sanity.setting import Setting

#: Ways to start that keep the size of results from layer to layer.
_KEEPING = ("he", "glorot", "lecun")
#: Targets that are farther from 0 take long to reach.
_FAR = 10.0


def causes(setting: Setting, inputs: Inputs, y: Targets) -> str:
    """What may be the cause of a bad loss on these targets; "" where nothing is known."""
    every = (*_start(setting), *_scales(setting, inputs, y), *_end(setting), *_batch(setting))
    return "; ".join(every)


def _start(setting: Setting) -> Iterator[str]:
    init = setting.training.init
    if not setting.fresh or init is None or init.name in _KEEPING:
        return
    if init.name in ("constant", "zero"):
        yield (
            f"`init: {init.name}` makes all units of a layer alike, and they stay alike: he or "
            "glorot do not"
        )
    else:
        (size,) = init.options.values()
        yield (
            f"`init: {init.name}({size:g})` is the same however many inputs a layer has: he or "
            "glorot go by them"
        )


def _scales(setting: Setting, inputs: Inputs, y: Targets) -> Iterator[str]:
    if remedy := unscaled(setting.graph, inputs):
        yield f"inputs have {inputs.scale}: {remedy}"
    if "squared" in setting.objective.loss.name and not setting.objective.labels:
        mean, deviation = float(np.mean(y)), float(np.std(y))
        if max(abs(mean), deviation) > _FAR:
            yield (
                f"targets have mean {mean:.3g} and deviation {deviation:.3g}: bring them to about "
                "0 and 1"
            )


def _end(setting: Setting) -> Iterator[str]:
    """A net whose scores cannot be any number; a closing softmax or sigmoid that the loss computes
    itself does not count.
    """
    if "squared" in setting.objective.loss.name:
        return
    node = setting.graph.by_name[setting.objective.scores]
    if node.layer.chances() or node.layer.logistic or node.layer.activation:
        yield (
            f"{setting.objective.loss.name} reads the result of {node.name}, and {node.kind} keeps "
            "that from being any number: end with the layer before it"
        )


def _batch(setting: Setting) -> Iterator[str]:
    if setting.training.batch > 1:
        return
    for node in setting.graph.nodes:
        if node.layer.centres and node.type.rank == 1:
            yield f"{node.name} takes the mean of one sample away, which leaves 0: use batch 2"
            return
