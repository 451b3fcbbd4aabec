"""Tests of the exhibits, and with them of the suite: what is wrong on purpose has to be found."""
