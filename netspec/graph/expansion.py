"""The expansion of patterns: they are run once, in order of execution, and every layer is shaped as
it is made.

After a mistake the tensor is unknown: layers that depend on it are still read, for mistakes of
their own, but not shaped; branches that do not depend on it go on.  One cause, one diagnostic.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

from netspec.graph.bind import where_scope
from netspec.graph.calls import block_scope, misnamed_blocks, uncallable
from netspec.graph.construct import Constructor
from netspec.graph.count import LayerCount
from netspec.graph.evaluate import Refusal
from netspec.graph.graph import Node, Step
from netspec.graph.growth import Growth
from netspec.graph.labels import Labels
from netspec.graph.mentions import declared_labels
from netspec.graph.outputs import read_outputs
from netspec.graph.place import START, Findings, Flow, Place, Start
from netspec.graph.scope import Scope, Unknown
from netspec.graph.sources import Sources
from netspec.graph.usage import Usage
from netspec.graph.values import bound_values, flag_value, iterations, tap_index
from netspec.graph.work import Work
from netspec.layers import REGISTRY, Layer
from netspec.layers.reference import meant_kind
from netspec.layers.shape import Flatten
from netspec.text.blocks import Block
from netspec.text.limits import MAX_NESTING, MAX_STEPS
from netspec.text.printable import printable
from netspec.text.spec import Spec, Stage
from netspec.text.syntax import Call, Chain, Hole, Item, Labelled, Maybe, Name, Repeat, Tap

_T = TypeVar("_T")

#: FLATTEN has no hyperparameters: one serves every FC.
_FLATTEN = Flatten()


class Expansion:
    """Runs patterns: each method takes what flows into an item, answers what flows out.

    Refusal, Exhausted or TooManyError, from `run`, end it early; `growth` and `usage` hold what has
    been done.
    """

    def __init__(self, spec: Spec, findings: Findings, steps: int) -> None:
        where = where_scope(spec.where, findings)
        self._spec, self._findings = spec, findings
        self._top = Place(where, Labels(None, frozenset(declared_labels(spec))))
        self._work = Work(steps)
        self.growth = Growth(findings)
        self.usage = Usage(spec.blocks, where, self._work)
        self._constructor = Constructor(findings)
        self._sources = Sources(spec.inputs, self.growth, findings)
        self._count = LayerCount(spec.blocks, where, Work(min(4 * steps, MAX_STEPS)))
        self._nesting = 0

    def run(self) -> dict[str, str] | None:
        """Run the whole net; answers the outputs by name, None where the last is not known."""
        self._findings.extend(misnamed_blocks(self._spec.blocks))
        self._count.check(stage.chain for stage in self._spec.net)
        flow: Flow = START
        for stage in self._spec.net:
            flow = self._stage(stage, flow)
        if isinstance(flow, Start) and self._spec.net:
            self._sources.report_empty(self._spec.net[0].chain.span, self._top)
        self._sources.check_all_entered()
        outputs = read_outputs(
            self._spec, self._top.labels, flow, self.growth.by_name, self._top.scope, self._findings
        )
        self.usage.leave(self._top.labels)
        return outputs

    def _stage(self, stage: Stage, flow: Flow) -> Flow:
        label, top = stage.label, self._top
        if label is None:
            return self._chain(stage.chain, top, flow)
        step = Step(None, "stage", label.text, span=label.span)
        place = Place(top.scope, top.labels, step, f"{label.text}.")
        result = self._chain(stage.chain, place, flow)
        self._label(label, place, result)
        top.labels.found[label.text].read = True  # it names layers, whether or not it is read
        return result

    # items

    def _item(self, item: Item, place: Place, flow: Flow) -> Flow:
        if self._nesting >= MAX_NESTING:
            message = f"patterns and blocks nest more than {MAX_NESTING} deep"
            self._findings.report("too-deep", message, item.span, place)
            return None
        self._nesting += 1
        self._work.step(item)
        match item:
            case Call():
                flow = self._call(item, place, flow)
            case Chain():
                flow = self._chain(item, place, flow)
            case Repeat():
                flow = self._repeat(item, place, flow)
            case Maybe():
                flow = self._maybe(item, place, flow)
            case Labelled():
                flow = self._item(item.body, place, flow)
                self._label(item.label, place, flow)
            case Tap():
                flow = self._tap(item, place)
            case Hole():
                flow = None
        self._nesting -= 1
        return flow

    def _chain(self, chain: Chain, place: Place, flow: Flow) -> Flow:
        for item in chain.items:
            flow = self._item(item, place, flow)
        return flow

    def _maybe(self, item: Maybe, place: Place, flow: Flow) -> Flow:
        present = self._value(lambda: flag_value(item, place.scope), place)
        if present is False:
            self.usage.skip(item.body, place.scope, place.labels)
            return flow
        return self._item(item.body, place, flow if present else None)

    def _repeat(self, item: Repeat, place: Place, flow: Flow) -> Flow:
        scopes = self._value(lambda: iterations(item, place.scope), place)
        if scopes is None:  # its rows might bind any name
            hidden = replace(place, scope=Scope(place.scope, opaque=True))
            self._item(item.body, hidden, None)
            return None
        if scopes:
            self.usage.iterate(scopes[0])
        else:
            self.usage.skip(item.body, place.scope, place.labels)
        written = item.count.text if isinstance(item.count, Name) else str(len(scopes))
        for at, scope in enumerate(scopes, 1):
            lost = flow is None
            bound = bound_values(scope) if scope is not place.scope else ()
            step = Step(place.step, "repeat", written, at, len(scopes), item.span, bound)
            flow = self._item(item.body, place.iteration(step, scope), flow)
            if lost and scope is place.scope:
                break  # the iterations are alike: further ones would find nothing new
        return flow

    def _tap(self, tap: Tap, place: Place) -> Flow:
        name = self._value(lambda: self._tapped(tap, place), place)
        return None if name is None else self.growth.by_name[name]

    def _tapped(self, tap: Tap, place: Place) -> str:
        span = tap.index.span if tap.index is not None else tap.label.span
        return place.labels.get(tap.label, tap_index(tap, place.scope), span)

    def _label(self, label: Name, place: Place, flow: Flow) -> None:
        if isinstance(flow, Start):
            message = f"`@{label.text}` labels no tensor: none has entered the net yet"
            self._findings.report("input", message, label.span, place, help="write it after INPUT")
        name = flow.name if isinstance(flow, Node) else None
        self._value(lambda: place.labels.set(label, name), place)

    def _value(self, read: Callable[[], _T], place: Place) -> _T | None:
        """What `read` answers; None where it is a mistake, which is reported, or hidden by one."""
        try:
            return read()
        except Refusal as refusal:
            self._findings.keep(refusal, place)
        except Unknown:
            pass
        return None

    # calls

    def _call(self, call: Call, place: Place, flow: Flow) -> Flow:
        self._work.call(call)
        block = self._spec.blocks.get(call.name)
        if block is not None:
            return self._block(block, call, place, flow)
        kind = REGISTRY.get(call.name.upper())
        if kind is None:
            return self._unknown_kind(call, place)
        self.usage.kinds.add(kind.keyword)
        if kind.source:
            return self._sources.enter(kind, call, place, flow)
        if kind.merges:
            return self._merge(kind, call, place, flow)
        if call.branches is not None:
            message = f"{kind.keyword} takes no branches; ADD, MUL and CONCAT do"
            self._findings.report("branches", message, call.span, place)
            return None
        return self._layer(kind, call, place, self._sources.entering(call, place, flow))

    def _layer(self, kind: type[Layer], call: Call, place: Place, flow: Node | None) -> Flow:
        # `C` in the call means what enters it, before a FLATTEN of its own
        made = self._constructor.make(call, place.scope, flow.type if flow else None)
        if kind.flattens and flow is not None and flow.type.rank > 1:
            flow = self.growth.add(_FLATTEN, (flow,), call, place)
        if made is None or flow is None:
            return None
        return self.growth.add(made.layer, (flow,), call, place, made.name, made.arguments)

    def _unknown_kind(self, call: Call, place: Place) -> Flow:
        shown = printable(call.name)[:60]
        message = f"there is no layer kind or block {shown}"
        near = partial(meant_kind, call.name, self._spec.blocks)
        self._findings.report("unknown-kind", message, call.span, place, help=near)
        for branch in call.branches or ():
            self._chain(branch, place, None)
        return None

    def _merge(self, kind: type[Layer], call: Call, place: Place, flow: Flow) -> Flow:
        made = self._constructor.make(call, place.scope, None)
        if call.branches is None:
            message = f"{kind.keyword} merges branches and needs them in braces"
            advice = f"write `{kind.keyword}{{ | CONV }}`"
            self._findings.report("branches", message, call.span, place, help=advice)
            return None
        if len(call.branches) == 1:
            message = f"{kind.keyword} has one branch, which it passes through"
            self._findings.report("single-branch", message, call.span, place, severity="warning")
        inputs = [
            self._sources.leaving(branch, self._chain(branch, place, flow), call, place)
            for branch in call.branches
        ]
        known = tuple(node for node in inputs if node is not None)
        if made is None or len(known) < len(inputs):
            return None
        return self.growth.add(made.layer, known, call, place, made.name, made.arguments)

    def _block(self, block: Block, call: Call, place: Place, flow: Flow) -> Flow:
        self.usage.called.add(call.name)
        problem = uncallable(call, place.blocks)
        if problem is not None:
            self._findings.keep(problem, place)
            return None
        entering = flow.type if isinstance(flow, Node) else None
        scope = block_scope(block, call, place.scope, self._top.scope, entering, self._findings)
        self._count.check_call(call, block, scope)
        step = Step(place.step, "block", call.name, span=call.span, values=bound_values(scope))
        inside = place.body(call.name, step, scope)
        result = self._chain(block.body, inside, flow)
        self.usage.leave(inside.labels)
        return result
