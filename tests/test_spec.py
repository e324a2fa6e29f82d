"""The keys of a spec (language.md, section 1): which there are, what they hold, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.text.diagnostics import SpecError
from netspec.text.source import Source
from netspec.text.spec import Spec, parse
from tests.texts import code, finding, findings, layers, spec

MINIMAL = "netspec: 1\nname: a\ninput: 3x8x8\nnet: INPUT -> RELU\n"


def parsed(text: str, folder: Path | None = None) -> Spec:
    """The spec of a text that has no mistake."""
    return parse(Source("test.yaml", text), folder)


def with_input(value: str, net: str = "INPUT -> RELU") -> str:
    """A spec with an `input` of its own."""
    return f"netspec: 1\nname: a\ninput: {value}\nnet: {net}\n"


def test_four_keys_make_a_spec() -> None:
    it = parsed(MINIMAL)
    assert (it.name, it.doc, it.labels, it.outputs, it.weights) == ("a", "", (), (), None)
    assert [(item.name, item.shape, item.image) for item in it.inputs] == [
        ("input", (3, 8, 8), None)
    ]


@pytest.mark.parametrize("key", ["netspec", "name", "input", "net"])
def test_four_keys_are_required(key: str) -> None:
    lines = [line for line in MINIMAL.splitlines(keepends=True) if not line.startswith(f"{key}:")]
    (found, *others) = findings("".join(lines))
    assert (found.code, found.span.line, found.span.column) == ("missing-key", 1, 1)
    assert f"`{key}`" in found.message
    assert not others


def test_all_missing_and_all_unknown_keys_are_named() -> None:
    found = findings("doc: x\nfoo: 1\nbar: 2\n")
    assert [d.code for d in found] == ["missing-key", "unknown-key", "unknown-key"]
    assert all(f"`{key}`" in found[0].message for key in ("netspec", "name", "input", "net"))
    assert [(d.span.line, d.span.column) for d in found[1:]] == [(2, 1), (3, 1)]


@pytest.mark.parametrize(
    ("line", "near"),
    [
        ("docs: x", "doc"),
        ("wher: {}", "where"),
        ("block: {}", "blocks"),
        ("outputs: {}", "output"),
        ("wieghts: a.npz", "weights"),
    ],
)
def test_an_unknown_key_has_the_nearest_as_a_hint(line: str, near: str) -> None:
    found = finding(f"{MINIMAL}^{line}\n")
    assert found.code == "unknown-key"
    assert f"`{near}`" in str(found.help)


@pytest.mark.parametrize("value", ["2", "0", "1.0", "yes", '"1"', "one", "[1]", "{a: 1}", "~"])
def test_the_language_version_is_1(value: str) -> None:
    assert code(MINIMAL.replace("netspec: 1", f"netspec: ^{value}")) == "language-version"


@pytest.mark.parametrize("name", ["a", "_", "vgg16", "res-net.50_v1", "A" * 200])
def test_names_of_nets(name: str) -> None:
    assert parsed(MINIMAL.replace("name: a", f"name: {name}")).name == name


@pytest.mark.parametrize(
    "name", ["1a", "a b", "-a", ".a", '""', "é", "a/b", "3", "yes", "~", "[a]", '"a\\n"', "A" * 201]
)
def test_bad_names_of_nets(name: str) -> None:
    assert code(MINIMAL.replace("name: a", f"name: ^{name}")) == "bad-name"


def test_doc_is_a_line_or_a_paragraph() -> None:
    assert parsed(MINIMAL + "doc: one line\n").doc == "one line"
    assert parsed(MINIMAL + "doc: >\n  one\n  line\n").doc == "one line\n"
    assert parsed(MINIMAL + "doc: |\n  two\n  lines\n").doc == "two\nlines\n"
    assert code(MINIMAL + "doc: ^[a]\n")


# input


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ("3x224x224", (3, 224, 224)),
        ("1x1x1", (1, 1, 1)),
        ("784", (784,)),
        ("0x10", (16,)),
        ("{shape: 2x3x5}", (2, 3, 5)),
        ("{shape: 7}", (7,)),
        ("2147483647", (2**31 - 1,)),
    ],
)
def test_shapes_of_inputs(value: str, shape: tuple[int, ...]) -> None:
    assert [item.shape for item in parsed(with_input(value)).inputs] == [shape]


@pytest.mark.parametrize(
    "value",
    [
        "0",
        "-3",
        "3x8",
        "3x8x8x8",
        "0x3x3",
        "3x-1x3",
        "3X8X8",
        "3 x 8 x 8",
        "3.0",
        "yes",
        "~",
        '"784"',
        "[3, 8, 8]",
        "03x8x8",
        "3x8x8x",
        "٣x8x8",
        "2147483648",
        "1x1x2147483648",
        "9" * 5000,
        "1x1x" + "9" * 5000,
    ],
)
def test_bad_shapes_of_inputs(value: str) -> None:
    found = finding(with_input(f"^{value}"))
    assert found.code in ("input-shape", "too-large", "wrong-type")


def test_several_named_inputs() -> None:
    text = with_input(
        "{left: 3x8x8, right: {shape: 5}}", "CONCAT{INPUT(left) -> GAP | INPUT(right)}"
    )
    assert [(i.name, i.shape) for i in parsed(text).inputs] == [
        ("left", (3, 8, 8)),
        ("right", (5,)),
    ]
    assert layers(text) == ["left 3x8x8", "gap1 3", "right 5", "concat1 8"]


@pytest.mark.parametrize("name", ["a b", "1a", '""', "a-b"])
def test_names_of_inputs_are_identifiers(name: str) -> None:
    assert code(with_input(f"{{^{name}: 3}}")) == "bad-name"


def test_no_input_at_all() -> None:
    assert findings(with_input("{}"))


# image


def image(value: str, size: str = "3x8x8") -> str:
    """A spec whose input has an `image`."""
    return with_input(f"{{shape: {size}, image: {value}}}")


def test_an_image_has_defaults() -> None:
    it = parsed(image("{}")).inputs[0].image
    assert it is not None
    assert (it.resize, it.crop, it.channels) == (None, None, "RGB")
    assert (it.scale, it.mean, it.std) == (1 / 255, (0.0,) * 3, (1.0,) * 3)


def test_an_image_with_everything() -> None:
    value = "{resize: 256, crop: 8, channels: BGR, scale: 1, mean: [1, 2, 3.5], std: 0.5}"
    it = parsed(image(value)).inputs[0].image
    assert it is not None
    assert (it.resize, it.crop, it.channels, it.scale) == (256, (8, 8), "BGR", 1.0)
    assert (it.mean, it.std) == ((1.0, 2.0, 3.5), (0.5, 0.5, 0.5))


def test_an_image_may_be_oblong_and_grey() -> None:
    it = parsed(image("{resize: [9, 10], crop: [8, 6], channels: GRAY}", "1x8x6")).inputs[0].image
    assert it is not None
    assert (it.resize, it.crop, it.channels) == ((9, 10), (8, 6), "GRAY")
    grey = parsed(image("{}", "1x8x8")).inputs[0].image
    assert grey is not None
    assert grey.channels == "GRAY"


@pytest.mark.parametrize(
    "text",
    [
        image("{crop: ^7}"),
        image("{crop: ^[8, 7]}"),
        image("{crop: ^0}"),
        image("{resize: ^-1}"),
        image("{resize: ^[1, 2, 3]}"),
        image("{resize: ^8.0}"),
        image("{channels: ^GRAY}"),
        image("{channels: ^rgb}"),
        image("{channels: ^RGB}", "1x8x8"),
        image("{scale: ^a}"),
        image("{mean: ^[1, 2]}"),
        image("{std: ^0}"),
        image("{std: [1, ^-1, 1]}"),
        image("{^size: 3}"),
        image("^yes"),
        image("^{}", "7"),
    ],
)
def test_bad_images(text: str) -> None:
    assert code(text) in ("image", "unknown-key")


# net


def test_a_net_is_a_pattern_or_stages() -> None:
    same = ["input 3x8x8", "relu1 3x8x8", "tanh1 3x8x8"]
    assert layers(spec("INPUT -> RELU -> TANH")) == same
    assert layers(spec("\n  - INPUT\n  - RELU -> TANH")) == same
    assert layers(spec("\n  - INPUT -> RELU\n  - end: TANH")) == [*same[:2], "end.tanh1 3x8x8"]
    assert layers(spec('["INPUT -> RELU", TANH]')) == same


@pytest.mark.parametrize(
    "net",
    [
        "^3",
        "^~",
        "^{a: INPUT}",
        "^[]",
        '^""',
        "[INPUT, ^[RELU]]",
        "[INPUT, ^3]",
        "[INPUT, {a: ^3}]",
        "[INPUT, ^{}]",
        "[INPUT, {a: RELU, ^b: RELU}]",
    ],
)
def test_what_a_net_is_not(net: str) -> None:
    assert code(spec(net)) == "pattern-expected"


@pytest.mark.parametrize("label", ["a b", "1a", '""', "a-b", "é"])
def test_labels_of_stages_are_identifiers(label: str) -> None:
    assert code(spec(f"[INPUT, {{^{label}: RELU}}]")) == "bad-name"


@pytest.mark.parametrize("key", ["where", "blocks", "output"])
@pytest.mark.parametrize("value", ["3", "a", "[a]", "~"])
def test_mappings(key: str, value: str) -> None:
    assert code(f"{MINIMAL}{key}: ^{value}\n")


# output


def test_labels_stand_in_the_spec_or_in_a_file_beside_it(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("\ufeffant\r\nbee\n\n  cat  \n", "utf-8")
    rest = "output: {labels: labels.txt}\n"
    assert parsed(spec("INPUT -> FC(3)", rest), tmp_path).labels == ("ant", "bee", "cat")
    inline = parsed(spec("INPUT -> FC(3)", "output: {labels: [no, 3, a b]}\n"))
    assert inline.labels == ("no", "3", "a b")


def test_a_number_of_labels_that_is_not_the_number_of_outputs_is_a_warning() -> None:
    for net in ("FC(3)", "FC(1)", "FC(3) -> SIGMOID"):
        text = spec(f"INPUT -> {net}", "output: {labels: ^[a, b]}\n")
        assert code(text, "warning") == "labels-count"


def test_one_chance_has_two_labels() -> None:
    text = spec("INPUT -> FC(1) -> SIGMOID", "output: {labels: [no, yes]}\n")
    assert not findings(text, "warning")


@pytest.mark.parametrize(
    "file", ["/etc/passwd", "../labels.txt", "a/../../labels.txt", "out/labels.txt", '"a\\0b"']
)
@pytest.mark.parametrize("key", ["output: {labels: %s}", "weights: %s", "weights: {file: %s}"])
def test_files_lie_in_the_folder_of_the_spec_or_below(tmp_path: Path, file: str, key: str) -> None:
    folder = tmp_path / "specs"
    folder.mkdir()
    (folder / "out").symlink_to(tmp_path)
    (tmp_path / "labels.txt").write_text("secret\n")
    with pytest.raises(SpecError) as error:
        parsed(spec("INPUT -> FC(3)", key % file), folder)
    (found,) = error.value.diagnostics
    assert found.code == "path"
    assert "secret" not in str(error.value)


def test_files_below_the_folder_and_links_inside_it_are_fine(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "labels.txt").write_text("x\n")
    (tmp_path / "link.txt").symlink_to("a/labels.txt")
    for file in ("a/labels.txt", "link.txt", "./a/labels.txt"):
        it = parsed(spec("INPUT -> FC(1)", f"output: {{labels: {file}}}\n"), tmp_path)
        assert it.labels == ("x",)


@pytest.mark.parametrize("file", ["missing.txt", "folder", "binary.txt"])
def test_labels_that_cannot_be_read(tmp_path: Path, file: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SpecError) as error:
        parsed(spec("INPUT -> FC(1)", f"output: {{labels: {file}}}\n"), tmp_path)
    assert [d.code for d in error.value.diagnostics] == ["missing-file"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("{labels: ^[]}", "output"),
        ("{labels: [^[a]]}", "output"),
        ("{aux: ^x}", "output"),
        ('{aux: ^"@x -> RELU"}', "output"),
        ("{aux: ^3}", "output"),
        ('{aux: ^"@y"}', "unknown-label"),
        ('{aux: ^"@x[1]"}', "label-index"),
        ('{output: ^"@x"}', "output"),
        ('{^a b: "@x"}', "bad-name"),
    ],
)
def test_bad_outputs(value: str, expected: str) -> None:
    found = finding(spec("INPUT -> CONV(2) @x -> ADD{ | @x }", f"output: {value}\n"))
    assert found.code == expected


# weights


def test_weights_are_a_file_or_a_file_and_a_map(tmp_path: Path) -> None:
    plain = parsed(MINIMAL + "weights: a.safetensors\n", tmp_path).weights
    assert plain is not None
    assert (plain.path.name, plain.map) == ("a.safetensors", {})
    mapped = parsed(MINIMAL + "weights: {file: b/w.npz, map: {x.w: conv1.weight}}\n", tmp_path)
    assert mapped.weights is not None
    assert mapped.weights.path == tmp_path / "b" / "w.npz"
    assert mapped.weights.map == {"x.w": "conv1.weight"}


@pytest.mark.parametrize(
    "value",
    ["^3", "^~", "^[a]", "^{map: {}}", "{file: a.npz, ^maps: {}}", "{file: a.npz, map: ^3}"],
)
def test_bad_weights(value: str) -> None:
    found = findings((MINIMAL + f"weights: {value}\n").replace("^", ""))
    assert [d.span.line for d in found] == [5]


def test_mistakes_of_all_keys_come_in_one_run_in_the_order_of_the_file() -> None:
    text = (
        "netspec: 2\nname: 1\ninput: 0\nnet: INPUT -> CONVV -> FC(n\n"
        "where: {C: 1, m: 1_0}\nblocks: {B: '->'}\nfoo: 1\n"
    )
    found = findings(text)
    assert [d.span.line for d in found] == sorted(d.span.line for d in found)
    assert {d.span.line for d in found} == {1, 2, 3, 4, 5, 6, 7}
