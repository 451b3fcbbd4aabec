"""What `hubbub report` adds to the sections: data, tables, a style sheet and two scripts.

The page is one file that loads nothing. It holds its data once, as JSON in a ``script`` element,
and each chart twice: as SVG for readers without scripts and for paper, and drawn from the data by
``chart.js``, which needs no library: a chart here has at most a few hundred points.

    plots.py      the lines of the interactive charts
    answers.py    the answer for each position of the two sliders
    overview.py   one row per server, one column per question
    pairs.py      two servers compared: ratio, range, and whether they are tied
    changes.py    two rounds compared
    numbers.py    every median of the round, as CSV
    page.css      how the page looks, on a screen and on paper
    chart.js      draws a chart from its data
    page.js       sliders, legends, sorting, links
"""
