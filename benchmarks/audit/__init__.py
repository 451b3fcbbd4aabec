"""A second load generator, written another way, to check the first by: ``make audit``."""
