"""The UCI digits, scikit-learn's copy, as pictures of LeNet-5's 32 x 32 pixels; and the split."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

SIDE = 32
SEED = 0


class Digits(NamedTuple):
    """Pictures (N, 32, 32), 0 for the paper to 255 for ink, and the digit that each shows."""

    pictures: NDArray[np.uint8]
    digits: NDArray[np.int64]


def load() -> Digits:
    """All 1,797 scans, in the order of the data set."""
    scans = load_digits()
    return Digits(np.stack([picture(scan) for scan in scans.images]), scans.target.astype(np.int64))


def picture(scan: NDArray[np.float64]) -> NDArray[np.uint8]:
    """One scan of 8 x 8 counts of ink from 0 to 16 as 32 x 32 grey levels."""
    grey = Image.fromarray(np.rint(scan * (255 / 16)).astype(np.uint8))
    return np.asarray(grey.resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def split(digits: Digits) -> tuple[Digits, Digits]:
    """Two thirds to learn from, and a third, 599 pictures, held out; stratified by digit."""
    known, held_out = train_test_split(
        np.arange(len(digits.digits)), test_size=1 / 3, random_state=SEED, stratify=digits.digits
    )
    return _take(digits, known), _take(digits, held_out)


def _take(digits: Digits, which: NDArray[np.int64]) -> Digits:
    return Digits(digits.pictures[which], digits.digits[which])
