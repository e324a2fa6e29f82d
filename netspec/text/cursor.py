"""A cursor over the tokens of a fragment: steps, brackets, faults."""

from __future__ import annotations

from functools import cached_property

from netspec.text.diagnostics import Diagnostic
from netspec.text.lexer import Fragment, Token, tokens
from netspec.text.limits import MAX_DEPTH, MAX_DIAGNOSTICS, MAX_NAME
from netspec.text.printable import printable
from netspec.text.source import Span

#: Opening brackets and what closes them.
CLOSERS = {"[": "]", "(": ")", "{": "}"}

#: What is expected, and what to write, where a bracket that is to be closed holds a mark too many.
_EXPECTED = {
    (")", ","): ("`)`", "a list is written in square brackets: `[3, 3]`"),
    ("}", ","): ("`|` or `}`", "branches are separated by `|`: `ADD{ CONV(8) | CONV(8) }`"),
}


class Fault(Exception):
    """A syntax error; the parser that catches it records it and goes on after it."""

    def __init__(self, code: str, message: str, span: Span, help: str | None = None) -> None:
        super().__init__(message)
        self.diagnostic = Diagnostic(code, message, span, help=help)


class Cursor:
    """A place in the tokens of a fragment, and what has been found wrong with them."""

    def __init__(self, fragment: Fragment) -> None:
        self.fragment = fragment
        self.diagnostics: list[Diagnostic] = []
        self.closers: list[str] = []  # of the brackets that are open, outermost first
        self._tokens = tokens(fragment)
        if "#" in fragment.text:
            for token in self._tokens:
                if token.kind == "comment" and len(self.diagnostics) < MAX_DIAGNOSTICS:
                    self._record_comment(token)
            self._tokens = [token for token in self._tokens if token.kind != "comment"]
        if len(fragment.text) > MAX_NAME:
            self._tokens = [self._shortened(token) for token in self._tokens]
        self._at = 0
        self.now = self._tokens[0]

    def advance(self) -> Token:
        """Step over the present token, and answer it."""
        token = self.now
        if token.kind != "end":
            self._at += 1
            self.now = self._tokens[self._at]
        return token

    def ahead(self) -> Token:
        """The token after the present one."""
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)]

    def span(self, token: Token) -> Span:
        """The place of a token in the file."""
        return self.fragment.span(token.start, token.end)

    def fault(self, code: str, message: str, token: Token, help: str | None = None) -> Fault:
        """A fault at a token."""
        return Fault(code, message, self.span(token), help)

    def record(self, fault: Fault) -> None:
        """Keep a fault's diagnostic, unless one stands at its place already: one cause, one
        finding.  After too many the rest of the fragment is not read.
        """
        if len(self.diagnostics) >= MAX_DIAGNOSTICS:
            self._at = len(self._tokens) - 1
            self.now = self._tokens[-1]
        elif all(d.span.start != fault.diagnostic.span.start for d in self.diagnostics):
            self.diagnostics.append(fault.diagnostic)

    def open(self) -> Token:
        """Step over an opening bracket, and answer it; a fault where too many are open."""
        if len(self.closers) >= MAX_DEPTH:
            raise self.fault("too-deep", f"brackets nest more than {MAX_DEPTH} deep", self.now)
        self.closers.append(CLOSERS[self.now.kind])
        return self.advance()

    def close(self, opener: Token) -> None:
        """Step over the bracket that closes `opener`; a fault where something else stands."""
        closer = self.closers.pop()
        if self.now.kind == closer:
            self.advance()
            return
        if self.now.kind in CLOSERS.values():
            message = f"`{opener.text}` is closed by `{self.now.text}`"
            self.record(self.fault("unbalanced-bracket", message, self.now, f"write `{closer}`"))
            self.advance()
            return
        found = self.now
        closed = self._resynchronise(closer)
        if closed and found.kind == "|":
            message = "`|` separates the branches of a merge, which stand in { }"
            raise self.fault("syntax", message, found)
        if closed:
            expected, advice = _EXPECTED.get((closer, found.kind), (f"`,` or `{closer}`", None))
            if found.text == ":":
                advice = "an argument by name is written with `=`: `pad=half`"
            message = f"{expected} is expected, found {describe(found)}"
            raise self.fault("syntax", message, found, advice)
        message = f"`{opener.text}` is not closed before {describe(found)}"
        help_text = f"write `{closer}` before {describe(found)}"
        raise self.fault("unbalanced-bracket", message, opener, help_text)

    def _resynchronise(self, closer: str) -> bool:
        """Whether the bracket is closed further on; then the cursor stands after it, else where it
        was.
        """
        end = self._ends[self._at]
        if end is None or self._tokens[end].kind != closer:
            return False
        if closer == ")" and any(token.kind == "->" for token in self._tokens[self._at : end]):
            return False  # parentheses hold no arrows
        self._at, self.now = end + 1, self._tokens[end + 1]
        return True

    @cached_property
    def _ends(self) -> list[int | None]:
        """For each token, which one closes the bracket that it stands in; found from the right."""
        ends: list[int | None] = [None] * (len(self._tokens) + 1)
        for at in reversed(range(len(self._tokens))):
            kind, end = self._tokens[at].kind, ends[at + 1]
            if kind in CLOSERS.values():
                end = at
            elif kind in CLOSERS:  # its own bracket's end, and from there the outer one's
                end = None if end is None else ends[end + 1]
            ends[at] = end
        return ends

    def _shortened(self, token: Token) -> Token:
        """A token with no more of a name than one may have: a net may hold it a million times."""
        if token.kind != "name" or len(token.text) <= MAX_NAME:
            return token
        message = f"a name is longer than {MAX_NAME} letters"
        self.record(self.fault("bad-name", message, token, "shorten it"))
        return token._replace(text=token.text[:MAX_NAME])

    def _record_comment(self, token: Token) -> None:
        message = "a comment cannot stand inside a pattern"
        help_text = "put comments between the items of a list: `net: [...]`"
        self.record(self.fault("comment-in-pattern", message, token, help_text))


def describe(token: Token) -> str:
    """A token as messages say it."""
    return "the end" if token.kind == "end" else f"`{printable(token.text)[:40]}`"
