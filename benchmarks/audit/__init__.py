"""Cross-check the load generator with an independent one (``make audit``).

Both generators measure the same servers, in turns:

    audit.c         the second load generator; it shares no code and no method with generator.c
    live.py         measures a server with the lab's generator, for a check of that one
    agreement.py    measures servers with both generators, and compares the results
    __main__.py     the command line and its table
    agreement.txt   the latest result, with its machine and date; agreement_peers.txt: for ten peers
"""
