"""What a run of training goes by: the state of another run is not gone on from."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from importlib import metadata

import numpy as np

from netspec import __version__
from netspec.graph.graph import Graph
from netspec.machine.processors import cores
from netspec.text.training import OPTIMIZERS, Choice, Training, chosen
from netspec.train.schedules import default_rate

#: What a run that is gone on with may say anew: where its data lie (their contents have a
#: fingerprint), and when it ends.
_FREE = frozenset({"data", "validation", "test", "epochs", "early_stopping"})
#: Schedules whose rates depend on the number of epochs, which then is as fixed as they are.
_OVER_ALL_EPOCHS = frozenset({"polynomial", "cosine"})
_RUNTIMES = ("onnxruntime", "onnxruntime-gpu")


@dataclass(frozen=True)
class Origin:
    """What decides the numbers of a run.

    `net` is a hash, `data` a `fingerprint`, `settings` what the `train:` section says, each value
    as text, and the rate where it does not; `versions` are those of the libraries and the device,
    which decide the last bits alone. ValueError where one is no text.
    """

    net: str
    data: str
    settings: Mapping[str, str]
    versions: Mapping[str, str]

    def __post_init__(self) -> None:
        texts = (self.net, self.data, *_words(self.settings), *_words(self.versions))
        if not all(isinstance(text, str) for text in texts):
            raise ValueError("its origin is not told in words")

    @classmethod
    def of(
        cls,
        graph: Graph,
        training: Training,
        *,
        data: str,
        device: str,
        frozen: Collection[str] = (),
    ) -> Origin:
        """That of a run on samples whose fingerprint is `data`; `frozen` layers are not trained.

        The net is its layers with their names, inputs and hyperparameters, not the spec's text:
        another comment makes no other net.
        """
        settings = {**dict(_settings(training)), "frozen": ", ".join(sorted(frozen)) or "none"}
        return cls(_net(graph), data, settings, _versions(device))

    def differences(self, now: Origin) -> tuple[str, ...]:
        """What is other than it was, in words that follow "it was trained with"."""
        found = [
            f"another {what}"
            for what, was, is_now in (
                ("net (its layers differ)", self.net, now.net),
                ("data (the samples differ)", self.data, now.data),
            )
            if was != is_now
        ]
        return (*found, *_changes(_explained(self.settings), _explained(now.settings)))

    def other_versions(self, now: Origin) -> tuple[str, ...]:
        """Libraries and devices that are others: `numpy 2.1.0, now 2.3.2`."""
        return tuple(_changes(self.versions, now.versions))


def _words(said: Mapping[str, str]) -> Iterator[str]:
    for pair in said.items():
        yield from pair


def _net(graph: Graph) -> str:
    lines = [repr((at.name, at.shape, at.image)) for at in graph.spec.inputs]
    lines += [repr((node.name, node.layer, node.inputs)) for node in graph.nodes]
    lines.append(repr(sorted(graph.outputs.items())))
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def _settings(training: Training) -> Iterator[tuple[str, str]]:
    """Each setting as text; an option of a choice is `optimizer beta1`."""
    for key in (field.name for field in fields(training)):
        value = getattr(training, key)
        if key == "rate" and value is None:
            value = default_rate(training.optimizer)
        if key in _FREE and not (key == "epochs" and training.schedule.name in _OVER_ALL_EPOCHS):
            continue
        choices = value if isinstance(value, tuple) else (value,)
        names = [at.name if isinstance(at, Choice) else str(at) for at in choices if at is not None]
        yield key, ", ".join(names) or "none"
        for choice in choices:
            for option, number in choice.options.items() if isinstance(choice, Choice) else ():
                name = f"{key} {choice.name}" if isinstance(value, tuple) else key
                yield f"{name} {option}", str(number)


def _explained(settings: Mapping[str, str]) -> Mapping[str, str]:
    """The settings, and of the rate that it is the default where it is."""
    optimizer, rate = settings.get("optimizer", ""), settings.get("rate")
    if optimizer in OPTIMIZERS and rate == str(default_rate(chosen(OPTIMIZERS, optimizer))):
        return {**settings, "rate": f"{rate} (the default of {optimizer})"}
    return settings


def _versions(device: str) -> dict[str, str]:
    found = {"netspec": __version__, "numpy": np.__version__, "device": device}
    if device == "cpu":  # sums are in as many parts as there are threads
        found["threads"] = str(cores())
    for name in _RUNTIMES:
        try:
            found["onnxruntime"] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _changes(was: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    """Keys with other values; what one of them alone has belongs to a choice that is named."""
    for key, value in was.items():
        if now.get(key, value) != value:
            yield f"{key} {value}, now {now[key]}"
