"""The history checker: the logs of clients go in, broken promises come out.

This is its front door. It is pure: it uses no clock, no socket and no randomness.

What a history is          record
What a history says        lines, transcript, names, events, order
What is wrong with it      authorship, book, membership, ordering, delivery: findings
What it exercised          coverage
How to make it smaller     projection, smallest
How to draw it             steps, picture
All of it together         checking
"""

from conformance.checker.checking import TALK, check, check_window
from conformance.checker.lines import tag_of, tagged
from conformance.checker.record import Coverage, History, Session, Verdict, Violation


__all__ = [
    "TALK",
    "Coverage",
    "History",
    "Session",
    "Verdict",
    "Violation",
    "check",
    "check_window",
    "tag_of",
    "tagged",
]
