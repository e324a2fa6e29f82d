"""Call + scope -> layer: arguments and defaults become the fields of a layer kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from netspec.graph.bind import unknown_hyperparameter
from netspec.graph.evaluate import Entering, Refusal, evaluate
from netspec.graph.place import Findings
from netspec.graph.scope import Scope, Setting, Unknown, Value
from netspec.graph.values import refused_value
from netspec.layers import REGISTRY, Layer, hyperparameters, required
from netspec.layers.hyperparameter import HyperParameter
from netspec.text.diagnostics import Diagnostic, LayerError, Note
from netspec.text.source import Span
from netspec.text.syntax import Argument, Call, Expr, Literal, Name


@dataclass(frozen=True, slots=True)
class Made:
    """A layer, the name given by hand if any, and the places of the arguments in the call."""

    layer: Layer
    name: Name | None
    arguments: dict[str, Span]


class Constructor:
    """Makes layers of calls; equal layers are made once."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._made: dict[object, Layer] = {}
        self._read: dict[object, Any] = {}

    def make(self, call: Call, scope: Scope, entering: Entering) -> Made | None:
        """The layer that a call asks for; None, with findings, where it cannot be made."""
        keyword = call.name.upper()
        kind = REGISTRY[keyword]
        fields = hyperparameters(kind)
        noted = self._findings.noted
        name, given = self._given(keyword, fields, call)
        values: dict[str, Any] = {}
        hidden = False
        settings: dict[str, Setting | Expr] = {**scope.settings(keyword), **given}
        for key, setting in settings.items():
            expr, written_in = (
                (setting.expr, setting.scope) if isinstance(setting, Setting) else (setting, scope)
            )
            try:
                values[key] = self._value(keyword, fields[key], expr, written_in, entering)
            except Unknown:
                hidden = True
            except Refusal as refusal:
                self._findings.keep(refusal)
        if hidden or self._findings.noted > noted:
            return None
        missing = [field for field in required(kind) if field.name not in values]
        if missing and not scope.hides(keyword):
            self._findings.append(_missing(keyword, missing[0], call))
        if missing:
            return None
        places = {key: expr.span for key, expr in given.items()}
        return Made(self._layer(kind, values), name, places)

    def _given(
        self, keyword: str, fields: Mapping[str, HyperParameter], call: Call
    ) -> tuple[Name | None, dict[str, Expr]]:
        """The name given by hand, and the arguments by hyperparameter."""
        positional = [field.name for field in fields.values() if field.positional]
        name: Name | None = None
        given: dict[str, Expr] = {}
        for at, argument in enumerate(call.arguments):
            if argument.name is not None and argument.name.text == "name" and "name" not in fields:
                name = _hand_name(argument)
                continue
            key = self._key(keyword, positional, fields, argument, at)
            if key is not None and key in given:
                message = f"{keyword} is given `{key}` twice"
                self._report("argument-twice", message, _place(argument))
            elif key is not None:
                given[key] = argument.value
        return name, given

    def _key(
        self,
        keyword: str,
        positional: list[str],
        fields: Mapping[str, HyperParameter],
        argument: Argument,
        at: int,
    ) -> str | None:
        if argument.name is not None:
            if argument.name.text in fields:
                return argument.name.text
            self._findings.append(unknown_hyperparameter(keyword, argument.name))
            return None
        if at < len(positional):
            return positional[at]
        count = f"{len(positional)} positional argument{'s' * (len(positional) != 1)}"
        order = f": {', '.join(positional)}" if positional else ""
        message = f"{keyword} takes {count}{order}"
        named = [name for name in fields if name not in positional]
        advice = f"the others go by name: `{named[0]}=...`" if named else None
        self._report("too-many-arguments", message, argument.value.span, advice)
        return None

    def _report(self, code: str, message: str, span: Span, advice: str | None = None) -> None:
        self._findings.append(Diagnostic(code, message, span, help=advice))

    def _value(
        self, keyword: str, field: HyperParameter, expr: Expr, scope: Scope, entering: Entering
    ) -> Any:
        """A hyperparameter's value, checked."""
        if field.type is str and isinstance(expr, Name):
            return expr.text
        if isinstance(expr, Literal) and expr.value is None:
            raise Unknown
        value: Value = self._evaluated(field, expr, scope, entering)
        key = (id(field), value.__class__, value)  # 1, 1.0 and True are equal, and not the same
        try:
            if key not in self._read or isinstance(value, tuple):
                self._read[key] = field.read(value)
            return self._read[key]
        except LayerError as error:
            message, note = f"{keyword}: {error.message}", Note(f"{field.name}: {field.meta.doc}")
            raise refused_value(error.code, message, expr, scope, error.help, note) from None

    def _evaluated(
        self, field: HyperParameter, expr: Expr, scope: Scope, entering: Entering
    ) -> Value:
        """An argument's value; an unbound name where a word is due is a misspelt word."""
        try:
            return evaluate(expr, scope, entering)
        except Refusal:
            if (field.words or field.type is bool) and isinstance(expr, Name):
                return expr.text
            raise

    def _layer(self, kind: type[Layer], values: dict[str, Any]) -> Layer:
        key = (kind, *values.items())
        layer = self._made.get(key)
        if layer is None:
            layer = self._made[key] = kind(**values)
        return layer


def _hand_name(argument: Argument) -> Name:
    assert isinstance(argument.value, Literal)  # the parser reads no other value of `name=`
    return Name(str(argument.value.value), argument.value.span)


def _place(argument: Argument) -> Span:
    return argument.name.span if argument.name else argument.value.span


def _missing(keyword: str, field: HyperParameter, call: Call) -> Diagnostic:
    message = f"{keyword} needs `{field.name}`: {field.meta.doc}"
    example = f"{keyword}(64)" if field.positional else f"{keyword}({field.name}=...)"
    help_text = f"write `{example}`, or bind `{keyword}: {{{field.name}: ...}}` in `where` or a row"
    return Diagnostic("missing-hyperparameter", message, call.span, help=help_text)
