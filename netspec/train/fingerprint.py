"""A hash of samples, by which a run that goes on knows those that it began with."""

from __future__ import annotations

import hashlib

import numpy as np

from netspec.train.data import Dataset

#: Samples of a set that are read for it, evenly spread.
_READ = 64


def fingerprint(*datasets: Dataset | None) -> str:
    """Of all targets and names of classes, and of some samples: to read all pictures of a folder
    takes as long as an epoch.  InputError, naming the file, where one cannot be read.
    """
    found = hashlib.sha256()
    for samples in datasets:
        if samples is None:
            found.update(b"none")
            continue
        count = len(samples)
        found.update(repr((count, samples.shape, samples.classes)).encode())
        found.update(np.ascontiguousarray(samples.targets).tobytes())
        spread = np.linspace(0, count - 1, min(_READ, count)).astype(np.int64)
        found.update(samples.read(spread, None).tobytes())
    return found.hexdigest()
