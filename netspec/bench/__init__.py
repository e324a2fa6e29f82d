"""How fast a model runs, how much memory it takes, and beside what.  The only importer of torch."""
