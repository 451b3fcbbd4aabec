"""Crowds, churn and peers that vanish, at one server at a time: `make stress`."""
