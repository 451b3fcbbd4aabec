"""Sphinx: the site of `make book`, built from the repository's own pages, where they stand."""

from __future__ import annotations

import sys
from pathlib import Path


HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))

project = "Hubbub"
html_title = "Hubbub"
project_copyright = ""
html_show_copyright = False
root_doc = "docs/book/index"
language = "en"

extensions = ["myst_nb", "repository_links", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
include_patterns = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "benchmarks/README.md",
    "benchmarks/micro/README.md",
    "benchmarks/rounds/*/table.md",
    "docs/book/*.md",
    "docs/io-uring.md",
    "docs/popular.md",
    "docs/provenance.md",
    "implementations/*.md",
    "implementations/*/README.md",
    "lessons/README.md",
    "lessons/*/*.ipynb",
    "lessons/*/README.md",  # what a lesson is about, and where it comes from
    "conformance/README.md",
    "tests/*/README.md",
]
exclude_patterns = ["**/.ipynb_checkpoints", "**/node_modules"]

# The notebooks are committed executed; the lessons' own tests run them.
nb_execution_mode = "off"
suppress_warnings = ["toc.not_included"]  # the lessons' READMEs: linked to, not in the side bar
nb_ipywidgets_js: dict[str, dict[str, str]] = {}  # no slider works on a page
myst_heading_anchors = 3
myst_enable_extensions = ["substitution"]
# What a program made: pages where they have been made, else how to make them.
_round = max((ROOT / "benchmarks" / "rounds").iterdir()).name
_made = {
    "latest_round": (f"the round {_round}", f"benchmarks/rounds/{_round}/report.html", "round"),
    "gallery": ("the gallery", "report/gallery.html", "gallery"),
    "report": ("the report", "report/index.html", "compare"),
}
myst_substitutions = {
    key: f"[{text}](../../{file})" if (ROOT / file).is_file() else f"{text} (`make {how}` makes it)"
    for key, (text, file, how) in _made.items()
}

# The reference of the suite: docstrings in Google's style, and names as people write them.
add_module_names = False
autodoc_default_options = {"member-order": "bysource"}
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
napoleon_numpy_docstring = False
napoleon_use_ivar = True
python_use_unqualified_type_names = True

highlight_language = "text"  # of blocks that do not say: what people type

html_theme = "furo"
html_extra_path = ["index.html"]  # where people begin
html_copy_source = False
html_show_sphinx = False
pygments_style = "friendly"
pygments_dark_style = "monokai"
