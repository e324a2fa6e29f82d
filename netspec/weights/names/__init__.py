"""Which tensor of a file is which of ours, where the file has names of its own: PyTorch's,
torchvision's, timm's.

The names are read as a tree of modules, and the tree is laid over the layers in their order of
execution.  docs/weights.md states what is taken for granted of names, and what is not.
"""
