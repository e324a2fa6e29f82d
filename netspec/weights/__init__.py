"""Learned tensors: files that hold them, values that start them, names that find them."""
