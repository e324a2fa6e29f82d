"""Values as written become values as kept, or are refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from netspec.layers import REGISTRY, hyperparameters
from netspec.text.diagnostics import LayerError


@pytest.mark.parametrize(
    ("name", "written", "kept"),
    [
        ("CONV.filters", 8, 8),
        ("CONV.kernel", 3, (3, 3)),
        ("CONV.kernel", (3, 5), (3, 5)),
        ("CONV.pad", "half", "half"),
        ("CONV.pad", 1, (1, 1, 1, 1)),
        ("CONV.pad", (1, 2), (1, 2, 1, 2)),
        ("CONV.pad", (1, 2, 3, 4), (1, 2, 3, 4)),
        ("CONV.bias", False, False),
        ("POOL.stride", 2, (2, 2)),
        ("BN.eps", 1, 1.0),
        ("DROPOUT.rate", 0.5, 0.5),
        ("UPSAMPLE.mode", "bilinear", "bilinear"),
        ("RESHAPE.shape", (4, 4), (4, 4)),
        ("INPUT.input", "left", "left"),
    ],
)
def test_read(name: str, written: object, kept: object) -> None:
    value = read(name, written)
    assert value == kept
    assert type(value) is type(kept)


@pytest.mark.parametrize(
    ("name", "written", "code", "says"),
    [
        (
            "CONV.filters",
            8.5,
            "wrong-type",
            "`filters` must be an integer of at least 1, found 8.5",
        ),
        ("CONV.filters", "same", "wrong-type", "found the word `same`"),
        ("CONV.filters", True, "wrong-type", "found `yes`"),
        ("CONV.filters", (8, 8), "wrong-type", "found [8, 8]"),
        ("CONV.filters", None, "wrong-type", "found nothing"),
        ("CONV.filters", 0, "out-of-range", "an integer of at least 1, found 0"),
        ("CONV.filters", 2**40, "too-large", "2^31-1"),
        ("CONV.kernel", (3, 3, 3), "wrong-type", "an integer of at least 1 or [h, w]"),
        ("CONV.kernel", (3, 0), "out-of-range", "found 0"),
        ("CONV.kernel", (3, True), "wrong-type", "found [3, yes]"),
        ("CONV.pad", -1, "out-of-range", "found -1"),
        ("CONV.pad", (1, 2, 3), "wrong-type", "[top, left, bottom, right]"),
        ("CONV.bias", 1, "wrong-type", "`yes` or `no`"),
        ("DROPOUT.rate", 1.5, "out-of-range", "at least 0 and below 1, found 1.5"),
        ("DROPOUT.rate", float("nan"), "out-of-range", "finite"),
        ("LRN.alpha", 1e300, "out-of-range", "finite in float32"),
        ("BN.eps", 0, "out-of-range", "a number above 0, found 0"),
        ("UPSAMPLE.mode", "cubic", "wrong-type", "`nearest` or `bilinear`"),
        ("RESHAPE.shape", (), "wrong-type", "a list of sizes"),
        ("RESHAPE.shape", 4, "wrong-type", "a list of sizes"),
    ],
)
def test_refused(name: str, written: object, code: str, says: str) -> None:
    with pytest.raises(LayerError) as caught:
        read(name, written)
    assert caught.value.code == code
    assert caught.value.argument == name.partition(".")[2]
    assert says in caught.value.message


def test_a_huge_number_is_not_printed() -> None:
    with pytest.raises(LayerError, match="more than 30 digits"):
        read("CONV.filters", -(10**5000))


def test_help() -> None:
    with pytest.raises(LayerError) as caught:
        read("CONV.pad", "halff")
    assert caught.value.help == "did you mean `half`?"
    with pytest.raises(LayerError) as caught:
        read("CONV.filters", 8.0)
    assert caught.value.help == "write 8"


def read(name: str, written: object) -> Any:
    keyword, _, field = name.partition(".")
    return hyperparameters(REGISTRY[keyword])[field].read(written)
