"""Tests of the exhibits: their files, their headers, and what each runtime hides or shows."""
