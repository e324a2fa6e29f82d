"""What training shows while it runs: the line that moves, and the one that stays for each epoch."""

from __future__ import annotations

from dataclasses import replace
from math import inf, nan
from types import SimpleNamespace

import pytest

from netspec.cli.train_progress import TrainProgress, train_lines
from netspec.train.records import EpochRecord
from tests.test_progress import Terminal

EPOCH = EpochRecord(3, 0.001, 0.43214, 0.871, 0.3987, 0.88, 2.14, 1438)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    made = Terminal()
    for module in ("progress", "train_progress"):
        monkeypatch.setattr(f"netspec.cli.{module}.sys", SimpleNamespace(stderr=made))
    monkeypatch.setenv("COLUMNS", "100")
    return made


def lines(progress: TrainProgress, epoch: int, done: int) -> None:
    progress.batch(epoch, done, 45, loss=0.43214, accuracy=0.871, rate=0.001)


def test_the_line_that_moves(terminal: Terminal) -> None:
    progress = TrainProgress(20, clock=terminal.clock)
    terminal.now += 0.4
    lines(progress, 1, 3)
    assert terminal.said() == ""
    terminal.now += 8.6
    lines(progress, 1, 9)  # of 20 epochs a hundredth, in 9 seconds
    assert terminal.said() == (
        "\repoch  1/20  batch  9/45  loss 0.4321  accuracy  87.1%  rate 0.001  15 min left\x1b[K"
    )
    lines(progress, 1, 10)
    assert terminal.said() == ""
    progress.clear()
    assert terminal.said() == "\r\x1b[K"


def test_the_time_left_of_a_run_that_goes_on(terminal: Terminal) -> None:
    progress = TrainProgress(20, before=18, clock=terminal.clock)
    terminal.now += 60
    progress.batch(20, 45, 90, loss=None, accuracy=None, rate=0.001)  # one and a half of two
    assert terminal.said() == "\repoch 20/20  batch 45/90  rate 0.001  20 s left\x1b[K"


def test_it_is_no_wider_than_the_terminal(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "31")
    progress = TrainProgress(20, clock=terminal.clock)
    terminal.now += 1
    lines(progress, 1, 9)
    assert terminal.said() == "\repoch  1/20  batch  9/45  loss\x1b[K"


@pytest.mark.parametrize("is_terminal", [True, False])
def test_an_epoch_leaves_its_line(
    terminal: Terminal,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    is_terminal: bool,
) -> None:
    monkeypatch.setattr(terminal, "isatty", lambda: is_terminal)
    progress = TrainProgress(20, clock=terminal.clock)
    terminal.now += 9
    lines(progress, 3, 9)
    progress.epoch(EPOCH)
    assert terminal.said().endswith("\r\x1b[K") == is_terminal
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", train_lines(EPOCH, 20) + "\n")


def test_the_line_of_an_epoch() -> None:
    assert train_lines(EPOCH, 20) == (
        "epoch  3/20  loss 0.4321  accuracy  87.1%  validation loss 0.3987   88.0%"
        "  rate 0.001     2.1 s"
    )
    bare = replace(EPOCH, accuracy=None, validation_loss=None, validation_accuracy=None)
    assert train_lines(bare, 3) == "epoch 3/3  loss 0.4321  rate 0.001     2.1 s"
    slow = replace(bare, seconds=5000)
    assert train_lines(slow, 3) == "epoch 3/3  loss 0.4321  rate 0.001     83 min"


def test_lines_stand_in_columns() -> None:
    others = [
        EPOCH,
        replace(EPOCH, epoch=20, rate=0.000976, loss=12.3456, accuracy=1.0),
        replace(EPOCH, rate=9.77e-05, loss=231.0, validation_loss=nan, validation_accuracy=0.0),
        replace(EPOCH, loss=inf, validation_loss=0.0),
    ]
    made = [train_lines(record, 20) for record in others]
    for word in ("loss", "accuracy", "validation", "rate", " 2.1 s"):
        assert len({line.index(word) for line in made}) == 1, (word, made)


@pytest.mark.parametrize(
    ("loss", "shown"),
    [
        (9.12345e-05, "9.12e-05"),
        (0.0, "0"),
        (9.99999, "10.0000"),
        (12.3456, "12.346"),
        (4321.0, "4.32e+03"),
        (-0.5, "-0.5000"),
    ],
)
def test_losses_of_all_sizes(loss: float, shown: str) -> None:
    assert f"loss {shown:>6}  accuracy" in train_lines(replace(EPOCH, loss=loss), 20)


def test_a_loss_of_nothing_has_no_sign() -> None:
    record = EpochRecord(1, 1e-3, -0.0, 0.99964, None, None, 1.0, 8)
    assert train_lines(record, 1).startswith("epoch 1/1  loss      0  accuracy 99.96%")
