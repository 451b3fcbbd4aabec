"""Tests of the hubs under controlled schedules, and of the machinery that makes these."""
