"""What a careful practitioner looks at before training (Karpathy, CS231n notes, "Neural networks
3", sanity checks): the data, the loss at the start, gradients, and a batch learned by heart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import isfinite

from netspec.text.printable import printable
from netspec.text.training import Training
from netspec.train.data import Dataset
from netspec.train.sanity.advice import causes
from netspec.train.sanity.check import Check
from netspec.train.sanity.few import Few
from netspec.train.sanity.first import first_loss
from netspec.train.sanity.flow import gradients_check, overgrown, trained_layers, vanished
from netspec.train.sanity.heart import heart_check
from netspec.train.sanity.probe import probe
from netspec.train.sanity.samples import inputs_check, look, targets_check, unfit
from netspec.train.sanity.setting import Setting
from netspec.train.step import Objective
from netspec.weights.values import Values

__all__ = ["Check", "sanity_checks"]

#: Samples that the first loss is the mean of.
_SAMPLES = 32


def sanity_checks(
    objective: Objective,
    training: Training,
    values: Values,
    known: Dataset,
    device: str = "auto",
    frozen: frozenset[str] = frozenset(),
) -> Iterator[Check]:
    """What is found before training, as it is found: in the inputs, the targets, the loss at the
    start, the gradients, and when one small batch is learned by heart.

    `values` are what the net starts from, and stay as they are; `frozen` names layers that are not
    trained. The loss is held against chance where all weights are random. A check that has no sense
    after what was found is left out. InputError where a sample cannot be read, RunError where the
    runtime fails.
    """
    for check in _checks(Setting(objective, training, values, known, device, frozen)):
        yield replace(check, text=printable(check.text))


def _checks(setting: Setting) -> Iterator[Check]:
    inputs = look(setting.known)
    yield inputs_check(setting, inputs)
    yield targets_check(setting.known, setting.objective.loss)
    if not isfinite(inputs.mean) or unfit(setting.known, setting.objective.loss):
        return
    few = Few.of(setting.known, _SAMPLES)
    known_causes = causes(setting, inputs, few.y)
    probed = probe(setting, few)
    yield first_loss(setting, probed, few.y, known_causes)
    flow = gradients_check(setting, probed, known_causes)
    yield flow
    if probed.finite and trained_layers(setting):
        lame = vanished(setting, probed) if flow.ok else "gradients do not reach all layers"
        found = "; ".join(filter(None, (lame, overgrown(probed))))
        yield heart_check(setting, known_causes or found)
