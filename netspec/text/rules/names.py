"""Pages of names: bindings, blocks, labels, inputs."""

from __future__ import annotations

from netspec.text.rules.rule import Rule, spec

_TWO = "{left: 8, right: 8}"
_CBR = "  CBR(f): CONV(f) -> BN -> RELU"

NAMES = (
    Rule(
        "unknown-kind",
        "error",
        "There is no layer kind and no block of that name. `netspec layers` lists the kinds;"
        " blocks are defined under `blocks`, and their names are taken letter by letter. Defaults"
        " in `where` that are given to such a name are refused too.",
        spec("INPUT -> CONVO(8) -> RELU"),
        spec("INPUT -> CONV(8) -> RELU"),
    ),
    Rule(
        "input",
        "error",
        "INPUT is missing, stands in the wrong place, or means no input. A net starts with INPUT,"
        " which stands nowhere else. With several named inputs each is used once, as"
        " `INPUT(name)` at the start of a branch. An input that is to be read twice is labelled,"
        " `INPUT @x`, and read as `@x`.",
        spec("CONCAT{ INPUT(left) | INPUT(right) } -> INPUT(left) -> FC(2)", input=_TWO),
        spec("CONCAT{ INPUT(left) | INPUT(right) } -> FC(2)", input=_TWO),
    ),
    Rule(
        "branches",
        "error",
        "A merge has no branches, or something that is no merge has. ADD, MUL and CONCAT merge"
        " branches and need them in braces, `ADD{ | CONV(8) }`; an empty branch passes the tensor"
        " on. No other layer and no block takes branches.",
        spec("INPUT -> CONV(8) -> ADD -> RELU"),
        spec("INPUT -> CONV(8) -> ADD{ | CONV(8, 1) } -> RELU"),
    ),
    Rule(
        "unbound-name",
        "error",
        "An expression reads a name that stands for nothing here. Names are looked up in the rows"
        " of the repeats around them, then in `where`, from the top down; inside a block in its"
        " own rows, then its parameters, then `where`, but never in the rows of its caller.",
        spec("INPUT -> CONV(filters)", "where:", "  filter: 8"),
        spec("INPUT -> CONV(filters)", "where:", "  filters: 8"),
    ),
    Rule(
        "unbound-flag",
        "error",
        "`X?` is present where its flag is `yes`, but the flag is bound nowhere. The flag of"
        " `POOL?` is `pool`; `X?name` names another one. Bind it in `where` or in the rows of a"
        " table.",
        spec("INPUT -> CONV(8) -> POOL?"),
        spec("INPUT -> CONV(8) -> POOL?", "where: {pool: yes}"),
    ),
    Rule(
        "reserved-name",
        "error",
        "The language has this name itself, and it cannot be bound. The words are `yes`, `no`,"
        " `true`, `false`, `valid`, `half`, `same`, `nearest` and `bilinear`; C, H and W are the"
        " sizes of the tensor that enters a call; and no block may bear the name of a layer kind.",
        spec("INPUT -> CONV(C)", "where: {C: 8}"),
        spec("INPUT -> CONV(c)", "where: {c: 8}"),
    ),
    Rule(
        "built-in-name",
        "error",
        "C, H or W is read where no tensor has such a size. They are the channels, height and"
        " width of the tensor that enters a call. In `where` and in repeat counts no tensor"
        " enters, so they mean nothing there; and a vector, such as FC makes, has only C, its"
        " length.",
        spec("INPUT -> CONV(8)*C"),
        spec("INPUT -> CONV(C)*3"),
    ),
    Rule(
        "empty-binding",
        "error",
        "A name in `where` or in a row has a colon and nothing after it. YAML calls that null,"
        " which is no value of the language. Write the value, or remove the line.",
        spec("INPUT -> CONV(f)", "where:", "  f:"),
        spec("INPUT -> CONV(f)", "where:", "  f: 8"),
    ),
    Rule(
        "table",
        "error",
        "A table holds something that is no row, or a mapping stands alone. A table is a list of"
        " rows, and each row is a mapping: `- {f: 64, n: 2}`. Only a layer kind may be bound to a"
        " mapping alone, its defaults.",
        spec("INPUT -> [CONV(f) -> RELU]*stage", "where:", "  stage: [{f: 8}, 16]"),
        spec("INPUT -> [CONV(f) -> RELU]*stage", "where:", "  stage: [{f: 8}, {f: 16}]"),
    ),
    Rule(
        "duplicate-block",
        "error",
        "Two blocks have one name, though perhaps other parameters. A call means one block, so each"
        " needs a name of its own; parameters with defaults can often make one of the two.",
        spec("INPUT -> CBR(8)", "blocks:", _CBR, "  CBR(f, k): CONV(f, k) -> BN -> RELU"),
        spec("INPUT -> CBR(8)", "blocks:", "  CBR(f, k=3): CONV(f, k) -> BN -> RELU"),
    ),
    Rule(
        "recursive-block",
        "error",
        "A block calls itself, directly or by way of others, and would never end. To run a part"
        " several times repeat it, `X*n`.",
        spec("INPUT -> DEEP", "blocks:", "  DEEP: CONV(8) -> RELU -> DEEP"),
        spec("INPUT -> DEEP*3", "blocks:", "  DEEP: CONV(8) -> RELU"),
    ),
    Rule(
        "unknown-label",
        "error",
        "`@name` reads a label that is not set. No layer sets it, or only one further on, or"
        " inside a block, whose labels are its own. Write `@name` after the layer whose tensor is"
        " meant, or put the stage's label before the pattern.",
        spec("INPUT -> CONV(8) -> RELU -> ADD{ | @skip }"),
        spec("INPUT -> CONV(8) @skip -> RELU -> ADD{ | @skip }"),
    ),
    Rule(
        "duplicate-label",
        "error",
        "Two places of the text set one label. It would be unclear which tensor is meant. One"
        " place in a repeat may set it many times: `@skip` is then the latest, `@skip[0]` the"
        " first.",
        spec("INPUT -> CONV(8) @x -> RELU @x -> ADD{ | @x }"),
        spec("INPUT -> CONV(8) @x -> RELU -> ADD{ | @x }"),
    ),
    Rule(
        "label-index",
        "error",
        "The index of a label counts further than it was set, or is no integer. `@skip[i]` is the"
        " tensor of the i-th time that the label was set, from 0, or from the end for a negative"
        " i.",
        spec("INPUT -> [CONV(8, 1) @skip -> RELU]*2 -> CONCAT{ | @skip[2] }"),
        spec("INPUT -> [CONV(8, 1) @skip -> RELU]*2 -> CONCAT{ | @skip[1] }"),
    ),
    Rule(
        "duplicate-layer-name",
        "error",
        "`name=` gives a layer a name that is taken. Another layer has it, or netspec gives it"
        " itself, such as conv1. Weights are found by these names, so each belongs to one layer;"
        " only in a repeat is one text many layers, which are numbered.",
        spec("INPUT -> CONV(8, name=stem) -> CONV(8, name=stem)"),
        spec("INPUT -> CONV(8, name=stem) -> CONV(8, name=body)"),
    ),
)
