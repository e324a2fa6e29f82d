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
        "uneven-input",
        "warning",
        "Pools shrink the input again and again, and it does not divide evenly."
        " Rows and columns at the end are then never read. With another input size, which is"
        " named, no window leaves anything over.",
        spec("INPUT -> [CONV(8, pad=half) -> RELU -> POOL]*5", input="3x225x225"),
        spec("INPUT -> [CONV(8, pad=half) -> RELU -> POOL]*5", input="3x224x224"),
    ),
    Rule(
        "pool-1x1",
        "warning",
        "A pool is given planes of one pixel, and has nothing to pool. The"
        " layers before it shrink the picture too much, or the pool can go. After the last of"
        " them, FLATTEN makes the same vector as GAP.",
        spec("INPUT -> CONV(8, 32) -> RELU -> GAP -> FC(10)"),
        spec("INPUT -> CONV(8, 3) -> RELU -> GAP -> FC(10)"),
    ),
    Rule(
        "missing-activation",
        "warning",
        "Two linear layers follow each other with no activation between. Then they can do no more"
        " than one linear layer, at the price of two. Pairs that are factors of one on purpose are"
        " left alone: depthwise and pointwise, 1x7 and 7x1, bottlenecks, and whatever a skip"
        " connection reads too.",
        spec("INPUT -> FC(64) -> FC(10)"),
        spec("INPUT -> FC(64) -> RELU -> FC(10)"),
    ),
    Rule(
        "repeated-activation",
        "warning",
        "An activation follows an activation. RELU of RELU is RELU; RELU of SIGMOID is SIGMOID;"
        " other pairs only flatten the slope. Often a block ends with one and the pattern that"
        " calls it adds another.",
        spec("INPUT -> CBR(8) -> RELU", "blocks:", "  CBR(f): CONV(f, bias=no) -> BN -> RELU"),
        spec("INPUT -> CBR(8)", "blocks:", "  CBR(f): CONV(f, bias=no) -> BN -> RELU"),
    ),
    Rule(
        "activation-before-softmax",
        "warning",
        "An activation bends the scores that SOFTMAX compares. After RELU all scores below zero are"
        " equal, and have no gradient; after SIGMOID no class can be e times as likely as another."
        " The last FC goes to SOFTMAX as it is.",
        spec("INPUT -> FC(10) -> RELU -> SOFTMAX"),
        spec("INPUT -> FC(10) -> SOFTMAX"),
    ),
    Rule(
        "early-softmax",
        "warning",
        "A layer computes with what SOFTMAX made. SOFTMAX turns the scores of a net into chances"
        " that add to 1, which is its last step; in the middle it takes the gradient away. Where"
        " a merge reads it, as in attention, there is no warning.",
        spec("INPUT -> FC(64) -> SOFTMAX -> FC(10)"),
        spec("INPUT -> FC(64) -> RELU -> FC(10) -> SOFTMAX"),
    ),
    Rule(
        "bias-before-bn",
        "warning",
        "A layer adds a bias, and the BN after it takes it away again with the mean. It costs"
        " parameters and does nothing; BN has a shift of its own. Where the text itself says"
        " `bias=yes`, as for weights that come so, this is a note.",
        spec("INPUT -> CONV(8, 3) -> BN -> RELU"),
        spec("INPUT -> CONV(8, 3, bias=no) -> BN -> RELU"),
    ),
    Rule(
        "dropout-before-bn",
        "warning",
        "DROPOUT stands right before BN. Its noise is in the variance that BN learns, but there is"
        " no noise at inference, so that BN then divides by too much. Drop after the last BN, or"
        " after the activation (Li et al. 2018).",
        spec("INPUT -> CONV(8, bias=no) -> DROPOUT -> BN -> RELU"),
        spec("INPUT -> CONV(8, bias=no) -> BN -> RELU -> DROPOUT"),
    ),
    Rule(
        "large-fc",
        "note",
        "The first FC holds most of the parameters. It sees every pixel of every plane on its own,"
        " which takes memory and is easily overfitted; AlexNet and VGG are built so. GAP before it"
        " keeps a mean of each plane, as nets do since 2013.",
        spec("INPUT -> CONV(64, pad=half) -> RELU -> POOL -> FC(64) -> RELU -> FC(10)"),
        spec("INPUT -> CONV(64, pad=half) -> RELU -> POOL -> GAP -> FC(64) -> RELU -> FC(10)"),
    ),
    Rule(
        "dead-layers",
        "warning",
        "Nothing reads what a layer makes, and it is no output of the net. A `@label` further on"
        " starts from somewhere else. Name the result under `output`, merge it, or remove the"
        " layers.",
        spec("", "  - INPUT -> CONV(8) -> RELU @a", "  - aux: GAP -> FC(10)", '  - "@a -> FC(10)"'),
        spec(
            "",
            "  - INPUT -> CONV(8) -> RELU @a",
            "  - aux: GAP -> FC(10)",
            '  - "@a -> FC(10)"',
            'output: {aux: "@aux"}',
        ),
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
    Rule(
        "unused-ignore",
        "warning",
        "A comment `# netspec: ignore[code]` hides nothing. Its line has no warning or note of that"
        " code, or what it has is an error, which cannot be ignored. The comment stands at the end"
        " of the line that the finding names; for a value of several lines, after its end, or after"
        " its `>` or `|`.",
        spec("INPUT -> CONV(8, 5) -> RELU  # netspec: ignore[window-remainder]"),
        spec("INPUT -> CONV(8, 5, 2) -> RELU  # netspec: ignore[window-remainder]"),
    ),
    Rule(
        "unknown-code",
        "warning",
        "A comment `# netspec: ignore[code]` names a code that no finding has. Codes stand in the"
        " brackets of the finding's first line.",
        spec("INPUT -> CONV(8, 5, 2, pad=same) -> RELU  # netspec: ignore[window-remains]"),
        spec("INPUT -> CONV(8, 5, 2) -> RELU  # netspec: ignore[window-remainder]"),
    ),
)
