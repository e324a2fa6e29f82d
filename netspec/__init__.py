"""netspec: a compiler for neural networks written as short YAML files."""

__version__ = "0.1.0"
