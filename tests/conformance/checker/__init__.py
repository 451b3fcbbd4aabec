"""The parts of the history checker; ``tests.conformance.history`` is its front door.

What a history is      record
What it says           lines, transcript, names, events, order
What is wrong with it  authorship, book, membership, ordering, delivery: findings
What it exercised      coverage
A smaller one          projection
How it is drawn        steps, picture
"""
