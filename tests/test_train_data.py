"""Samples in .npz files: numbers, pictures, targets, and files that do not fit."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from PIL import Image as Pillow

from netspec.machine.errors import UnusableError
from netspec.runtime.images import read_picture
from netspec.text.image import Image
from netspec.text.training import LOSSES, chosen
from netspec.train.data.arrays import Numbers
from netspec.train.data.dataset import Samples
from tests.graphs import TWO_INPUTS, graph_of
from tests.training_data import DENSE, FEATURES, LABELLED, ONE, PICTURES, everything, opened, saved
from tests.training_data import noise as pixels

RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 2)).astype(np.float32)
Y = np.array([0, 2, 1, 1, 0])
#: How a picture of another size is made one of 6 x 8 pixels.
FITTED = ", resize: [8, 9], crop: [6, 8]"


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", ["f2", "f4", "f8", ">f4", "i4"])
def test_numbers_are_taken_as_they_are(tmp_path: Path, kind: str, packed: bool) -> None:
    x = (X * 9).astype(kind)
    data = opened(saved(tmp_path, packed, x=x, y=Y), FEATURES)
    np.testing.assert_array_equal(everything(data), x.astype(np.float32))
    assert everything(data).dtype == np.float32
    np.testing.assert_array_equal(data.targets, Y)
    assert (len(data), data.shape, data.classes) == (5, (2,), ("0", "1", "2"))
    np.testing.assert_array_equal(data.read(np.array([3, 1]), None), x[[3, 1]].astype(np.float32))


def test_arrays_in_fortrans_order(tmp_path: Path) -> None:
    x = np.asfortranarray(RNG.normal(size=(5, 1, 4, 5)).astype(np.float32))
    for packed in (False, True):
        data = opened(saved(tmp_path, packed, x=x, y=np.zeros((5, 4, 5), int)), DENSE)
        np.testing.assert_array_equal(everything(data), x)


def test_what_is_stored_is_mapped_and_what_is_packed_inflated_once(tmp_path: Path) -> None:
    for packed in (False, True):
        data = opened(saved(tmp_path, packed, x=X, y=Y), FEATURES)
        assert isinstance(data, Samples) and isinstance(data.source, Numbers)
        assert isinstance(data.source.x, np.memmap) is not packed


@pytest.mark.parametrize("channels", [(), (1,), (3,), (4,)])
@pytest.mark.parametrize("order", ["RGB", "BGR", "GRAY"])
@pytest.mark.parametrize(
    ("size", "fit"),
    [((6, 8), ""), ((6, 8), ", resize: 6"), ((6, 8), FITTED), ((12, 10), FITTED)],
)
def test_pixels_become_what_run_makes_of_a_png_of_them(
    tmp_path: Path, channels: tuple[int, ...], order: str, size: tuple[int, int], fit: str
) -> None:
    depth = 1 if order == "GRAY" else 3
    section = f"channels: {order}, scale: 0.01, mean: 0.3, std: {[0.5, 0.25, 2.0][:depth]}"
    taken = f"{{shape: {depth}x6x8, image: {{{section}{fit}}}}}"
    graph = graph_of(f"netspec: 1\nname: n\ninput: {taken}\nnet: INPUT -> FC(3)\n")
    image = graph.spec.inputs[0].image
    assert isinstance(image, Image)
    x = pixels(4, *size, *channels)
    found = everything(opened(saved(tmp_path, x=x, y=[0, 1, 2, 0]), graph))
    for one, row in zip(x, found, strict=True):
        Pillow.fromarray(one[..., 0] if channels == (1,) else one).save(tmp_path / "p.png")
        np.testing.assert_array_equal(row, read_picture(tmp_path / "p.png", image, (depth, 6, 8)))


def test_pixels_may_have_channels_first(tmp_path: Path) -> None:
    x = pixels(4, 3, 7, 9)
    first = everything(opened(saved(tmp_path, x=x, y=Y[:4]), PICTURES))
    last = everything(opened(saved(tmp_path, x=x.transpose(0, 2, 3, 1), y=Y[:4]), PICTURES))
    np.testing.assert_array_equal(first, last)


def test_pictures_of_the_inputs_shape_are_that_however_narrow(tmp_path: Path) -> None:
    """4 columns are no 4 channels."""
    graph = graph_of(
        "netspec: 1\nname: n\ninput: {shape: 3x6x4, image: {resize: [6, 4]}}\nnet: INPUT -> FC(3)\n"
    )
    x = pixels(4, 3, 6, 4)
    found = everything(opened(saved(tmp_path, x=x, y=Y[:4]), graph))
    np.testing.assert_allclose(found, x / np.float32(255), rtol=1e-6)


def test_classes_are_the_labels_of_the_spec(tmp_path: Path) -> None:
    data = opened(saved(tmp_path, x=pixels(5, 6, 8), y=Y), LABELLED)
    assert data.classes == ("cat", "ant", "bee")


def targets(
    folder: Path, net: str, y: ArrayLike, loss: str | None = None
) -> tuple[NDArray[np.generic], tuple[str, ...]]:
    """The targets and classes of a file with `y`."""
    shape = (len(np.asarray(y)), *graph_of(net).inputs["input"].shape)
    choice = chosen(LOSSES, loss) if loss else None
    data = opened(saved(folder, x=np.zeros(shape), y=y), net, loss=choice)
    return data.targets, data.classes


def test_targets_by_place(tmp_path: Path) -> None:
    y = RNG.integers(0, 3, (2, 4, 5), np.uint8)
    found, classes = targets(tmp_path, DENSE, y)
    assert (found.dtype.name, found.shape, len(classes)) == ("int64", (2, 4, 5), 3)
    np.testing.assert_array_equal(found, y)


@pytest.mark.parametrize("loss", [None, *LOSSES])
def test_class_numbers_and_values_of_several_outputs(tmp_path: Path, loss: str | None) -> None:
    found, classes = targets(tmp_path, FEATURES, [[2], [0]], loss)
    assert (found.dtype.name, found.tolist(), len(classes)) == ("int64", [2, 0], 3)
    for y in ([[0.25, 0.5, 0.25]], [[0, 1, 0]]):
        found, classes = targets(tmp_path, FEATURES, y, loss)
        assert (found.dtype.name, found.tolist(), classes) == ("float32", y, ())


@pytest.mark.parametrize(
    ("y", "loss", "labels"),
    [
        ([0, 1, 1], None, True),
        ([False, True], None, True),
        ([0, 1, 7], None, False),
        ([0.0, 1.0], None, False),
        ([0, 1, 1], "binary-cross-entropy", True),
        ([[0.0], [1.0]], "binary-cross-entropy", False),
        ([0, 1, 1], "squared-error", False),
    ],
)
def test_targets_of_one_output(
    tmp_path: Path, y: ArrayLike, loss: str | None, labels: bool
) -> None:
    found, classes = targets(tmp_path, ONE, y, loss)
    assert classes == (("0", "1") if labels else ())
    count = len(np.asarray(y))
    assert found.shape == ((count,) if labels else (count, 1))
    assert found.dtype == (np.int64 if labels else np.float32)
    np.testing.assert_array_equal(found.ravel(), np.ravel(np.asarray(y)))


@pytest.mark.parametrize("y", [[0, 1, 2], [0.0, 0.5, 2.0], [[0], [1], [2]]])
def test_targets_that_are_no_chances(tmp_path: Path, y: ArrayLike) -> None:
    with pytest.raises(UnusableError, match=r"y\[2(, 0)?\] is 2(\.0)?; binary cross-entropy takes"):
        targets(tmp_path, ONE.replace("FC(1)", "FC(1) -> SIGMOID"), y)
    assert targets(tmp_path, ONE, y)[1] == ()


def nan_at(row: int) -> NDArray[np.float64]:
    x = X.astype(np.float64)
    x[row, 1] = np.nan
    return x


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"images": X, "labels": Y}, "no array `x`; there are: `images`, `labels`"),
        ({"x": X}, "no array `y`; there are: `x`"),
        ({"x": X, "y": Y[:3]}, "`x` holds 5 samples and `y` 3 targets"),
        ({"x": X[:0], "y": Y[:0]}, "`x` holds no samples"),
        ({"x": X, "y": np.int64(1)}, "`y` holds no samples"),
        ({"x": X[:, :1], "y": Y}, "`x` is 5x1 of float32; the net takes Nx2"),
        ({"x": nan_at(3), "y": Y}, "x[3] holds nan; numbers are finite"),
        ({"x": np.full((5, 2), 1e39), "y": Y}, "x[0] holds 1e+39, which is too large for float32"),
        ({"x": X, "y": Y + 1}, "y[1] is 3; the net's 3 classes are 0 to 2"),
        ({"x": X, "y": Y - 1}, "y[0] is -1; the net's 3 classes are 0 to 2"),
        ({"x": X, "y": Y * 1.0}, "y is 5 of float64; the net answers 3"),
        ({"x": X, "y": np.zeros((5, 2))}, "y is 5x2 of float64; the net answers 3"),
        ({"x": X, "y": np.full((5, 3), np.inf)}, "y[0] holds inf; numbers are finite"),
        ({"x": X, "y": ["a", "b", "c", "a", "b"]}, "`y` holds str32, not numbers"),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_arrays_that_do_not_fit(tmp_path: Path, arrays: dict[str, ArrayLike], message: str) -> None:
    for packed in (False, True):
        path = saved(tmp_path, packed, **arrays)
        with pytest.raises(UnusableError) as refused:
            opened(path, FEATURES)
        assert message in refused.value.message and "data.npz: " in refused.value.message


def test_a_class_number_at_a_place_is_named_by_it(tmp_path: Path) -> None:
    y = np.zeros((2, 4, 5), int)
    y[1, 2, 3] = 9
    message = r"y\[1, 2, 3\] is 9; the net's 3 classes are 0 to 2"
    with pytest.raises(UnusableError, match=message) as refused:
        targets(tmp_path, DENSE, y)
    assert "the net's last layer has to end with as many" in str(refused.value.help)


def test_help_says_what_targets_are(tmp_path: Path) -> None:
    with pytest.raises(UnusableError) as refused:
        targets(tmp_path, DENSE, np.zeros((2, 3)))
    assert refused.value.help == (
        "targets are class numbers Nx4x5, which are integers, or values Nx3x4x5"
    )


def test_objects_are_refused_unopened(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    np.savez(path, x=np.array([[1], "two"], object), y=[0, 1])
    with pytest.raises(UnusableError, match=r"`x` holds objects \(a pickle\), not numbers"):
        opened(path, FEATURES)


def test_pictures_need_to_be_told_how(tmp_path: Path) -> None:
    net = "netspec: 1\nname: n\ninput: 3x6x8\nnet: INPUT -> FC(3)\n"
    with pytest.raises(UnusableError, match="pictures need an `image:` section"):
        opened(saved(tmp_path, x=pixels(5, 6, 8, 3), y=Y), net)


@pytest.mark.parametrize("shape", [(5, 4, 4, 3), (5, 12, 8, 2), (5, 12)])
def test_pixels_that_do_not_fit(tmp_path: Path, shape: tuple[int, ...]) -> None:
    net = PICTURES.replace("resize: [7, 9], ", "")
    with pytest.raises(UnusableError, match=r"data\.npz: `x`"):
        opened(saved(tmp_path, x=pixels(*shape), y=Y), net)


@pytest.mark.parametrize("packed", [False, True])
def test_damage_is_told_of_at_once(tmp_path: Path, packed: bool) -> None:
    path = saved(tmp_path, packed, x=RNG.normal(size=(500, 2)), y=np.zeros(500, int))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnusableError, match="not a complete"):
        opened(path, FEATURES)
    if packed:  # a checksum is looked at where all is read
        path.write_bytes(whole[:300] + bytes(64) + whole[364:])
        with pytest.raises(UnusableError, match="not a complete"):
            opened(path, FEATURES)


def test_a_header_that_promises_more_than_there_is(tmp_path: Path) -> None:
    path, short = saved(tmp_path, x=X, y=Y), tmp_path / "short.npz"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(short, "w") as new:
        new.writestr("x.npy", old.read("x.npy")[:-8])
        new.writestr("y.npy", old.read("y.npy"))
    with pytest.raises(
        UnusableError, match="`x` has 32 bytes of data where its header promises 40"
    ):
        opened(short, FEATURES)


def test_what_inflates_a_thousandfold_is_a_trap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netspec.train.data.archive.MAX_INFLATED_BYTES", 1000)
    x = np.zeros((100_000, 2))
    with pytest.raises(UnusableError, match=r"`x` is 1\.6 MB out of"):
        opened(saved(tmp_path, True, x=x, y=np.zeros(100_000, int)), FEATURES)


def test_other_files(tmp_path: Path) -> None:
    for name, message in (("none.npz", "no such file"), ("data.h5", "not data to train on")):
        if message != "no such file":
            (tmp_path / name).touch()
        with pytest.raises(UnusableError, match=f"{name}: {message}"):
            opened(tmp_path / name, FEATURES)
    with pytest.raises(UnusableError, match="`target` names a column"):
        opened(saved(tmp_path, x=X, y=Y), FEATURES, target="y")


def test_a_net_with_several_inputs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableError, match="the net takes left, right"):
        opened(saved(tmp_path, x=X, y=Y), TWO_INPUTS)
