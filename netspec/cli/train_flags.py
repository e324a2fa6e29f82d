"""The flags of `netspec train` that stand for a setting of the spec's `train:` section."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from netspec.cli.specs import Flag
from netspec.text.train_words import meant_flag
from netspec.text.training import FILES, Training

#: What a flag takes, and what it is.
_FLAGS = {
    "data": ("PATH", "Samples to learn from: .npz, .csv, or a folder of class folders."),
    "target": ("COLUMN", "The column of a CSV file that is learned."),
    "validation": ("PATH", "Samples to validate with."),
    "test": ("PATH", "Samples to judge the trained net by."),
    "split": ("PART", "Part of --data that is held out for validation (0)."),
    "loss": ("LOSS", "What is made small."),
    "optimizer": ("OPTIMIZER", "How weights follow their gradients (adam)."),
    "rate": ("RATE", "Learning rate."),
    "schedule": ("SCHEDULE", "How the rate changes from epoch to epoch (fixed)."),
    "warmup": ("EPOCHS", "Epochs in which the rate rises from 0 (0)."),
    "epochs": ("N", "Passes over the samples (10)."),
    "batch": ("N", "Samples of a step (32)."),
    "seed": ("N", "Of all that is random (0)."),
    "weight-decay": ("DECAY", "Weights shrink by rate * DECAY a step (0)."),
    "l2": ("L2", "L2 * weight is added to each gradient (0)."),
    "clip": ("NORM", "Largest norm of all gradients together."),
    "early-stopping": ("EPOCHS", "Epochs without a better validation loss before the end."),
    "augment": ("WAY", "Vary pictures at random: flip, crop, colour, ... (repeatable)."),
    "init": ("WAY", "How weights start: he, glorot, lecun, ..."),
    "precision": ("TYPE", "float32, tf32, float16 or bfloat16 (float32)."),
}
_REPEATED = "augment"


class TrainCommand(click.Command):
    """Knows what other tools call its flags."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does it."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            meant = meant_flag(error.option_name)
            if meant is None:
                raise
            raise click.UsageError(f"no option {error.option_name}; {meant}", ctx) from error


def training_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """All of them, parameters by their names with `_` for `-`: text, or None."""
    for name, (metavar, help_text) in reversed(_FLAGS.items()):
        option = click.option(
            f"--{name}", metavar=metavar, help=help_text, multiple=name == _REPEATED
        )
        command = option(command)
    return command


def as_flags(said: Mapping[str, Any]) -> tuple[Flag, ...]:
    """What was said on the command line, as settings of the document.

    There paths are relative to the spec's folder; `as_said` makes them what they are.
    """
    found = []
    for name in _FLAGS:
        key = name.replace("-", "_")
        value, path = said[key], f"train.{key}"
        if name == "target" or value is None or value == ():
            continue
        if key in FILES:
            value, path = json.dumps(value), f"{path}.file"
        elif name == _REPEATED:
            value = f"[{', '.join(value)}]"
        found.append(Flag(f"--{name}", path, value))
    return tuple(found)


def as_said(training: Training, said: Mapping[str, Any]) -> Training:
    """The settings with paths as the command line has them, for messages, and its target."""
    from netspec.train.data.opening import is_table

    found: dict[str, Any] = {}
    for key in FILES:
        data = getattr(training, key)
        if data is not None:
            path = data.path if said[key] is None else Path(said[key])
            target = said["target"] or data.target
            if not is_table(path):  # a column that is said of another file is none of this one
                own = data.target if said[key] is None else None
                target = said["target"] if key == "data" and said["target"] else own
            found[key] = replace(data, path=path, target=target)
    return replace(training, **found)
