"""YAML text -> located tree.  The only importer of yaml.

The tree is built from the parser's events: depth, aliases and duplicate keys are judged before
anything is built, every node keeps its place, and scalars are resolved by netspec itself, whatever
the library does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from netspec.text.decode import too_large
from netspec.text.diagnostics import Diagnostic, SpecError
from netspec.text.limits import MAX_ALIASED_NODES, MAX_DEPTH, MAX_FILE_BYTES
from netspec.text.printable import printable
from netspec.text.scalars import resolve
from netspec.text.source import Source, Span
from netspec.text.tree import Mapping, Scalar, Sequence, Tree
from netspec.text.yaml_errors import syntax_error

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read_document(source: Source) -> tuple[Tree, list[Diagnostic]]:
    """The tree of a source's one document, and what is wrong with its keys.

    SpecError where there is no tree: bad syntax, control characters, tags, more than one document,
    an empty file, or a bound exceeded.
    """
    _refuse_text(source)
    reader = _Reader(source)
    try:
        for event in _events(source):
            reader.take(event)
    except yaml.MarkedYAMLError as error:
        raise SpecError([syntax_error(error, source)]) from None
    if reader.root is None or (isinstance(reader.root, Scalar) and not reader.root.text):
        start = Span(source, 0, min(1, len(source.text)))
        raise SpecError([Diagnostic("empty-file", "the file holds no YAML document", start)])
    return reader.root, reader.diagnostics


def scalar_spans(source: Source) -> Iterator[Span]:
    """The places of all keys and values on leaves of a source whose syntax is good, in order."""
    for event in _events(source):
        if isinstance(event, yaml.ScalarEvent):
            yield _scalar_span(event, source)


def _scalar_span(event: Any, source: Source) -> Span:
    start, end = event.start_mark.index, event.end_mark.index
    if event.anchor:  # the place of the value, not of `&anchor`
        start = min(start + 1 + len(event.anchor), end)
        while start < end and source.text[start].isspace():
            start += 1
    return Span(source, start, end)


def _refuse_text(source: Source) -> None:
    if len(source.text) > MAX_FILE_BYTES:
        raise too_large(source)
    if bad := _FORBIDDEN.search(source.text):
        message = f"a control character, {printable(bad[0])}, is not allowed in YAML"
        raise SpecError(
            [Diagnostic("control-character", message, Span(source, bad.start(), bad.end()))]
        )


def _events(source: Source) -> Iterator[Any]:
    return yaml.parse(source.text, Loader=_Loader)


class _Frame:
    """A list or mapping under construction."""

    __slots__ = ("anchor", "height", "is_mapping", "items", "key", "keys", "size", "start")

    def __init__(self, is_mapping: bool, start: int, anchor: str | None) -> None:
        self.is_mapping, self.start, self.anchor = is_mapping, start, anchor
        self.items: list[Any] = []
        self.key: Scalar | None = None
        self.keys: dict[str, Scalar] = {}
        self.size, self.height = 1, 1


class _Reader:
    """Builds the tree from events with a stack of its own: no input can exhaust Python's."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.root: Tree | None = None
        self.diagnostics: list[Diagnostic] = []
        self._stack: list[_Frame] = []
        self._anchors: dict[str, tuple[Tree, int, int] | None] = {}  # None while it is being built
        self._aliased = 0
        self._documents = 0

    def take(self, event: Any) -> None:
        """One event of the parser."""
        match event:
            case yaml.ScalarEvent():
                self._check_tag(event)
                scalar = self._scalar(event)
                self._add(scalar, 1, 1, event.anchor)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._open(event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._close(event)
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    raise self._fatal("several-documents", "a spec is one YAML document", event)

    def _open(self, event: Any) -> None:
        self._check_tag(event)
        if len(self._stack) >= MAX_DEPTH:
            message = f"nested more than {MAX_DEPTH} levels deep"
            raise self._fatal("too-deep", message, event)
        if event.anchor:
            self._anchors[event.anchor] = None
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        self._stack.append(_Frame(is_mapping, event.start_mark.index, event.anchor))

    def _close(self, event: Any) -> None:
        frame = self._stack.pop()
        span = Span(self.source, frame.start, max(event.end_mark.index, frame.start))
        tree: Tree = (
            Mapping(span, tuple(frame.items))
            if frame.is_mapping
            else Sequence(span, tuple(frame.items))
        )
        self._add(tree, frame.size, frame.height, frame.anchor)

    def _alias(self, event: Any) -> None:
        if event.anchor not in self._anchors:
            raise self._fatal(
                "alias", f"`*{event.anchor}` has no anchor `&{event.anchor}` above it", event
            )
        known = self._anchors[event.anchor]
        if known is None:
            raise self._fatal(
                "alias", f"`*{event.anchor}` stands inside the value it repeats", event
            )
        tree, size, height = known
        self._aliased += size
        if self._aliased > MAX_ALIASED_NODES or len(self._stack) + height > MAX_DEPTH:
            message = f"aliases add more than {MAX_ALIASED_NODES:,} values, or nest too deep"
            raise self._fatal("alias", message, event)
        self._add(tree, size, height, None)

    def _add(self, tree: Tree, size: int, height: int, anchor: str | None) -> None:
        if anchor:
            self._anchors[anchor] = (tree, size, height)
        if not self._stack:
            self.root = tree
            return
        frame = self._stack[-1]
        frame.size += size
        frame.height = max(frame.height, height + 1)
        if not frame.is_mapping:
            frame.items.append(tree)
        elif frame.key is None:
            frame.key = self._key(tree)
        else:
            self._entry(frame, frame.key, tree)
            frame.key = None

    def _key(self, tree: Tree) -> Scalar:
        if isinstance(tree, Scalar) and isinstance(tree.value, str | bool):
            return tree
        self._report("bad-key", "a key must be a name", tree.span)
        return Scalar(tree.span, None, "", "")

    def _entry(self, frame: _Frame, key: Scalar, value: Tree) -> None:
        if key.value is None:
            return
        if key.text == "<<":
            self._report("merge-key", "merge keys (`<<`) are not part of the language", key.span)
        elif first := frame.keys.get(key.text):
            line = first.span.line
            message = f"`{printable(key.text)[:60]}` stands twice; the first is on line {line}"
            self._report("duplicate-key", message, key.span)
        else:
            frame.keys[key.text] = key
            frame.items.append((key, value))

    def _scalar(self, event: Any) -> Scalar:
        style = event.style or ""
        value = resolve(event.value) if style == "" else event.value
        return Scalar(_scalar_span(event, self.source), value, event.value, style)

    def _check_tag(self, event: Any) -> None:
        if event.tag is not None:
            tag = printable(str(event.tag))[:60]
            raise self._fatal("tag", f"the tag `{tag}` is not part of the language", event)

    def _report(self, code: str, message: str, span: Span) -> None:
        self.diagnostics.append(Diagnostic(code, message, span))

    def _fatal(self, code: str, message: str, event: Any) -> SpecError:
        span = Span(self.source, event.start_mark.index, event.end_mark.index)
        return SpecError([*self.diagnostics, Diagnostic(code, message, span)])
