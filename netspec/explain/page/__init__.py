"""What a net sees of a picture as one self-contained HTML file, and an index of several."""
