"""Pages of what can be wrong with a file before its keys are looked at."""

from __future__ import annotations

from netspec.text.limits import MAX_DEPTH, MAX_FILE_BYTES
from netspec.text.rules.rule import Rule, spec

_NET = spec("INPUT -> CONV(8) -> RELU")

DOCUMENT = (
    Rule(
        "file-too-large",
        "error",
        f"The file is larger than {MAX_FILE_BYTES // 1_000_000} MB, the most for a spec. The"
        " largest nets of the literature need a few kilobytes, so a larger file is seldom a spec."
        " Repeats, tables and blocks say in one line what a generated file says in thousands.",
        _NET + b"# " + b"x" * MAX_FILE_BYTES + b"\n",
        _NET,
    ),
    Rule(
        "not-utf8",
        "error",
        "The bytes of the file are not UTF-8, the encoding of every spec. An editor saved it in"
        " another one, such as Latin-1 or UTF-16. Save it again as UTF-8; a byte order mark does no"
        " harm.",
        spec("INPUT -> CONV(8)", "doc: le réseau").decode().encode("latin-1"),
        spec("INPUT -> CONV(8)", "doc: le réseau"),
    ),
    Rule(
        "control-character",
        "error",
        "The file holds a control character, which YAML does not allow. It is invisible in most"
        " editors and usually came in with pasted text. Delete it and type the line anew.",
        spec("INPUT -> CONV(8)", "doc: a net\x07"),
        spec("INPUT -> CONV(8)", "doc: a net"),
    ),
    Rule(
        "empty-file",
        "error",
        "The file holds nothing, or nothing but comments. A spec needs at least the keys netspec,"
        " name, input and net.",
        b"# my first net\n",
        b"# my first net\n" + _NET,
    ),
    Rule(
        "several-documents",
        "error",
        "A line `---` starts another YAML document in the same file. A spec is one document: give"
        " each net a file of its own, and `netspec check` the folder.",
        _NET + b"---\n" + _NET,
        _NET,
    ),
    Rule(
        "yaml-syntax",
        "error",
        "The file is not YAML. The usual causes are a tab as indentation, a line that is indented"
        " more or less than its neighbours, and a value that starts with `[`, `{`, `@` or `*`: YAML"
        " gives these a meaning of their own. Put such a value in quotes.",
        spec("INPUT -> TWICE(8)", "blocks:", "  TWICE(f): [CONV(f) -> RELU]*2"),
        spec("INPUT -> TWICE(8)", "blocks:", '  TWICE(f): "[CONV(f) -> RELU]*2"'),
    ),
    Rule(
        "tag",
        "error",
        "A YAML tag, a word that starts with `!`, has no meaning in a spec. It tells a program to"
        " build an object of a kind, and reading a spec must never run code. Remove the tag, or"
        " put the value in quotes where the `!` belongs to the text.",
        spec("INPUT -> CONV(8)", "doc: !note a small net"),
        spec("INPUT -> CONV(8)", "doc: a small net"),
    ),
    Rule(
        "alias",
        "error",
        "A YAML alias `*name` has nothing to repeat. It stands for the value that was marked"
        " `&name` further up. Here there is no such mark, or the alias stands inside the value"
        " that it repeats, or the aliases of the file add up to more values than a spec may have.",
        spec("INPUT -> CONV(8) -> POOL", "where:", "  CONV: {kernel: 3}", "  POOL: {kernel: *k}"),
        spec(
            "INPUT -> CONV(8) -> POOL", "where:", "  CONV: {kernel: &k 3}", "  POOL: {kernel: *k}"
        ),
    ),
    Rule(
        "too-deep",
        "error",
        f"Brackets, lists, mappings or blocks nest more than {MAX_DEPTH} levels deep."
        " No net needs that many levels, and the bound keeps hostile files from exhausting the"
        " reader. Brackets around a pattern that is not repeated can go; a block can name a part.",
        spec(f"INPUT -> {'[' * (MAX_DEPTH + 1)}RELU{']' * (MAX_DEPTH + 1)}"),
        spec("INPUT -> RELU"),
    ),
    Rule(
        "bad-key",
        "error",
        "What stands before a `:` is no name. It is a number, a list, a mapping or nothing; but"
        " the keys of a spec are names, because expressions and patterns call them.",
        spec("INPUT -> CONV(f)", "where:", "  f: 8", "  3: 64"),
        spec("INPUT -> CONV(f)", "where:", "  f: 8"),
    ),
    Rule(
        "merge-key",
        "error",
        "The language has no merge key `<<`. YAML 1.1 merges one mapping into another with it;"
        " here each value stands where it is used. Write the keys out, or bind the layer kind in"
        " `where`, which gives defaults to all its calls.",
        spec("INPUT -> CONV(8)", "where:", "  CONV: {<<: {kernel: 3}, pad: half}"),
        spec("INPUT -> CONV(8)", "where:", "  CONV: {kernel: 3, pad: half}"),
    ),
    Rule(
        "duplicate-key",
        "error",
        "One mapping holds the same key twice. Most YAML readers keep the last value and say"
        " nothing, so that the first, which you may be looking at, has no effect. Remove one, or"
        " rename it.",
        spec("INPUT -> CONV(f)", "where:", "  f: 8", "  f: 16"),
        spec("INPUT -> CONV(f)", "where:", "  f: 16"),
    ),
)
