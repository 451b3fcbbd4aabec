"""The chat servers (servers.py lists them) and the rules that they keep (PROTOCOL.md)."""
