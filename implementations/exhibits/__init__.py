"""Servers that are wrong on purpose: one file per exhibit, one difference from a good server.

catalogue.py finds them and reads their headers. Each file has three parts: a docstring, which
says what the mistake is, why it looks right and which rules it breaks; ``BASE``, the id of the
good server that it differs from; and ``REPLACES``, which maps a name in that server's code to
the wrong object that replaces it. ``hubbub serve exhibit-NAME`` starts an exhibit,
``hubbub list --exhibits`` lists them all.
"""
