"""The grammar of patterns (language.md, section 2), parsed by hand with recovery.

    pattern  = item { ("->" | "→") item }
    item     = primary { postfix }
    primary  = call | "[" pattern "]" | tap
    call     = NAME [ "(" [ arg { "," arg } ] ")" ] [ "{" branch { "|" branch } "}" ]
    branch   = [ pattern ]
    postfix  = "*" ( INT | name | "(" expr ")" )  |  "?" [ name ]  |  "@" label
    tap      = "@" label [ "[" expr "]" ]

A fault is recorded and parsing goes on at the next arrow of the same bracket, so that one mistake
hides no other.
"""

from __future__ import annotations

from netspec.text.cursor import CLOSERS, Fault, describe
from netspec.text.diagnostics import Diagnostic
from netspec.text.expression import ExpressionParser
from netspec.text.lexer import Fragment, Token, fragment_of
from netspec.text.limits import MAX_NESTING
from netspec.text.syntax import (
    Argument,
    Call,
    Chain,
    Hole,
    Item,
    Labelled,
    Maybe,
    Name,
    Repeat,
    Tap,
)
from netspec.text.tree import Scalar, Tree
from netspec.text.walk import tallest

_CLOSERS = frozenset(CLOSERS.values())


def parse_pattern(fragment: Fragment) -> tuple[Chain, list[Diagnostic]]:
    """The pattern that a fragment holds, and what is wrong with it."""
    parser = _PatternParser(fragment)
    chain = parser.chain()
    while parser.now.kind != "end":
        code, message = "unbalanced-bracket", f"{describe(parser.now)} closes nothing"
        if parser.now.kind not in _CLOSERS:
            code, message = "syntax", f"{describe(parser.now)} has no place here"
        lost = Hole(parser.span(parser.now))
        parser.record(parser.fault(code, message, parser.advance()))
        chain = Chain((*chain.items, lost), chain.span.to(lost.span))
        if parser.now.kind in ("->", "badarrow"):
            parser.advance()
        if parser.now.kind != "end":
            rest = parser.chain()
            chain = Chain(chain.items + rest.items, chain.span.to(rest.span))
    if tallest(chain) > MAX_NESTING:
        message = f"patterns nest more than {MAX_NESTING} deep"
        parser.record(Fault("too-deep", message, chain.span))
        chain = Chain((Hole(chain.span),), chain.span)
    return chain, parser.diagnostics


def read_pattern(tree: Tree, diagnostics: list[Diagnostic]) -> Chain:
    """The pattern of a value in the document; a hole where it is none, as the schema says."""
    if not isinstance(tree, Scalar) or not isinstance(tree.value, str) or not tree.value:
        return Chain((Hole(tree.span),), tree.span)
    chain, faults = parse_pattern(fragment_of(tree))
    diagnostics.extend(faults)
    return chain


class _PatternParser(ExpressionParser):
    """Parses patterns; what stands in their brackets and after `*` are expressions."""

    def chain(self) -> Chain:
        """`pattern`, as far as it goes; an empty chain is a fault."""
        start = self.now
        items: list[Item] = []
        while True:
            depth = len(self.closers)
            try:
                items.append(self._item(first=not items))
            except Fault as fault:
                self.record(fault)
                items.append(Hole(fault.diagnostic.span))
                self._skip(self.closers[depth:])
                del self.closers[depth:]
            if self.now.kind in ("->", "badarrow"):
                self._arrow()
            elif self.now.kind in ("name", "[") and items:
                message = f"an arrow is missing before {describe(self.now)}"
                self.record(
                    self.fault("missing-arrow", message, self.now, f"write `-> {self.now.text}`")
                )
            else:
                break
        end = max(self.now.start, start.end)
        return Chain(tuple(items), self.fragment.span(start.start, end))

    def _arrow(self) -> None:
        token = self.advance()
        if token.kind == "badarrow":
            self.record(self.fault("bad-arrow", f"`{token.text}` is no arrow", token, "write `->`"))

    def _skip(self, closers: list[str]) -> None:
        """After a fault: to the next arrow, bar or closing bracket of this level.

        `closers` are of the brackets that the item at fault has left open; they hold no arrows.
        """
        expected = list(closers)
        depth = 0
        while self.now.kind != "end":
            kind = self.now.kind
            if depth == 0 and kind in ("->", "badarrow", "|"):
                return
            if depth == 0 and kind in _CLOSERS:
                if not expected or expected.pop() != kind:
                    return
            else:
                depth += (kind in CLOSERS) - (kind in _CLOSERS)
            self.advance()

    def _item(self, first: bool) -> Item:
        start = self.now
        item = self._primary(first)
        while True:
            match self.now.kind:
                case "*":
                    item = self._repeat(item, start)
                case "?":
                    item = self._maybe(item, start)
                case "@":
                    self.advance()
                    item = Labelled(item, self._label())
                case _:
                    return item

    def _primary(self, first: bool) -> Item:
        token = self.now
        match token.kind:
            case "name":
                return self._call()
            case "[":
                return self._group(token)
            case "@":
                if not first:
                    message = (
                        f"`@{self.ahead().text}` can start a pattern or a branch, not continue one"
                    )
                    label = self.ahead() if self.ahead().kind == "name" else token
                    raise self.fault(
                        "label", message, label, "use it as a branch: `ADD{ | @label }`"
                    )
                self.advance()
                return self._tap()
            case "other" if token.text in "\"'`;:":
                message = f"the character {describe(token)} is not in the grammar of patterns"
                raise self.fault("unexpected-character", message, token)
        help_text = "remove the arrow" if token.kind in ("end", "->") and not first else None
        raise self.fault(
            "layer-expected",
            f"a layer or block is expected, found {describe(token)}",
            token,
            help_text,
        )

    def _group(self, opener: Token) -> Chain:
        self.open()
        chain = self.chain()
        self.close(opener)
        return chain

    def _call(self) -> Call:
        name = self.advance()
        arguments: tuple[Argument, ...] = ()
        if self.now.kind == "(":
            arguments = self.arguments()
        branches = self._branches() if self.now.kind == "{" else None
        return Call(name.text, arguments, branches, self.span(name))

    def _branches(self) -> tuple[Chain, ...]:
        opener = self.open()
        branches = [self._branch()]
        while self.now.kind == "|":
            self.advance()
            branches.append(self._branch())
        self.close(opener)
        return tuple(branches)

    def _branch(self) -> Chain:
        if self.now.kind in ("|", "}"):
            return Chain((), self.fragment.span(self.now.start, self.now.start))
        return self.chain()

    def _repeat(self, body: Item, start: Token) -> Repeat:
        star = self.advance()
        if self.now.kind not in ("number", "name", "("):
            message = (
                f"`*` needs a count, a name or a bracketed expression, found {describe(self.now)}"
            )
            where = star if self.now.kind in ("end", "->", "]", "|", "}") else self.now
            raise self.fault("repeat-count", message, where)
        count = self.factor()
        return Repeat(body, count, self.span(start).to(count.span))

    def _maybe(self, body: Item, start: Token) -> Maybe:
        mark = self.advance()
        if self.now.kind == "name":
            token = self.advance()
            return Maybe(
                body, Name(token.text, self.span(token)), self.span(start).to(self.span(token))
            )
        if not isinstance(body, Call):
            message = "a bracketed pattern's `?` must name its flag"
            raise self.fault("flag", message, mark, "write `[...]?flag` and bind `flag` in `where`")
        return Maybe(
            body, Name(body.name.lower(), self.span(mark)), self.span(start).to(self.span(mark))
        )

    def _label(self) -> Name:
        token = self.now
        if token.kind != "name":
            raise self.fault("label", f"`@` needs a label, found {describe(token)}", token)
        self.advance()
        return Name(token.text, self.span(token))

    def _tap(self) -> Tap:
        label = self._label()
        if self.now.kind != "[":
            return Tap(label, None)
        opener = self.open()
        index = self.expression()
        self.close(opener)
        return Tap(label, index)
