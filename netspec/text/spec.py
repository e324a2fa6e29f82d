"""Located tree -> Spec: the typed syntax of a spec, with every mistake that can be found without
shapes.
"""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from pathlib import Path

from netspec.text.bindings import Binding, read_bindings
from netspec.text.blocks import Block, read_blocks
from netspec.text.diagnostics import Diagnostic, SpecError, in_order
from netspec.text.document import read_document
from netspec.text.envelope import check_envelope, mend_keys
from netspec.text.inputs import Input, read_inputs
from netspec.text.outputs import Output, WeightsFile, read_labels, read_outputs, read_weights
from netspec.text.pattern import read_pattern
from netspec.text.source import Source, Span
from netspec.text.syntax import Chain, Name
from netspec.text.train_section import read_training
from netspec.text.training import Training
from netspec.text.tree import Mapping, Scalar, Sequence, Tree

_AS_BY_DEFAULT = Training()


@dataclass(frozen=True, eq=False)
class Stage:
    """One item of `net`: a pattern, and the label that its layers' names begin with."""

    label: Name | None
    chain: Chain


@dataclass(frozen=True, eq=False)
class Spec:
    """What a user wrote, typed.  Names in it are not yet looked up, and no shape is known."""

    source: Source
    folder: Path | None
    name: str
    doc: str
    inputs: tuple[Input, ...]
    net: tuple[Stage, ...]
    where: tuple[Binding, ...]
    blocks: MappingOf[str, Block]
    labels: tuple[str, ...]
    labels_span: Span | None
    outputs: tuple[Output, ...]
    weights: WeightsFile | None
    train: Training = _AS_BY_DEFAULT
    train_span: Span | None = None


def parse(source: Source, folder: Path | None = None) -> Spec:
    """The spec that a source holds; SpecError with all findings where there is an error."""
    spec, diagnostics = read_spec(source, folder)
    if spec is None or any(d.severity == "error" for d in diagnostics):
        raise SpecError(in_order(diagnostics))
    return spec


def read_spec(
    source: Source, folder: Path | None = None, overrides: MappingOf[str, Tree] | None = None
) -> tuple[Spec | None, list[Diagnostic]]:
    """As much of the spec as can be read, None where nothing can, and what is wrong with it.

    `folder` is where files beside the spec are looked up. `overrides` are values for dotted paths
    of the document.
    """
    if source.text.startswith("\ufeff"):
        source = Source(source.name, source.text[1:])
    try:
        tree, diagnostics = read_document(source)
    except SpecError as error:
        return None, list(error.diagnostics)
    if not isinstance(tree, Mapping):
        message = "a spec is a mapping with the keys netspec, name, input and net"
        return None, [*diagnostics, Diagnostic("mapping-expected", message, tree.span)]
    for path, value in (overrides or {}).items():
        tree = _replaced(tree, path.split("."), value)
    tree, misspelt = mend_keys(tree)
    diagnostics += misspelt + check_envelope(tree)
    return _build(source, folder, tree, diagnostics), diagnostics


def _build(
    source: Source, folder: Path | None, tree: Mapping, diagnostics: list[Diagnostic]
) -> Spec:
    name, doc, where, output = (tree.get(key) for key in ("name", "doc", "where", "output"))
    train = tree.get("train")
    labels, labels_span = read_labels(output, folder, diagnostics)
    inputs = read_inputs(tree.get("input"), diagnostics)
    return Spec(
        source=source,
        folder=folder,
        name=name.text if isinstance(name, Scalar) else "",
        doc=doc.text if isinstance(doc, Scalar) else "",
        inputs=inputs,
        net=_net(tree.get("net"), diagnostics),
        where=read_bindings(where, diagnostics) if isinstance(where, Mapping) else (),
        blocks=read_blocks(tree.get("blocks"), diagnostics),
        labels=labels,
        labels_span=labels_span,
        outputs=read_outputs(output, diagnostics),
        weights=read_weights(tree.get("weights"), folder, diagnostics),
        train=read_training(train, folder, inputs, diagnostics),
        train_span=train.span if train else None,
    )


def _net(tree: Tree | None, diagnostics: list[Diagnostic]) -> tuple[Stage, ...]:
    items = tree.items if isinstance(tree, Sequence) else () if tree is None else (tree,)
    stages: list[Stage] = []
    labels: dict[str, Span] = {}
    for item in items:
        match item:
            case Mapping(entries=((key, value),)):
                if key.text in labels:
                    line = labels[key.text].line
                    message = f"two stages are labelled `{key.text}`; the first is on line {line}"
                    diagnostics.append(Diagnostic("duplicate-label", message, key.span))
                labels[key.text] = key.span
                stages.append(Stage(Name(key.text, key.span), read_pattern(value, diagnostics)))
            case _:
                stages.append(Stage(None, read_pattern(item, diagnostics)))
    return tuple(stages)


def _replaced(tree: Mapping, path: list[str], value: Tree) -> Mapping:
    """The mapping with the value at a path replaced, or added where the path leads to nothing."""
    head, rest = path[0], path[1:]
    old = tree.get(head)
    new = value
    if rest:
        new = _replaced_in(old, rest, value) if old is not None else _nested(rest, value)
    key = Scalar(value.span, head, head, "")
    entries = tuple((k, new if k.text == head else v) for k, v in tree.entries)
    return Mapping(tree.span, entries if old is not None else (*entries, (key, new)))


def _replaced_in(tree: Tree, path: list[str], value: Tree) -> Tree:
    if isinstance(tree, Mapping):
        return _replaced(tree, path, value)
    if isinstance(tree, Sequence) and path[0].isdigit() and int(path[0]) < len(tree.items):
        at = int(path[0])
        new = _replaced_in(tree.items[at], path[1:], value) if path[1:] else value
        return Sequence(tree.span, (*tree.items[:at], new, *tree.items[at + 1 :]))
    return _nested(path, value)


def _nested(path: list[str], value: Tree) -> Tree:
    for name in reversed(path):
        value = Mapping(value.span, ((Scalar(value.span, name, name, ""), value),))
    return value
