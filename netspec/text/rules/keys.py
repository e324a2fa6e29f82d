"""Pages of what can be wrong with the keys of a spec and their values."""

from __future__ import annotations

from netspec.text.rules.rule import Rule, spec

_NET = spec("INPUT -> CONV(8) -> RELU")
_PICTURE = "{{shape: 3x32x32, image: {{crop: {}}}}}"
_CLASSES = "INPUT -> FC(2) -> SOFTMAX"

KEYS = (
    Rule(
        "missing-key",
        "error",
        "A required key is not there. A spec needs netspec (the language version), name, input and"
        " net; an input that is a mapping needs shape; weights that are a mapping need file.",
        b"netspec: 1\nname: example\nnet: INPUT -> CONV(8)\n",
        spec("INPUT -> CONV(8)"),
    ),
    Rule(
        "unknown-key",
        "error",
        "The language has no such key. Most often it is a slip of the pen or of the indentation."
        " It is refused and not ignored, since a value that nothing reads is a mistake that"
        " nobody sees. Your own names belong under `where`.",
        spec("INPUT -> CONV(f)", "were: {f: 8}", "where: {f: 8}"),
        spec("INPUT -> CONV(f)", "where: {f: 8}"),
    ),
    Rule(
        "language-version",
        "error",
        "The spec is not written in a version of the language that this netspec reads. The first"
        " line says which it is, so that a spec still means the same when the language has grown."
        " This netspec reads version 1.",
        _NET.replace(b"netspec: 1", b"netspec: 2"),
        _NET,
    ),
    Rule(
        "bad-name",
        "error",
        "A name holds a character that names do not have. Bindings, labels and outputs are made of"
        " letters, digits and `_`, and start with no digit; the name of a net may also hold `.` and"
        " `-`, because files are named after it.",
        _NET.replace(b"name: example", b"name: my net"),
        _NET.replace(b"name: example", b"name: my-net"),
    ),
    Rule(
        "mapping-expected",
        "error",
        "A value that has to be a mapping is something else. The whole spec, `where` and `blocks`"
        " are mappings, written `{key: value}` or as indented lines `key: value`. So are the"
        " defaults of a layer kind: `CONV: {kernel: 3}` says which hyperparameter the 3 is.",
        spec("INPUT -> CONV(8, 3) -> RELU", "where:", "  CONV: 3"),
        spec("INPUT -> CONV(8) -> RELU", "where:", "  CONV: {kernel: 3}"),
    ),
    Rule(
        "input-shape",
        "error",
        "The size of the input cannot be read. It is channels x height x width in this order,"
        " without blanks and without the batch dimension, such as 3x224x224; or one number of"
        " features, such as 784; or a mapping from names to these, for a net with several inputs.",
        spec("INPUT -> CONV(8)", input="32x32"),
        spec("INPUT -> CONV(8)", input="1x32x32"),
    ),
    Rule(
        "image",
        "error",
        "`image` does not say how to make the input of a picture. The input is (pixel * scale -"
        " mean) / std for each channel, after resizing and cropping. The crop is the input's"
        " height and width, the channels are as many as its C, and mean and std are a number for"
        " all channels or one for each.",
        spec("INPUT -> CONV(8)", input=_PICTURE.format(24)),
        spec("INPUT -> CONV(8)", input=_PICTURE.format(32)),
    ),
    Rule(
        "pattern-expected",
        "error",
        "A place for a pattern, such as `CONV(8) -> RELU`, holds something else. `net` is a"
        " pattern or a list of them, each block is one. A pattern that starts with `[` needs"
        " quotes, because YAML reads a list there.",
        spec("", "  - INPUT", "  - [CONV(8) -> RELU]"),
        spec("", "  - INPUT", '  - "[CONV(8) -> RELU]"'),
    ),
    Rule(
        "output",
        "error",
        "`output` names something that cannot be an output of the net. Beside the labels of the"
        " classes it names further outputs: each is one label of the net, in quotes, such as"
        ' "@aux". The name must be neither `output`, which is the last tensor of the net, nor that'
        " of another layer.",
        spec("INPUT -> CONV(8) @early -> RELU -> ADD{ | @early }", "output: {early: CONV}"),
        spec("INPUT -> CONV(8) @early -> RELU -> ADD{ | @early }", 'output: {early: "@early"}'),
    ),
    Rule(
        "labels-count",
        "warning",
        "There are more labels, or fewer, than the net has classes. The classes are the channels"
        " of its last tensor; one channel that ends in SIGMOID is the chance of the second of two."
        " Answers are then shown under a wrong name, or under none. Look for"
        " a missing line in the file of labels, or a class too many in the last FC.",
        spec(_CLASSES, "output: {labels: [cat, dog, horse]}"),
        spec(_CLASSES, "output: {labels: [cat, dog]}"),
    ),
    Rule(
        "weights-file",
        "error",
        "`weights` names no file. It is the name of a .safetensors file, of the .index.json of a"
        " sharded one, or of an .npz file; or a mapping with `file` and `map`, which leads from the"
        " tensor names of the file to those of the net.",
        spec("INPUT -> CONV(8)", "weights: [a.safetensors, b.safetensors]"),
        spec("INPUT -> CONV(8)", "weights: a.safetensors"),
    ),
    Rule(
        "training",
        "error",
        "A setting of `train` has a value that it cannot have. A choice, such as the optimizer, is"
        " a name, or a mapping with the name and its options, `{name: adam, beta1: 0.8}`; numbers"
        " have bounds. Some settings need others: early stopping needs samples that are held out,"
        " and only an input CxHxW can be augmented. The language's page lists all settings.",
        spec("INPUT -> FC(2)", "train: {data: iris.csv, epochs: 0}", input="4"),
        spec("INPUT -> FC(2)", "train: {data: iris.csv, epochs: 20}", input="4"),
    ),
    Rule(
        "path",
        "error",
        "A file of labels or weights that a spec names lies outside its folder. The path is"
        " absolute, has a `..`, or passes a link that leads out. A spec may come from a stranger,"
        " and must not make netspec read what it was not given. Put the file beside the spec; on"
        " the command line, `--weights` takes any path.",
        spec("INPUT -> CONV(8)", "weights: ../a.safetensors"),
        spec("INPUT -> CONV(8)", "weights: a.safetensors"),
    ),
    Rule(
        "missing-file",
        "error",
        "A file of labels that the spec names cannot be read. It is not beside the spec, may not"
        " be opened, or is no UTF-8 text. The example is checked where no file lies beside it;"
        " with a file classes.txt of two lines there, it passes too. Few labels can stand in the"
        " spec.",
        spec(_CLASSES, "output: {labels: classes.txt}"),
        spec(_CLASSES, "output: {labels: [cat, dog]}"),
    ),
)
