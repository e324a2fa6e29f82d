"""Graph -> the layers and boxes that a diagram shows, each repeat and each block drawn once."""

from netspec.diagram.folding.fold import fold
from netspec.diagram.folding.tree import Box, Leaf, Member, joined, leaves_of, without_inner

__all__ = ["Box", "Leaf", "Member", "fold", "joined", "leaves_of", "without_inner"]
