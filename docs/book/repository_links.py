"""A Sphinx extension: links to files and folders of the repository work on the site.

The pages link to what stands beside them in the repository, as people read it there.
On the site a link to source code leads to a page that shows it, one to a folder to
that folder's README, and one to a page or picture that a program made to a copy.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util import logging


__all__ = ["setup"]

_LOG = logging.getLogger(__name__)
_COPIED = {".html", ".svg", ".png", ".gz", ".json"}


class LinkFiles(SphinxTransform):
    """Put a plain link in the place of each that would become a download."""

    default_priority = 500

    def apply(self, **_: Any) -> None:
        """Go through one page."""
        linked: dict[str, set[str]] = vars(self.env).setdefault("linked_files", {})
        for link in list(self.document.findall(addnodes.download_reference)):
            file = self._target(link)
            linked.setdefault(self.env.docname, set()).add(file)
            if Path(file).suffix in _COPIED:
                self._lead(link, os.path.relpath(file, Path(self.env.docname).parent))
            else:
                self._lead(link, self._uri(_page(file)))
        for link in list(self.document.findall(addnodes.pending_xref)):
            readme = f"{self._target(link)}/README"
            if Path(self.app.srcdir, f"{readme}.md").is_file():  # else Sphinx says what is wrong
                self._lead(link, self._uri(readme))

    def _target(self, link: nodes.Element) -> str:
        """Where in the repository a link of this page leads."""
        here = os.path.dirname(self.env.docname)
        return os.path.normpath(os.path.join(here, str(link["reftarget"])))

    def _uri(self, docname: str) -> str:
        return self.app.builder.get_relative_uri(self.env.docname, docname)

    def _lead(self, link: nodes.Element, uri: str) -> None:
        link.replace_self(nodes.reference("", "", *link.children, refuri=uri, internal=True))


def _page(file: str) -> str:
    return f"code/{file}"


def _linked(app: Sphinx) -> set[str]:
    return set().union(*vars(app.env).get("linked_files", {}).values())


def _code_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Make a page of each source file that a page links to."""
    highlighter = app.builder.highlighter  # type: ignore[attr-defined]
    for file in sorted(_linked(app)):
        path = Path(app.srcdir, file)
        if path.suffix in _COPIED:
            continue
        language = {".py": "python", ".c": "c", ".toml": "toml", ".ini": "ini"}.get(path.suffix)
        text = path.read_text(encoding="utf-8")
        shown = highlighter.highlight_block(text, language or "text", linenos=False)
        body = f"<h1>{path.name}</h1><p><code>{file}</code></p>{shown}"
        yield _page(file), {"title": path.name, "body": body}, "page.html"


def _copy_files(app: Sphinx, error: Exception | None) -> None:
    """Copy the pages and pictures that are linked to, at the same place as in the repository."""
    if error is None:
        for file in sorted(file for file in _linked(app) if Path(file).suffix in _COPIED):
            target = Path(app.outdir, file)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(Path(app.srcdir, file), target)
        # The README's chart stands in raw HTML, which names a light and a dark file.
        for chart in Path(app.srcdir, "docs").glob("load-curve-*.svg"):
            target = Path(app.outdir, "docs", chart.name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(chart, target)


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.add_transform(LinkFiles)
    app.connect("html-collect-pages", _code_pages)
    app.connect("build-finished", _copy_files)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
