"""Cross-check the load generator with an independent one (``make audit``).

    audit.c         the second load generator; it shares no code and no method with generator.c
    agreement.py    measures servers with both generators, in turns, and compares the results
    __main__.py     the command line and its table
    agreement.txt   the latest result, with its machine and date
"""
