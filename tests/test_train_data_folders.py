"""Samples in a folder of class folders: classes, files that are no pictures, pixels."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from netspec.machine.errors import UnusableError
from netspec.runtime.errors import InputError
from netspec.runtime.images import is_picture, read_picture
from netspec.train.data import batches
from tests.graphs import graph_of
from tests.training_data import FEATURES, LABELLED, PICTURES, everything, noise, opened, picture


@pytest.fixture
def animals(tmp_path: Path) -> Path:
    """Three classes: two cats, one of them deeper, an ant, and two bees."""
    folder = tmp_path / "animals"
    for at, name in enumerate(
        ("cat/b.png", "cat/more/a.JPG", "ant/1.bmp", "bee/2.gif", "bee/1.tif")
    ):
        picture(folder / name, seed=at)
    return folder


def test_classes_are_the_labels_in_their_order(animals: Path) -> None:
    data = opened(animals, LABELLED)
    assert data.classes == ("cat", "ant", "bee")
    assert data.targets.tolist() == [0, 0, 1, 2, 2]


def test_without_labels_classes_are_the_sorted_folders(animals: Path) -> None:
    data = opened(animals, PICTURES)
    assert data.classes == ("ant", "bee", "cat")
    assert data.targets.tolist() == [0, 1, 1, 2, 2]


def test_with_labels_a_class_may_be_absent(animals: Path) -> None:
    shutil.rmtree(animals / "ant")
    data = opened(animals, LABELLED)
    assert data.classes == ("cat", "ant", "bee")
    assert data.targets.tolist() == [0, 0, 2, 2]


def test_two_classes_for_one_output(animals: Path) -> None:
    shutil.rmtree(animals / "ant")
    data = opened(animals, PICTURES.replace("FC(3)", "FC(1) -> SIGMOID"))
    assert (data.classes, data.targets.tolist()) == (("bee", "cat"), [0, 0, 1, 1])


def test_pictures_are_what_run_takes(animals: Path) -> None:
    image = graph_of(LABELLED).spec.inputs[0].image
    assert image is not None
    files = ("cat/b.png", "cat/more/a.JPG", "ant/1.bmp", "bee/1.tif", "bee/2.gif")
    wanted = [read_picture(animals / name, image, (3, 6, 8)) for name in files]
    data = opened(animals, LABELLED)
    np.testing.assert_array_equal(everything(data), wanted)
    np.testing.assert_array_equal(data.read(np.array([4, 0]), None), [wanted[4], wanted[0]])


def test_what_is_no_picture_is_told_of_and_left_out(animals: Path) -> None:
    (animals / "cat" / "notes.txt").write_text("two cats")
    (animals / "cat" / "page.png").write_text("<html>not found</html>")
    (animals / "ant" / "empty.jpg").touch()
    (animals / "ant" / ".hidden.png").write_text("passed over")
    (animals / ".checkpoints").mkdir()
    (animals / "list.txt").touch()
    told: list[str] = []
    data = opened(animals, LABELLED, tell=told.append)
    assert len(data) == 5
    assert [line.replace(str(animals), "") for line in told] == [
        "/ant/empty.jpg: skipped, not a picture",
        "/cat/notes.txt: skipped, not a picture",
        "/cat/page.png: skipped, not a picture",
        "/list.txt: skipped, in no class folder",
    ]


def test_many_files_that_are_left_out_are_counted(animals: Path) -> None:
    for at in range(30):
        (animals / "cat" / f"{at}.txt").touch()
    told: list[str] = []
    opened(animals, LABELLED, tell=told.append)
    assert (len(told), told[-1]) == (21, "10 more files are skipped")


def test_links_that_lead_in_circles_are_left_out(animals: Path) -> None:
    (animals / "cat" / "again").symlink_to(animals / "cat")
    (animals / "cat" / "more" / "up").symlink_to("..")
    (animals / "ant" / "self.png").symlink_to("self.png")
    told: list[str] = []
    data = opened(animals, LABELLED, tell=told.append)
    assert len(data) == 5
    assert [line.replace(str(animals), "") for line in told] == [
        "/ant/self.png: skipped, not a picture",
        "/cat/again: skipped, a link that leads back to it",
        "/cat/more/up: skipped, a link that leads back to it",
    ]


def test_links_to_pictures_and_folders_are_followed(animals: Path) -> None:
    (animals / "ant").rename(animals.parent / "elsewhere")
    (animals / "ant").symlink_to(animals.parent / "elsewhere")
    (animals / "bee" / "3.png").symlink_to(animals / "cat" / "b.png")
    assert opened(animals, LABELLED).targets.tolist() == [0, 0, 1, 2, 2, 2]


def refused(path: Path, net: str = LABELLED) -> UnusableError:
    with pytest.raises(UnusableError) as error:
        opened(path, net)
    return error.value


def test_an_empty_class(animals: Path) -> None:
    (animals / "ant" / "1.bmp").unlink()
    assert refused(animals).message == f"{animals}/ant: no pictures in this class folder"
    for name in ("ant", "more"):  # whether or not the net has as many classes as there are folders
        (animals / name).mkdir(exist_ok=True)
    error = refused(animals, PICTURES.replace("FC(3)", "FC(2)"))
    assert error.message == f"{animals}/ant: no pictures in this class folder"
    assert error.help == "put pictures of the class there, or take the folder away"


def test_no_class_folders(tmp_path: Path) -> None:
    assert refused(tmp_path).message == f"{tmp_path}: no class folders in it"
    picture(tmp_path / "a.png")
    error = refused(tmp_path)
    assert error.message == f"{tmp_path}: pictures lie in it, but no class folders"
    assert error.help == "put the pictures of each class into a folder that has its name"


def test_a_folder_that_is_no_label(animals: Path) -> None:
    (animals / "cat").rename(animals / "cta")
    error = refused(animals)
    assert (
        "the class folders are ant, bee, cta; `cta` is none of the spec's labels" in error.message
    )
    assert error.help == "did you mean `cat`?"


@pytest.mark.parametrize(
    ("labels", "unknown", "mend"),
    [
        ("Cat, Ant, Bee", "`ant`, `bee`, `cat` are", '["cat", "ant", "bee"]'),
        ("Cat, ant, Bee", "`bee`, `cat` are", '["cat", "ant", "bee"]'),
        ("Katze, Ameise, Biene", "`ant`, `bee`, `cat` are", '["ant", "bee", "cat"]'),
    ],
)
def test_folders_of_which_none_is_a_label(
    animals: Path, labels: str, unknown: str, mend: str
) -> None:
    error = refused(animals, LABELLED.replace("cat, ant, bee", labels))
    assert error.message == (
        f"{animals}: the class folders are ant, bee, cat; {unknown} none of the spec's labels, "
        f"which are {labels}"
    )
    assert error.help == f"name them as the data do: `output: {{labels: {mend}}}`"


def test_labels_that_are_more_than_the_net_has_classes(animals: Path) -> None:
    error = refused(animals, LABELLED.replace("FC(3)", "FC(2)"))
    assert error.message == "the spec has 3 labels; the net has 2 classes"
    assert error.help == "for 3 classes the net's last layer has to end with 3: `FC(3)`"


def test_a_single_label_is_the_class_whose_chance_one_output_is(animals: Path) -> None:
    shutil.rmtree(animals / "ant")
    one = PICTURES.replace("FC(3)", "FC(1) -> SIGMOID")
    data = opened(animals, one + "output: {labels: [bee]}\n")
    assert (data.classes, data.targets.tolist()) == (("cat", "bee"), [0, 0, 1, 1])
    assert "none of the spec's labels, which are dog" in (
        refused(animals, one + "output: {labels: [dog]}\n").message
    )


@pytest.mark.parametrize(
    ("count", "mend"), [(2, "has to end with 3: `FC(3)`"), (4, "list all as the spec's `output:")]
)
def test_more_or_fewer_classes_than_the_net_has(animals: Path, count: int, mend: str) -> None:
    found = "the class folders are ant, bee, cat: 3; the net has"
    error = refused(animals, PICTURES.replace("FC(3)", f"FC({count})"))
    assert f"{found} {count} classes" in error.message
    assert mend in str(error.help)


@pytest.mark.parametrize("count", [2, 3])
def test_the_parts_of_a_data_set_are_no_classes(animals: Path, count: int) -> None:
    """However many classes the net has: two parts may look like two classes."""
    for old, new in (("ant", "val"), ("bee", "train"), ("cat", "test")):
        (animals / old).rename(animals / new)
    shutil.rmtree(animals / ("test" if count == 2 else "val"))
    error = refused(animals, PICTURES.replace("FC(3)", "FC(2)"))
    assert "train are parts of a data set" in error.message or "train, val are" in error.message
    assert f"`data: {animals}/train`" in str(error.help)


def test_labels_may_be_called_as_parts_are(animals: Path) -> None:
    for old, new in (("ant", "val"), ("bee", "train"), ("cat", "test")):
        (animals / old).rename(animals / new)
    text = PICTURES + "output: {labels: [train, test, val]}\n"
    assert opened(animals, text).classes == ("train", "test", "val")


def test_nets_that_take_no_pictures(animals: Path) -> None:
    assert "pictures need an `image:` section" in refused(animals, FEATURES).message


@pytest.mark.parametrize("fault", ["cut", "gone"])
def test_a_file_that_breaks_while_training_is_named(animals: Path, fault: str) -> None:
    data = opened(animals, LABELLED)
    file = animals / "cat" / "b.png"
    if fault == "cut":
        file.write_bytes(file.read_bytes()[:60])
    else:
        file.unlink()
    with pytest.raises(InputError, match=r"animals/cat/b\.png: (not a complete picture|No such)"):
        list(batches(data, 2, seed=0, epoch=1, shuffle=False, augment=False))


def test_a_picture_of_another_size_is_named(animals: Path) -> None:
    data = opened(animals, LABELLED.replace("resize: [7, 9], crop: [6, 8], ", ""))
    with pytest.raises(InputError, match=r"cat/b\.png: the picture is 9x11 and the net takes 6x8"):
        everything(data)


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "gif", "tif", "webp", "ppm"])
def test_a_picture_is_known_by_its_start(tmp_path: Path, suffix: str) -> None:
    path = picture(tmp_path / f"p.{suffix}")
    assert is_picture(path)
    path.write_bytes(noise(99).tobytes())
    assert not is_picture(path)
