"""Tests of the hubs under controlled schedules, and of the code that makes these."""
