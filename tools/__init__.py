"""Scripts that the Makefile uses before anything is installed: standard library only."""
