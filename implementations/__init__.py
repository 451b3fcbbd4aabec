"""The chat servers, the rules they keep (PROTOCOL.md) and the list of them (registry.py)."""
