"""A slider in a notebook moves, and the picture follows."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.output_widget import OutputWidget

from hubbub.notebook.pictures import STATIC


EXPLORE = """\
from hubbub.notebook import explore
sliders = explore(lambda policy: f"drawn for {policy}", policy=["block", "disconnect"])
sliders"""
MOVE = """\
[slider] = sliders.children[:-1]
slider.value = "disconnect"
"""


@pytest.mark.parametrize(
    ("cells", "drawn"), [([EXPLORE], "block"), ([EXPLORE, MOVE], "disconnect")]
)
def test_slider_draws_what_it_chooses(
    cells: list[str], drawn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first choice is shown at first, and another one after a move."""
    monkeypatch.delenv(STATIC, raising=False)
    # sync_state would use the socket on which the client waits for a reply, unknown to asyncio:
    # now and then a wake-up is lost, which costs 60 s.
    monkeypatch.setattr(OutputWidget, "sync_state", lambda widget: None)
    v4: Any = nbformat.v4
    notebook = v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in cells])

    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()

    states = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    [output] = [one["state"] for one in states.values() if one["model_name"] == "OutputModel"]
    assert [shown["data"]["text/plain"] for shown in output["outputs"]] == [f"'drawn for {drawn}'"]
