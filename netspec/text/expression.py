"""Expressions, arguments and the keys of blocks, parsed by hand (language.md, section 2).

expr     = product { ("+" | "-") product }
product  = factor { ("*" | "/" | "%") factor }
factor   = NUMBER | word | name | "-" factor | "(" expr ")" | "[" [ expr { "," expr } ] "]"
arg      = [ name "=" ] expr
"""

from __future__ import annotations

from netspec.text.cursor import Cursor, Fault, describe
from netspec.text.diagnostics import Diagnostic
from netspec.text.lexer import Fragment, Token
from netspec.text.limits import MAX_DEPTH, MAX_INTEGER
from netspec.text.syntax import Argument, Binary, Expr, ListOf, Literal, Name, Negated

#: Words of the language, which no binding may take.
WORDS: dict[str, bool | str] = {
    "yes": True,
    "true": True,
    "no": False,
    "false": False,
    **{word: word for word in ("valid", "half", "same", "nearest", "bilinear")},
}


def parse_expression(fragment: Fragment) -> tuple[Expr | None, list[Diagnostic]]:
    """The expression that a fragment holds, None where it holds none, and what is wrong with it."""
    parser = ExpressionParser(fragment)
    try:
        expr = parser.expression()
        if parser.now.kind != "end":
            message = f"an operator is expected, found {describe(parser.now)}"
            raise parser.fault("expression", message, parser.now)
    except Fault as fault:
        return None, [*parser.diagnostics, fault.diagnostic]
    return expr, parser.diagnostics


def parse_signature(
    fragment: Fragment,
) -> tuple[Name | None, tuple[Argument, ...], list[Diagnostic]]:
    """A block's key `NAME(a, b=1)`: its name, its parameters as arguments, and what is wrong with
    it.
    """
    parser = ExpressionParser(fragment)
    try:
        return *parser.signature(), parser.diagnostics
    except Fault as fault:
        return None, (), [*parser.diagnostics, fault.diagnostic]


class ExpressionParser(Cursor):
    """Parses expressions, by precedence, and what is made of them."""

    def expression(self) -> Expr:
        """`expr` of the grammar."""
        left = self._product()
        while self.now.kind in ("+", "-"):
            operator = self.advance().kind
            right = self._product()
            left = Binary(operator, left, right, left.span.to(right.span))
        return left

    def _product(self) -> Expr:
        left = self.factor()
        while self.now.kind in ("*", "/", "%"):
            operator = self.advance().kind
            right = self.factor()
            left = Binary(operator, left, right, left.span.to(right.span))
        return left

    def factor(self) -> Expr:
        """A number, a word, a name, a list, or a bracketed expression, with its signs."""
        token = self.now
        match token.kind:
            case "-":
                return self._negated()
            case "number":
                return Literal(self._number(self.advance()), self.span(token))
            case "name":
                self.advance()
                if token.text in WORDS:
                    return Literal(WORDS[token.text], self.span(token))
                return Name(token.text, self.span(token))
            case "(":
                self.open()
                inner = self.expression()
                self.close(token)
                return inner
            case "[":
                return self._list()
        raise self.fault("expression", f"a value is expected, found {describe(token)}", token)

    def _negated(self) -> Expr:
        signs: list[Token] = []
        while self.now.kind == "-":
            if len(signs) >= MAX_DEPTH:
                raise self.fault("too-deep", f"more than {MAX_DEPTH} signs", self.now)
            signs.append(self.advance())
        operand = self.factor()
        for sign in reversed(signs):
            operand = Negated(operand, self.span(sign).to(operand.span))
        return operand

    def _list(self) -> ListOf:
        opener = self.open()
        items: list[Expr] = []
        if self.now.kind != "]":
            items.append(self.expression())
        while items and self.now.kind == ",":
            self.advance()
            items.append(self.expression())
        last = self.now
        self.close(opener)
        return ListOf(tuple(items), self.span(opener).to(self.span(last)))

    def _number(self, token: Token) -> int | float:
        if not token.text.isdigit():
            value = float(token.text)
            if value == float("inf"):
                raise self.fault("too-large", "a number is out of range", token)
            return value
        if len(token.text) > 19 or int(token.text) > MAX_INTEGER:
            raise self.fault("too-large", "an integer is larger than 2^63-1", token)
        return int(token.text)

    def arguments(self) -> tuple[Argument, ...]:
        """`(a, b=1)`, in order."""
        opener = self.open()
        misplaced: Fault | None = None
        found: list[Argument] = []
        more = self.now.kind != ")"
        while more:
            argument = self._argument()
            if argument.name is None and found and found[-1].name is not None:
                message = "a positional argument after a named one"
                misplaced = Fault("argument-order", message, argument.value.span)
            found.append(argument)
            more = self.now.kind == ","
            if more:
                self.advance()
        self.close(opener)
        if misplaced is not None:
            raise misplaced
        return tuple(found)

    def _argument(self) -> Argument:
        if self.now.kind != "name" or self.ahead().kind != "=":
            return Argument(None, self.expression())
        token = self.advance()
        self.advance()
        name = Name(token.text, self.span(token))
        if name.text != "name":
            return Argument(name, self.expression())
        if self.now.kind != "name":
            raise self.fault(
                "wrong-type", f"`name` must be an identifier, found {describe(self.now)}", self.now
            )
        value = self.advance()
        return Argument(name, Literal(value.text, self.span(value)))

    def signature(self) -> tuple[Name, tuple[Argument, ...]]:
        """`NAME` or `NAME(a, b=1)`, whole."""
        token = self.now
        if token.kind != "name":
            raise self.fault(
                "block",
                f"a block's key is NAME or NAME(parameters), found {describe(token)}",
                token,
            )
        self.advance()
        parameters = self.arguments() if self.now.kind == "(" else ()
        if self.now.kind != "end":
            message = f"a block's key ends after its parameters, found {describe(self.now)}"
            raise self.fault("block", message, self.now)
        return Name(token.text, self.span(token)), parameters
