"""The history checker: what clients logged goes in, broken promises come out.

This is its front door. It is pure: no clock, no socket, no randomness.

What a history is      record
What it says           lines, transcript, names, events, order
What is wrong with it  authorship, book, membership, ordering, delivery: findings
What it exercised      coverage
A smaller one          projection, smallest
How it is drawn        steps, picture
All of it together     checking
"""

from conformance.checker.checking import TALK, check
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
    "tag_of",
    "tagged",
]
