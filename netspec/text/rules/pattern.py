"""Pages of what can be wrong with the writing of a pattern or an expression."""

from __future__ import annotations

from netspec.text.rules.rule import Rule, spec

PATTERN = (
    Rule(
        "bad-arrow",
        "error",
        "An arrow is not written `->`. That, or the single character U+2192, is the arrow between"
        " layers. Other signs that look like one, such as `=>` or a dash that a word processor"
        " made, are not taken for it.",
        spec("INPUT => CONV(8) -> RELU"),
        spec("INPUT -> CONV(8) -> RELU"),
    ),
    Rule(
        "missing-arrow",
        "error",
        "Two layers follow each other with nothing between. Every step from one to the next is"
        " written `->`, also where a line ends between them.",
        spec("INPUT -> CONV(8) RELU"),
        spec("INPUT -> CONV(8) -> RELU"),
    ),
    Rule(
        "layer-expected",
        "error",
        "Something else stands where a layer or a block should. Often it is an arrow too many, or"
        " nothing follows the last arrow.",
        spec("INPUT -> CONV(8) -> -> RELU"),
        spec("INPUT -> CONV(8) -> RELU"),
    ),
    Rule(
        "unexpected-character",
        "error",
        "A pattern holds a character that its grammar does not have. Mostly it is a quote or a"
        " semicolon. Quotes around a whole pattern belong to YAML and open right after the key;"
        " inside the pattern nothing is quoted.",
        spec("INPUT -> CONV(8) -> 'RELU'"),
        spec("INPUT -> CONV(8) -> RELU"),
    ),
    Rule(
        "unbalanced-bracket",
        "error",
        "A bracket has no partner, or one of another kind. `[ ]` groups a pattern, `( )` holds"
        " arguments, `{ }` holds branches; each closes in the order in which it opened.",
        spec("INPUT -> [CONV(8) -> RELU*2 -> FC(10)"),
        spec("INPUT -> [CONV(8) -> RELU]*2 -> FC(10)"),
    ),
    Rule(
        "syntax",
        "error",
        "A sign of the grammar stands where it has no place. Examples are two arguments without a"
        " comma, and a `|` outside the braces of a merge.",
        spec("INPUT -> CONV(8 3) -> RELU"),
        spec("INPUT -> CONV(8, 3) -> RELU"),
    ),
    Rule(
        "argument-order",
        "error",
        "An argument without a name follows one with a name. Arguments without names are counted"
        " from the first, so they come first; after a named one it would be unclear which is"
        " meant.",
        spec("INPUT -> CONV(8, pad=1, 3)"),
        spec("INPUT -> CONV(8, 3, pad=1)"),
    ),
    Rule(
        "expression",
        "error",
        "A value or an expression cannot be read. Expressions are integers, decimals, names, words"
        " such as `half`, lists, and the signs + - * / % with ordinary brackets. `1_000` and `1:30`"
        " are text in YAML 1.2, and no numbers.",
        spec("INPUT -> CONV(8 +)"),
        spec("INPUT -> CONV(8 + 8)"),
    ),
    Rule(
        "quoted-number",
        "error",
        "A number stands in quotes, which make it text. Text in `where` is read as an expression"
        " over names; a plain number needs no quotes.",
        spec("INPUT -> CONV(8)", "where:", '  CONV: {kernel: "3"}'),
        spec("INPUT -> CONV(8)", "where:", "  CONV: {kernel: 3}"),
    ),
    Rule(
        "comment-in-pattern",
        "error",
        "A `#` stands inside a pattern, where it starts no comment. In quoted text and after `>`"
        " or `|` YAML itself has none. Write `net` as a list and put comments between its items,"
        " or use `doc`.",
        spec(">", "  INPUT -> CONV(8)  # the stem", "  -> RELU"),
        spec("", "  - INPUT -> CONV(8)  # the stem", "  - RELU"),
    ),
    Rule(
        "repeat-count",
        "error",
        "What stands after a `*` is no count. `X*n` runs X n times, where n is an integer from 0,"
        " a table (once for each row) or a list of values (once for each).",
        spec("INPUT -> [CONV(8) -> RELU]*n", "where:", "  n: half"),
        spec("INPUT -> [CONV(8) -> RELU]*n", "where:", "  n: 2"),
    ),
    Rule(
        "flag",
        "error",
        "A flag is not `yes` or `no`, or has no name. It says whether an optional item `X?` is"
        " present. After a bracket it must be named, `[...]?flag`, because there is no layer"
        " whose name it could bear.",
        spec("INPUT -> CONV(8) -> POOL?", "where:", "  pool: 2"),
        spec("INPUT -> CONV(8) -> POOL?", "where:", "  pool: yes"),
    ),
    Rule(
        "label",
        "error",
        "A label stands where it cannot. `X @name` labels the tensor after X, and `@name` at the"
        " start of a pattern or branch goes on from there. After an arrow it is neither: a chain"
        " has one tensor, so the other belongs in a branch of a merge.",
        spec("INPUT -> CONV(8) @skip -> RELU -> @skip"),
        spec("INPUT -> CONV(8) @skip -> RELU -> ADD{ | @skip }"),
    ),
    Rule(
        "block",
        "error",
        "The key of a block cannot be read. It is a name, or a name and parameters in brackets,"
        " and nothing after them: `CBR(f, k=3)`. Parameters are names, each given once, and"
        " neither words of the language nor C, H or W.",
        spec("INPUT -> CBR(8)", "blocks:", "  CBR(f, f): CONV(f) -> BN -> RELU"),
        spec("INPUT -> CBR(8)", "blocks:", "  CBR(f): CONV(f) -> BN -> RELU"),
    ),
)
