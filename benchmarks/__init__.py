"""The benchmark: measures from outside what a server makes of one message to many clients.

README.md says how it is measured; the steps stand here in their order.

What is measured:
    workload.py         what one run asks of a server
    scenarios.py        the scenarios, each with what it is expected to show
    peers/              servers on other libraries and in other languages
    duration.py         how long a measurement takes, before it begins
    campaign.py         which run comes next: servers take turns, and a stopped campaign resumes

One run:
    load.py             plays a workload against a server, and watches both from outside
    generator/          the load generator, in C and in Python
    samples.py          its raw samples: every message and every delivery
    server_process.py   a server's process: started, asked for its address, ended
    interpreters.py     the Pythons of this machine that a server can run on
    memory_copy.py      how long a copy in memory takes
    idleness.py         how busy the machine is before a long measurement
    cores.py            which core the server runs on, and which one the generator
    procfs.py           memory, processor time and waiting, from /proc
    syscalls.py         system calls, counted with perf or strace
    toolchains.py       builds or installs programs and their packages into a cache
    environment.py      the machine, the versions and the day

From samples to numbers:
    deliveries.py       what became of every delivery: lost, doubled, altered, out of order
    trust.py            whether a run is valid, invalid or unknown
    run_figures.py      one run reduced to histograms and a few numbers
    results.py          the result file, with its schema in results.schema.json
    metrics.py          one number of a run, with its name and unit
    summary.py          all runs of one server at one point, and which servers are tied
    ties.py             ties as brackets and as letters
    capacity.py         for n clients and r messages per second: the p99 of each server
    limits.py           what no server's code can make faster
    estimates.py        percentiles, histograms, ratios with intervals

What is shown:
    summaries.py        what a CI reads: JUnit XML, Markdown, a badge
    table.py            tables on a terminal
    comparison.py       two result files side by side, on a terminal
    report_sections.py  what each section of the HTML report shows
    sentences/          what the report says in words
    charts.py           the kinds of chart
    chart_axes.py       what several charts share
    chart_styles.py     colours, markers and dashes
    svg.py              a chart as markup for a page
    files.py            writes a file whole or not at all

Beside it:
    audit/              cross-checks the load generator with an independent one
    popular/            what popular servers do, with proof: docs/popular.md
    micro/              benchmarks of single steps inside a server
    rounds/             published measurements
"""
