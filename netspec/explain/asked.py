"""What is asked of a net, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from netspec.explain.maps import Array
from netspec.explain.methods import Method
from netspec.explain.net import Net
from netspec.explain.occlusion import Fill
from netspec.explain.pictures.panels import Panel
from netspec.explain.saliency import Averaging
from netspec.explain.samples import Sample
from netspec.explain.sanity import Check
from netspec.machine.errors import UnusableError
from netspec.text.printable import printable

#: Classes that are all looked at where none is given and no picture has a winner.
_FEW = 10


@dataclass(frozen=True)
class Asked:
    """What of a net is looked into, and how; () and None leave it to the method.

    `classes` are numbers. `alpha` is the opacity of maps. `size`, `stride` and `fill` are those of
    occlusion's square; `steps` those of maximizing and of integrated gradients, `samples` and
    `noise` those of SmoothGrad; `seeds` is how many pictures maximizing makes of each class, `top`
    how many patches a channel has.
    """

    classes: tuple[int, ...] = ()
    layers: tuple[str, ...] = ()
    channels: tuple[int, ...] = ()
    alpha: float | None = None
    size: int | None = None
    stride: int | None = None
    fill: Fill = "grey"
    steps: int | None = None
    samples: int | None = None
    noise: float | None = None
    seeds: int = 4
    top: int = 9
    sanity: bool = False

    @property
    def averaging(self) -> Averaging:
        """What the mean of gradients is taken over."""
        usual = Averaging()
        return Averaging(
            samples=self.samples or usual.samples,
            noise=usual.noise if self.noise is None else self.noise,
            steps=self.steps or usual.steps,
        )

    def of(self, net: Net, sample: Sample | None) -> Asked:
        """The same with classes: where none is given the winner of a sample, without a sample all
        of them if they are few; UnusableError where they are many.
        """
        if self.classes:
            return self
        if sample is not None:
            return replace(self, classes=(int(net.scores(sample.x)[0].argmax()),))
        if net.classes > _FEW:
            raise UnusableError(
                f"the net knows {net.classes} classes", help="say with --class which to look at"
            )
        return replace(self, classes=tuple(range(net.classes)))


@dataclass(frozen=True)
class Checked:
    """The sanity check of the map of a class, and what is said of it."""

    of: str
    check: Check

    @property
    def verdict(self) -> str:
        """What came of it."""
        if self.check.even:
            return "sanity check FAILED: the map is the same everywhere"
        came = "passed" if self.check.passed else "FAILED"
        at = self.check.decisive
        return f"sanity check {came}: {at.correlation:z.2f} at {printable(at.layer)}"

    @property
    def levels(self) -> str:
        """The rank correlations on the way."""
        levels = self.check.levels
        return ", ".join(f"{printable(at.layer)} {at.correlation:z.2f}" for at in levels)


@dataclass(frozen=True, eq=False)
class Found:
    """What came of a method: panels in rows, the raw numbers of each map, and sanity checks."""

    method: Method
    rows: tuple[tuple[Panel, ...], ...]
    arrays: tuple[Array, ...]
    checks: tuple[Checked, ...] = ()

    @property
    def panels(self) -> tuple[Panel, ...]:
        """All panels."""
        return tuple(panel for row in self.rows for panel in row)
