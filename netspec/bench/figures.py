"""One benchmark: what is measured, in which order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from numpy.typing import NDArray

from netspec.analysis.report import graph_report
from netspec.bench.contenders import Absent, Bout, contenders
from netspec.bench.memory import Gauge, gauge
from netspec.bench.precision import Deviation, deviation, largest_difference, random_feeds
from netspec.bench.product import product_peak
from netspec.bench.timing import Times, time_in_turn, time_one, timed
from netspec.graph.graph import Graph
from netspec.machine.errors import UnusableError
from netspec.onnxgen.probe import probe_model
from netspec.runtime.content import Content
from netspec.runtime.device import Device
from netspec.runtime.providers import GpuOptions
from netspec.runtime.session import Session
from netspec.runtime.start import start
from netspec.weights.values import Values

OURS = "netspec"


@dataclass(frozen=True)
class Conditions:
    """Under which it is measured."""

    device: Device
    dtype: str
    batch: int
    tf32: bool
    seconds: float


@dataclass(frozen=True)
class Subject:
    """What is measured: a net and its weights, or a compiled model in a file.

    `open` makes a session of it under some conditions.
    """

    name: str
    open: Callable[[Conditions], Session]
    graph: Graph | None = None
    values: Callable[[], Values] | None = None
    file: Path | None = None


@dataclass(frozen=True)
class Rival:
    """Another way to run the net: its times and how many times ours these are, or why none."""

    name: str
    times: Times | None = None
    ratio: float | None = None
    difference: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class Figures:
    """What was measured, of a batch where nothing else is said; None where it cannot be known."""

    name: str
    conditions: Conditions
    because: str
    no_graph: str
    times: Times
    load_seconds: float
    macs: int | None
    product_peak: float
    predicted_bytes: int | None
    measured_bytes: int | None
    deviation: Deviation | None
    rivals: tuple[Rival, ...] = field(default=())

    @property
    def samples_per_second(self) -> float:
        """Samples by the seconds of all runs."""
        return self.conditions.batch * len(self.times.all) / sum(self.times.all)

    @property
    def flops_per_second(self) -> float | None:
        """Achieved in the median run; FLOPs are two for each multiply-accumulate."""
        return None if self.macs is None else 2 * self.macs / self.times.median

    @property
    def fraction(self) -> float | None:
        """The achieved FLOP/s as a part of those of matrix products."""
        achieved = self.flops_per_second
        return None if achieved is None else achieved / self.product_peak


def measure(
    subject: Subject, conditions: Conditions, compare: bool, say: Callable[[str], object]
) -> Figures:
    """All figures of a subject.  `say` is told what is under way.

    UnusableError where the device or the model cannot serve, RunError where a run fails.
    """
    started = start(Content(probe_model()), conditions.device, "a probe", GpuOptions())
    conditions = replace(conditions, device=started.device)
    meter = gauge(started.device)
    before = meter.now() if meter else 0
    say("loading")
    load_seconds, session = timed(lambda: subject.open(conditions).open())
    _check_batch(session, conditions.batch)
    feeds = random_feeds(session.inputs, conditions.batch)
    say("timing")
    times, measured = _timed_and_weighed(session, feeds, conditions.seconds, meter, before)
    macs, predicted = _known(subject, session, conditions)
    say("multiplying matrices")
    # no product of int8 matrices is measured: such a model is held against float32
    against = "float32" if conditions.dtype == "int8" else conditions.dtype
    peak = product_peak(conditions.device, against, conditions.tf32)
    exact = None
    if conditions.dtype != "float32" and subject.graph is not None:
        say("comparing with float32")
        plain = subject.open(replace(conditions, dtype="float32", tf32=False))
        exact = deviation(session, plain, conditions.batch)
    return Figures(
        name=subject.name,
        conditions=conditions,
        because=started.because,
        no_graph=session.no_graph,
        times=times,
        load_seconds=load_seconds,
        macs=macs,
        product_peak=peak,
        predicted_bytes=predicted,
        measured_bytes=measured,
        deviation=exact,
        rivals=_compare(subject, conditions, session, feeds, say) if compare else (),
    )


def _check_batch(session: Session, batch: int) -> None:
    """UnusableError where the model was compiled for another size of batch."""
    sizes = {kind.batch for kind in session.inputs.values() if kind.batch not in (None, batch)}
    for size in sizes:
        raise UnusableError(
            f"the model is compiled for batches of {size}, not {batch}", help=f"`--batch {size}`"
        )


def _timed_and_weighed(
    session: Session,
    feeds: dict[str, NDArray[Any]],
    seconds: float,
    meter: Gauge | None,
    before: int,
) -> tuple[Times, int | None]:
    """The times of runs on arrays that stay on the device, and the most memory on the way."""
    if meter:
        meter.forget()  # what loading took on the way is not what running takes
    binding = session.bind(feeds)
    times = time_one(binding.run, seconds)
    return times, max(meter.most() - before, 0) if meter else None


def _known(
    subject: Subject, session: Session, conditions: Conditions
) -> tuple[int | None, int | None]:
    """Multiply-accumulates and predicted bytes, of the net or from the model's card."""
    if subject.graph is None:
        per_sample = session.card.macs
        return (per_sample * conditions.batch if per_sample else None), None
    totals = graph_report(subject.graph, conditions.batch, conditions.dtype).totals
    return totals.macs, totals.weight_bytes + totals.inference_peak_bytes


def _compare(
    subject: Subject,
    conditions: Conditions,
    session: Session,
    feeds: dict[str, NDArray[Any]],
    say: Callable[[str], object],
) -> tuple[Rival, ...]:
    """Ours and each rival in turn."""
    values = subject.values() if subject.values else None
    with TemporaryDirectory() as folder:
        bout = Bout(
            graph=subject.graph,
            values=values,
            file=subject.file,
            feeds=feeds,
            device=conditions.device,
            dtype=conditions.dtype,
            tf32=conditions.tf32,
            folder=Path(folder),
        )
        found = dict(contenders(bout, say))
        binding = session.bind(feeds)
        binding.run()
        expected = next(iter(binding.answers().values()))
        say("timing all in turn")
        runs = {n: c.run for n, c in found.items() if not isinstance(c, Absent)}
        times = time_in_turn({OURS: binding.run, **runs}, conditions.seconds)
        rivals = [Rival(OURS, times[OURS], 1.0, 0.0)]
        for name, each in found.items():
            if isinstance(each, Absent):
                rivals.append(Rival(name, reason=each.reason))
                continue
            difference = largest_difference(each.answer(), expected)
            rivals.append(Rival(name, times[name], times[name].ratio(times[OURS]), difference))
    return tuple(rivals)
