"""Pages of what is valid and probably not meant."""

from __future__ import annotations

from netspec.text.rules.rule import Rule, spec

_BLOCKS = ("blocks:", "  CBR(f): CONV(f) -> BN -> RELU")

LINT = (
    Rule(
        "single-branch",
        "warning",
        "A merge has one branch, which passes through it as it is. Usually the empty branch, the"
        " skip connection, was forgotten: `ADD{ | CONV(8) }`.",
        spec("INPUT -> CONV(3, pad=half) -> ADD{ CONV(3, pad=half) } -> RELU"),
        spec("INPUT -> CONV(3, pad=half) -> ADD{ | CONV(3, pad=half) } -> RELU"),
    ),
    Rule(
        "window-remainder",
        "warning",
        "The last rows or columns are never read, because a window does not tile. (H + pads -"
        " k)/stride + 1 is no integer and is rounded down, as every framework does. Choose"
        " another pad or stride, an input that tiles, or `ceil: yes` in a pool.",
        spec("INPUT -> CONV(8, 5, 2) -> RELU"),
        spec("INPUT -> CONV(8, 5, 2, pad=same) -> RELU"),
    ),
    Rule(
        "unused-binding",
        "warning",
        "Nothing reads a name, or the defaults of a layer kind, that `where` binds. Either it can"
        " go, or what should read it is misspelt and takes a default instead.",
        spec("INPUT -> CONV(8) -> RELU", "where:", "  BN: {eps: 1e-3}"),
        spec("INPUT -> CONV(8) -> BN -> RELU", "where:", "  BN: {eps: 1e-3}"),
    ),
    Rule(
        "unused-row-key",
        "warning",
        "The rows of a table have a key that no repeat over the table reads. Names in rows are seen"
        " in the pattern that is repeated and not in the blocks that it calls: these take them as"
        " parameters.",
        spec("INPUT -> [CONV(f) -> RELU]*t", "where:", "  t: [{f: 4, k: 3}, {f: 8, k: 5}]"),
        spec("INPUT -> [CONV(f, k) -> RELU]*t", "where:", "  t: [{f: 4, k: 3}, {f: 8, k: 5}]"),
    ),
    Rule(
        "unused-block",
        "warning",
        "No pattern that is run calls the block. Remove it, or look for the call that should have"
        " its name.",
        spec("INPUT -> CONV(8) -> RELU", *_BLOCKS),
        spec("INPUT -> CBR(8)", *_BLOCKS),
    ),
    Rule(
        "unused-label",
        "warning",
        "Nothing reads the label: no `@name` at the start of a branch, and no output. A skip"
        " connection may have been forgotten.",
        spec("INPUT -> CONV(8) @skip -> RELU"),
        spec("INPUT -> CONV(8) @skip -> RELU -> ADD{ | @skip }"),
    ),
)
