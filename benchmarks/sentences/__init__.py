"""What a report says in words. Every sentence is computed from the numbers of a `Summary`. Pure.

Servers that are tied are never ranked against each other.

    findings.py   what each scenario found: the sentences beside its charts
    claims.py     what is said of two servers, as data that a test can hold against the numbers
    rankings.py   servers ranked by a metric: ends, sides of the peer, ties
    ladders.py    how far each server got on a ladder
    growth.py     where each server leaves its line as rooms and messages grow
    pythons.py    each server on another Python against itself on the default one
    stalls.py     what a stalled client did to the others
    remarks.py    how far the numbers can be trusted: noise, floor, network, runs left out
    advice.py     which server to pick for what
    wording.py    `Finding` and `Group`, and how names and ranges are written
"""
