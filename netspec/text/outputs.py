"""`output` and `weights`: labels, further outputs, and the file of learned tensors."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from pathlib import Path

from netspec.text.diagnostics import Diagnostic
from netspec.text.lexer import fragment_of
from netspec.text.limits import MAX_FILE_BYTES
from netspec.text.pattern import parse_pattern
from netspec.text.printable import printable
from netspec.text.source import Span
from netspec.text.syntax import Tap
from netspec.text.tree import Mapping, Scalar, Sequence, Tree


@dataclass(frozen=True, eq=False)
class Output:
    """A further output: its name, and the labelled tensor that it is."""

    name: str
    tap: Tap
    span: Span


@dataclass(frozen=True, eq=False)
class WeightsFile:
    """The file of learned tensors that a spec names; `map` leads from its names to ours."""

    path: Path
    map: MappingOf[str, str]
    span: Span


def read_outputs(tree: Tree | None, diagnostics: list[Diagnostic]) -> tuple[Output, ...]:
    """The further outputs of `output: {aux: "@aux1"}`."""
    if not isinstance(tree, Mapping):
        return ()
    found = []
    for key, value in tree.entries:
        if key.text == "labels" or not isinstance(value, Scalar):
            continue
        if not isinstance(value.value, str) or not value.text.startswith("@"):
            continue  # the envelope has said why
        chain, faults = parse_pattern(fragment_of(value))
        diagnostics.extend(faults)
        match chain.items:
            case (Tap() as tap,):
                found.append(Output(key.text, tap, value.span))
            case _ if not faults:
                message = f'an output is one label, such as "@{key.text}"'
                diagnostics.append(Diagnostic("output", message, value.span))
    return tuple(found)


def read_labels(
    tree: Tree | None, folder: Path | None, diagnostics: list[Diagnostic]
) -> tuple[tuple[str, ...], Span | None]:
    """The labels of the classes, from the spec or from a file beside it with one a line, and their
    place.
    """
    labels = tree.get("labels") if isinstance(tree, Mapping) else None
    match labels:
        case Sequence(items=items):
            return tuple(item.text for item in items if isinstance(item, Scalar)), labels.span
        case Scalar(value=str(name)):
            path = beside(labels, folder, diagnostics)
            if path is None:
                return (), None
            try:
                if path.stat().st_size > MAX_FILE_BYTES:
                    raise OSError("the file is too large")
                text = path.read_text("utf-8-sig")
            except (OSError, UnicodeDecodeError) as error:
                reason = getattr(error, "strerror", None) or str(error)
                message = f"cannot read the labels in {printable(name)}: {printable(reason)}"
                diagnostics.append(Diagnostic("missing-file", message, labels.span))
                return (), None
            return tuple(line.strip() for line in text.splitlines() if line.strip()), labels.span
    return (), None


def read_weights(
    tree: Tree | None, folder: Path | None, diagnostics: list[Diagnostic]
) -> WeightsFile | None:
    """The file that `weights` names, and its map; it need not exist until it is read."""
    file = tree.get("file") if isinstance(tree, Mapping) else tree
    if not isinstance(file, Scalar) or not isinstance(file.value, str):
        return None
    path = beside(file, folder, diagnostics)
    pairs = tree.get("map") if isinstance(tree, Mapping) else None
    entries = pairs.entries if isinstance(pairs, Mapping) else ()
    renames = {key.text: value.text for key, value in entries if isinstance(value, Scalar)}
    return WeightsFile(path, renames, file.span) if path else None


def beside(name: Scalar, folder: Path | None, diagnostics: list[Diagnostic]) -> Path | None:
    """The file that a spec names in its own folder or below; None, with a finding, where it leads
    out.

    A spec may come from a stranger: it must not make netspec read a file that it was not given.
    """
    root = (folder or Path()).resolve()
    written = Path(name.text)
    path = root / written
    try:
        inside = not written.is_absolute() and ".." not in written.parts
        inside = inside and path.resolve().is_relative_to(root)
    except (OSError, ValueError, RuntimeError):
        inside = False
    if inside:
        return path
    shown = printable(name.text)[:80]
    message = f"`{shown}` leads out of the spec's folder"
    help_text = "put the file beside the spec or below it, and write its relative path"
    diagnostics.append(Diagnostic("path", message, name.span, help=help_text))
    return None
