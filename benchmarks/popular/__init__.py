"""What popular chat servers do: starts each popular peer and writes down its behaviour, with proof.

``python -m benchmarks.popular`` does it all and writes docs/popular.md and docs/popular.json.
These are behaviours, not speeds: a busy machine changes a time, and not what happens.

    observing.py   the clients: they take what no server of ours would send, and write it down
    probes.py      one probe per behaviour; each returns plain values for the JSON file
    findings.py    one short sentence per probe, made from these values
    advice.py      per peer: what its maintainers say, and how a small fix looks
    page.py        the page: the table, the proofs, the fixes
"""
