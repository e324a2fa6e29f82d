"""Graph -> facts: parameters, MACs, memory, receptive fields, warnings, and the report of them."""
