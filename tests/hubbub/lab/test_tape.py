"""Recordings: what is written is played, other files are refused, and a page holds one."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from pathlib import Path
from typing import Any

import pytest

from hubbub.lab.tape import NoTape, Player, Tape, write_page
from hubbub.output import CannotWrite


Message = dict[str, Any]
TOLD: list[Message] = [
    {"is": "hello", "version": 1, "recorded": False},
    {"is": "scene", "server": "trio-direct", "state": "running"},
    {"is": "depths", "t": 1.0, "base64": "AQID"},
    {"is": "event", "t": 2.0, "kind": "start", "text": "</script>", "client": None},
]


@pytest.fixture(params=["scene.jsonl", "scene.jsonl.gz"])
def recording(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a recording, plain or compressed."""
    path: Path = tmp_path / request.param
    with Tape(path) as tape:
        for message in TOLD:
            tape.write(message)
    return path


def test_recording_plays_as_it_was(recording: Path) -> None:
    """A player tells the same messages, and its hello says that they are recorded."""
    player, told = Player(recording), list[Message]()

    async def scene() -> None:
        all_came = asyncio.Event()

        def tell(message: Message) -> None:
            told.append(message)
            if len(told) == len(TOLD):
                all_came.set()

        playing = asyncio.create_task(player.run(tell))
        await all_came.wait()
        playing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await playing

    player.do({"do": "restart"})
    asyncio.run(scene())

    assert told[0] == TOLD[0] | {"recorded": True}
    assert told[1:] == TOLD[1:]
    assert player.hello() == [TOLD[0] | {"recorded": True}]


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"[]", b'[0,{"is":"event"}]', b'{"is":"hello"}', b"\xff\xfe"]
)
@pytest.mark.parametrize("name", ["x.jsonl", "x.jsonl.gz"])
def test_other_files_are_no_recordings(name: str, content: bytes, tmp_path: Path) -> None:
    """What is no recording is refused in one line."""
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(NoTape, match=r"x\.jsonl"):
        Player(path)


def test_missing_file_is_one_line(tmp_path: Path) -> None:
    """A file that is not there is named."""
    with pytest.raises(NoTape, match="No such file"):
        Player(tmp_path / "gone.jsonl")


def test_full_disk_is_one_line() -> None:
    """A disk that is full while a scene is recorded is said at the end at the latest."""

    def record() -> None:
        with Tape(Path("/dev/full")) as tape:
            for _ in range(10_000):
                tape.write(TOLD[2])

    with pytest.raises(CannotWrite, match="No space left"):
        record()


def test_page_holds_the_recording_and_loads_nothing(recording: Path, tmp_path: Path) -> None:
    """The offline page has the data, the style and all modules in it."""
    page = tmp_path / "page.html"

    write_page(recording, page)

    html = page.read_text("utf-8")
    begin = html.index('id="recording">') + len('id="recording">')
    data = html[begin : html.index("</script>", begin)]
    assert [json.loads(line)[1] for line in data.strip().splitlines()] == TOLD
    assert "src=" not in html
    assert 'rel="stylesheet"' not in html
    assert "\nimport " not in html


def test_times_are_those_of_the_scene(tmp_path: Path) -> None:
    """Each message keeps when it was told."""
    path = tmp_path / "scene.jsonl"
    with Tape(path) as tape:
        tape.write(TOLD[0])
        began = time.monotonic()
        while time.monotonic() < began + 0.05:
            time.sleep(0.01)
        tape.write(TOLD[1])

    first, second = (json.loads(line)[0] for line in path.read_text().splitlines())
    assert second - first >= 0.05
