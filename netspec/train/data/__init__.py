"""Samples with their targets: where they come from, how they vary, and in what batches they come.

`open_data` reads an .npz file, a folder of class folders or a CSV file, `split` holds a part out,
`batches` gives a pass over the samples.
"""

from netspec.train.data.batching import batches
from netspec.train.data.dataset import Batch, Dataset
from netspec.train.data.draws import Draws
from netspec.train.data.opening import open_data
from netspec.train.data.splitting import split

__all__ = ["Batch", "Dataset", "Draws", "batches", "open_data", "split"]
