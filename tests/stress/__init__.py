"""Crowds, churn and peers that vanish, one server at a time: `make stress`."""
