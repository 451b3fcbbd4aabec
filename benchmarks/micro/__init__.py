"""What one step costs: a hub's fan-out, a codec's feed, a room's transition (README.md)."""
