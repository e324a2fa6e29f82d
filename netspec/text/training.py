"""What the `train:` section of a spec says: how a net is trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from netspec.text.choices import (
    AUGMENTS,
    INITS,
    LOSSES,
    OPTIMIZERS,
    PRECISIONS,
    SCHEDULES,
    Offer,
    Option,
)
from netspec.text.limits import MAX_BATCH, MAX_EPOCHS, MAX_INTEGER
from netspec.text.source import Span

__all__ = [
    "AUGMENTS",
    "FILES",
    "INITS",
    "LOSSES",
    "MENUS",
    "NUMBERS",
    "OPTIMIZERS",
    "PRECISIONS",
    "SCHEDULES",
    "Choice",
    "DataPath",
    "Menu",
    "Offer",
    "Option",
    "Training",
    "chosen",
]


@dataclass(frozen=True)
class Choice:
    """The way that is chosen, by name, and the value of each of its options."""

    name: str
    options: Mapping[str, float]

    def __getitem__(self, option: str) -> float:
        return self.options[option]


def chosen(offers: Mapping[str, Offer], name: str, **options: float) -> Choice:
    """A choice of an offer, with the defaults of the options that are left out."""
    known = offers[name].options.items()
    defaults = {key: option.default for key, option in known if option.default is not None}
    return Choice(name, {**defaults, **options})


_ADAM, _FIXED = chosen(OPTIMIZERS, "adam"), chosen(SCHEDULES, "fixed")


class Menu(NamedTuple):
    """A setting that is chosen by name: what it is, and the ways that there are."""

    doc: str
    offers: Mapping[str, Offer]


#: The settings that are files of samples.
FILES: Mapping[str, str] = {
    "data": "the samples that are learned from",
    "validation": "the samples that are held out while the net learns",
    "test": "the samples that the trained net is judged by",
}

#: The settings that are chosen by name.
MENUS: Mapping[str, Menu] = {
    "loss": Menu("what is made small; as the net ends, unless written", LOSSES),
    "optimizer": Menu("how weights follow their gradients", OPTIMIZERS),
    "schedule": Menu("how the rate changes from epoch to epoch", SCHEDULES),
    "augment": Menu("what is done to a picture at random before it is learned from", AUGMENTS),
    "init": Menu(
        "how weights start; `he` before a rectifier and else `glorot`, unless written", INITS
    ),
}

#: The settings that are numbers; their defaults are those of Training.
NUMBERS: Mapping[str, Option] = {
    "split": Option(
        "part of `data` that is held out where no `validation` is named, the same of each class",
        ge=0,
        lt=1,
    ),
    "rate": Option("learning rate; as the optimizer's authors have it, unless written", gt=0),
    "warmup": Option("epochs in which the rate rises from 0", ge=0, le=MAX_EPOCHS),
    "epochs": Option("passes over the samples", ge=1, le=MAX_EPOCHS, whole=True),
    "batch": Option("samples of a step", ge=1, le=MAX_BATCH, whole=True),
    "seed": Option("of all that is random", ge=0, le=MAX_INTEGER, whole=True),
    "weight_decay": Option(
        "weights shrink by rate * weight_decay a step, apart from the gradient", ge=0
    ),
    "l2": Option("l2 * weight is added to the gradient of each weight", ge=0),
    "clip": Option("largest norm of all gradients together", gt=0),
    "early_stopping": Option(
        "epochs without a better validation loss before the end", ge=1, le=MAX_EPOCHS, whole=True
    ),
}


@dataclass(frozen=True, eq=False)
class DataPath:
    """Samples with their targets: an .npz file, a folder of class folders, or a CSV file, of which
    `target` names the column to be learned.
    """

    path: Path
    target: str | None
    span: Span | None


@dataclass(frozen=True, eq=False)
class Training:
    """How a net is trained.  None stands for what is not said.

    `split` is the part of `data` that is held out for validation where no `validation` is named.
    `weight_decay` shrinks weights by rate * weight_decay a step, apart from the gradient; `l2` adds
    l2 * weight to the gradient. `clip` is the largest norm of all gradients together. `warmup` are
    epochs in which the rate rises from 0, `early_stopping` epochs without a better validation loss.
    """

    data: DataPath | None = None
    validation: DataPath | None = None
    test: DataPath | None = None
    split: float = 0.0
    loss: Choice | None = None
    optimizer: Choice = _ADAM
    rate: float | None = None
    schedule: Choice = _FIXED
    warmup: float = 0.0
    epochs: int = 10
    batch: int = 32
    seed: int = 0
    weight_decay: float = 0.0
    l2: float = 0.0
    clip: float | None = None
    early_stopping: int | None = None
    augment: tuple[Choice, ...] = ()
    init: Choice | None = None
    precision: str = "float32"
