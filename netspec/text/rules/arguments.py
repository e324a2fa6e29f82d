"""Pages of the arguments of calls."""

from __future__ import annotations

from netspec.text.rules.rule import Rule, spec

_CBR = "blocks: {'CBR(f)': CONV(f) -> BN -> RELU}"

ARGUMENTS = (
    Rule(
        "missing-hyperparameter",
        "error",
        "A hyperparameter without a default has no value. The filters of CONV and the units of FC"
        " are such. Write it in the call, or bind the kind to a mapping in `where` or in the rows"
        " of the repeat.",
        spec("INPUT -> CONV -> RELU"),
        spec("INPUT -> CONV(8) -> RELU"),
    ),
    Rule(
        "unknown-hyperparameter",
        "error",
        "A layer kind has no hyperparameter of that name. The words are those of PyTorch and of the"
        " CNN courses, in the singular; `netspec layers KIND` lists them.",
        spec("INPUT -> CONV(8, padding=1)"),
        spec("INPUT -> CONV(8, pad=1)"),
    ),
    Rule(
        "too-many-arguments",
        "error",
        "A layer has more arguments than it takes without names. The others, such as pad or"
        " groups, are given by name; `netspec layers KIND` shows the order.",
        spec("INPUT -> CONV(8, 3, 1, 1)"),
        spec("INPUT -> CONV(8, 3, 1, pad=1)"),
    ),
    Rule(
        "argument-twice",
        "error",
        "One call gives one hyperparameter or parameter two values. Often one is given by its"
        " place and one by its name. Keep one of them.",
        spec("INPUT -> CONV(8, 3, kernel=5)"),
        spec("INPUT -> CONV(8, kernel=5)"),
    ),
    Rule(
        "missing-argument",
        "error",
        "A parameter of a block has no value. The call gives none, it has no default, and no name"
        " around the call is the same.",
        spec("INPUT -> CBR", _CBR),
        spec("INPUT -> CBR(8)", _CBR),
    ),
    Rule(
        "block-arguments",
        "error",
        "A block is given an argument that it has no parameter for. It is one too many, or has"
        " another name. The parameters stand in the block's key.",
        spec("INPUT -> CBR(8, k=5)", _CBR),
        spec("INPUT -> CBR(8)", _CBR),
    ),
)
