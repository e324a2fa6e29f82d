"""What a call of `netspec explain` asks for, put together from the net and the command line."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, get_args

import click

from netspec.cli.explain_files import Looks
from netspec.cli.explain_places import Place, place, written_form
from netspec.cli.failure import Failure
from netspec.cli.output import check_output
from netspec.cli.weight_options import tell
from netspec.explain.asked import Asked
from netspec.explain.gradcam import Method as Gradcam
from netspec.explain.gradcam import spatial_layer
from netspec.explain.methods import METHODS
from netspec.explain.net import Net
from netspec.explain.pictures.colours import colormap
from netspec.explain.samples import file_name, read
from netspec.machine.errors import UnusableError
from netspec.plots.sheet import need_plot
from netspec.runtime.errors import InputError
from netspec.runtime.finding import ARRAYS, Inputs, find_inputs, suffix
from netspec.text.printable import printable

#: Options that are called otherwise than what they say.
_CALLED = {"layers": "layer", "channels": "channel", "classes": "class"}


@dataclass(frozen=True)
class Plan:
    """Methods by name and what is asked of them, for files, to a place; `lenient` where a method
    that is not for this net is left out of a page, for nobody named it.
    """

    methods: tuple[str, ...]
    lenient: bool
    asked: Asked
    files: Inputs
    place: Place
    looks: Looks

    @property
    def what(self) -> str:
        """What files are called after the picture, by what they hold."""
        return what(self.methods)

    @property
    def named(self) -> tuple[Path, ...]:
        """The files that arguments name."""
        return self.files.named

    def name_of(self, path: str) -> str:
        """What pictures call a file: its name, or where files are of several folders the way to it
        from what these have in common.
        """
        return (
            os.path.relpath(Path(path).resolve(), self._common) if self._common else file_name(path)
        )

    @cached_property
    def _common(self) -> str:
        """The folder that has all files in it or below, where they are not all in one."""
        pairs = zip(self.files.folders, self.files.names, strict=True)
        folders = {str(Path(folder or Path(names[0]).parent).resolve()) for folder, names in pairs}
        return os.path.commonpath(folders) if len(folders) > 1 else ""

    @classmethod
    def of(
        cls,
        net: Net,
        images: tuple[str, ...],
        output: Path | None,
        form: str | None,
        said: Mapping[str, Any],
        note: str,
    ) -> Plan:
        """`note` is what pictures say of the weights.  UsageError where options do not go together,
        UnusableError where the net or the machine has not what they name.
        """
        page = written_form(output, form) == "html"
        given: tuple[str, ...] = said["methods"]
        methods = given or _usual(net, page=page, pictured=bool(images))
        _check_methods(methods, images)
        _check_options(methods, said)
        asked = _asked(net, said)
        _check_layers(net, methods, asked)
        files = find_inputs(images, tell)
        several = _several(net, images, files) and "dissect" not in methods
        name = net.name if several or not images else Path(images[0]).resolve().stem
        stem = f"{name}.{'explain' if several else what(methods)}"
        where = place(output, form, stem, several=several)
        _check_place(where, files)
        looks = Looks(asked.alpha, said["colormap"], note)
        if where.form != "npy":
            need_plot()
            colormap(looks.colours, signed=False)
        return cls(methods, page and not given, asked, files, where, looks)


def _usual(net: Net, *, page: bool, pictured: bool) -> tuple[str, ...]:
    """The methods where none is named."""
    if page:
        return tuple(
            name
            for name, method in METHODS.items()
            if name != "dissect" and (pictured or not method.pictured)
        )
    if not pictured:
        return ()
    try:
        spatial_layer(net)
    except UnusableError:
        return ("vanilla",)
    return ("gradcam",)


def _check_methods(methods: tuple[str, ...], images: tuple[str, ...]) -> None:
    pictured = [name for name in methods if METHODS[name].pictured]
    if not images and (pictured or not methods):
        what = f"{pictured[0]} looks at pictures" if pictured else "nothing to look at"
        raise click.UsageError(f"{what}: name an IMAGE, or --method filters or maximize")
    if methods == ("filters",) and images:
        raise click.UsageError("filters are the net's own: leave IMAGE out")
    if "dissect" in methods and len(methods) > 1:
        raise click.UsageError("dissect looks at all pictures together: no other --method with it")


def _check_place(where: Place, files: Inputs) -> None:
    """What is written is none of the pictures, nor the folder that they are in."""
    if where.path.exists() and not where.folder:
        check_output(where.path, tuple(map(Path, files)))
    for folder in files.folders:
        if folder and where.folder and where.path.exists() and where.path.samefile(folder):
            raise Failure(
                f"pictures are read from {printable(folder)}", help="give -o another folder"
            )


def _check_options(methods: tuple[str, ...], said: Mapping[str, Any]) -> None:
    """Each option that is given means something to a method."""
    for option in dict.fromkeys(option for at in METHODS.values() for option in at.options):
        given = said[option] is not None and said[option] is not False and said[option] != ()
        served = [name for name, method in METHODS.items() if option in method.options]
        if given and not set(served) & set(methods):
            called = _CALLED.get(option, option)
            raise click.UsageError(f"--{called} is for {', '.join(served)}")
    if "maximize" in said["methods"] and said["layers"] and not said["channels"]:
        raise click.UsageError("maximize looks at channels of a --layer: say --channel")
    if methods == ("maximize",) and said["classes"] and said["channels"]:
        raise click.UsageError("maximize looks at a --class or at a --channel, not at both")


def _asked(net: Net, said: Mapping[str, Any]) -> Asked:
    return Asked(
        classes=tuple(dict.fromkeys(map(net.meaning.number, said["classes"]))),
        layers=tuple(dict.fromkeys(net.layer(name).name for name in said["layers"])),
        channels=tuple(dict.fromkeys(said["channels"])),
        alpha=said["alpha"],
        size=said["size"],
        stride=said["stride"],
        fill=said["fill"] or "grey",
        steps=said["steps"],
        samples=said["samples"],
        noise=said["noise"],
        seeds=said["seeds"] or 4,
        top=said["top"] or 9,
        sanity=said["sanity"],
    )


def _check_layers(net: Net, methods: tuple[str, ...], asked: Asked) -> None:
    """Known before anything runs: each layer has an area where one is needed."""
    if {*get_args(Gradcam), "activations"} & set(methods):
        for name in asked.layers:
            spatial_layer(net, name)


def _several(net: Net, images: tuple[str, ...], files: Inputs) -> bool:
    """Whether there may be more than one sample; what cannot be read is told of later."""
    if len(images) > 1 or any(Path(image).is_dir() for image in images):
        return True
    with suppress(InputError):
        arrays = (path for path in files if suffix(path) in ARRAYS)
        return any(len(list(islice(read(net, path), 2))) > 1 for path in arrays)
    return False


def what(methods: tuple[str, ...]) -> str:
    """The part of a file's name that tells the method; `explain` where there are several."""
    return methods[0].replace("*", "-") if len(methods) == 1 else "explain"
