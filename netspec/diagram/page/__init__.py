"""A net as one self-contained HTML file, in which the diagram unfolds."""

from netspec.diagram.page.filling import document, first_dot, page_data
from netspec.diagram.page.tree import TooLargeError

__all__ = ["TooLargeError", "document", "first_dot", "page_data"]
