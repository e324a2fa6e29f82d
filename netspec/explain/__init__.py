"""What a net sees: saliency, class activation maps, occlusion and others, and pictures of them."""
