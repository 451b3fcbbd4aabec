"""Servers that are wrong on purpose: one file an exhibit, one difference from a good server.

catalogue.py finds them and reads their headers. Each file is a docstring that says what the
exhibit imitates, why it looks right and which promises it breaks; ``BASE``, the good server it
differs from; and ``REPLACES``, what stands where in its stead. ``hubbub serve exhibit-NAME``
starts one, ``hubbub list --exhibits`` names them all.
"""
