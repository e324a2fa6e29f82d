"""INPUT: where the tensors that a spec declares enter the net, each once."""

from __future__ import annotations

from functools import partial

from netspec.graph.graph import Node
from netspec.graph.growth import Growth
from netspec.graph.place import Findings, Flow, Place, Start
from netspec.layers import Layer, TensorType
from netspec.text.diagnostics import Diagnostic
from netspec.text.inputs import Input
from netspec.text.nearest import did_you_mean
from netspec.text.source import Span
from netspec.text.syntax import Call, Chain, Name


class Sources:
    """The declared inputs, and which have entered."""

    def __init__(self, inputs: tuple[Input, ...], growth: Growth, findings: Findings) -> None:
        self._inputs = {item.name: item for item in inputs}
        self._growth, self._findings = growth, findings
        self._entered: set[str] = set()
        self._misnamed = False
        for item in inputs:
            growth.reserve(item.name, item.span)

    def enter(self, kind: type[Layer], call: Call, place: Place, flow: Flow) -> Flow:
        """The tensor of the input that an INPUT call means."""
        if not isinstance(flow, Start):
            if flow is not None:
                message = "INPUT stands at the start of a net or branch, nowhere else"
                self._findings.report("input", message, call.span, place, help="remove it")
            self._misnamed = True
            return None
        name = self._name(call, place)
        if name is None:
            self._misnamed = True
            return None
        if name in self._entered:
            message = f"the input `{name}` is used twice"
            advice = f"label it, `INPUT @{name}`, and start the other branch with `@{name}`"
            self._findings.report("input", message, call.span, place, help=advice)
            return None
        self._entered.add(name)
        layer = kind(name) if len(self._inputs) > 1 else kind()  # type: ignore[call-arg]  # INPUT's field
        return self._growth.enter(name, layer, TensorType(self._inputs[name].shape), call, place)

    def _name(self, call: Call, place: Place) -> str | None:
        """The input that a call means; None, with a finding, where it means none."""
        names = list(self._inputs)
        if not names:
            return None
        written = f"INPUT({names[0]})"
        match call.arguments:
            case () if len(names) == 1:
                return names[0]
            case ():
                message = f"the net has {len(names)} inputs: which one is this?"
                advice = f"write `{written}`; there are {', '.join(names)}"
                self._findings.report("input", message, call.span, place, help=advice)
            case (argument,) if isinstance(argument.value, Name):
                if argument.value.text in self._inputs:
                    return argument.value.text
                message = f"there is no input `{argument.value.text}`"
                near = partial(did_you_mean, argument.value.text, names)
                self._findings.report("input", message, argument.value.span, place, help=near)
            case (_, argument, *_) | (argument,):
                message = "INPUT takes the name of an input and nothing else"
                advice = f"write `{written}`"
                self._findings.report("input", message, argument.value.span, place, help=advice)
        return None

    def entering(self, call: Call, place: Place, flow: Flow) -> Node | None:
        """The tensor that enters a call; None, with a finding, where the net has none yet."""
        if not isinstance(flow, Start):
            return flow
        message = f"a net starts with INPUT, found {call.name}"
        advice = "write `INPUT ->` before it"
        self._findings.report("input", message, call.span, place, help=advice)
        return None

    def leaving(self, branch: Chain, flow: Flow, call: Call, place: Place) -> Node | None:
        """The tensor that a branch of a merge gives; None, with a finding, where it gives none."""
        if not isinstance(flow, Start):
            return flow
        message = "a net starts with INPUT, and this branch has none"
        span = branch.span if branch.items else call.span
        advice = "start each branch with INPUT(name)"
        self._findings.report("input", message, span, place, help=advice)
        return None

    def report_empty(self, net: Span, place: Place) -> None:
        """The finding of a net in which nothing runs."""
        message = "the net is empty: its INPUT is absent or repeated no times"
        self._findings.report("input", message, net, place)

    def check_all_entered(self) -> None:
        """A finding for each input that no INPUT means."""
        if not self._entered or self._misnamed:
            return
        for name, declared in self._inputs.items():
            if name not in self._entered:
                self._findings.append(_unentered(name, declared.span))


def _unentered(name: str, span: Span) -> Diagnostic:
    message = f"the input `{name}` is never used"
    return Diagnostic("input", message, span, help=f"start a branch with `INPUT({name})`")
