"""``hubbub lab``: turn the dials of a running server, and watch it.

One process on loopback serves one page, starts a server and a load generator, and passes on what
they tell:

    scene.py      what runs: the server and the load, within bounds
    stage.py      the server and the generator of a scene, started, watched and ended
    figures.py    what the operating system and the server tell about the server
    verdicts.py   the history checker over the clients that are watched closely
    web.py        the page and its WebSocket
    tape.py       recordings: written, played, and put into one page
    page/         the page
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import secrets
import shlex
import signal
import sys
import webbrowser
from collections.abc import Iterator
from pathlib import Path

from hubbub.output import CannotWrite


__all__ = ["add_arguments", "run"]

EPILOG = """\
examples:
  hubbub lab                                 starts, prints a URL and opens it
  hubbub lab --command './mine --ws {ws}'    your own server is in it, too
  hubbub lab --record stall.jsonl.gz         writes down what the page shows
  hubbub lab --play stall.jsonl.gz           shows that again, without a server
  hubbub lab --play stall.jsonl.gz --html stall.html    one page, works offline

The page works on this machine only. Its URL has a token that no other page
knows. Ctrl-C ends the lab and everything that it started.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this sub-command's flags."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    parser.add_argument(
        "--command",
        dest="own",
        metavar="CMD",
        help="a server of your own, with {ws} in the command",
    )
    parser.add_argument("--port", type=_port, default=0, metavar="N", help="default: any free one")
    parser.add_argument("--no-open", action="store_true", help="print the URL, open no browser")
    parser.add_argument(
        "--record", type=Path, metavar="FILE", help="record the scene (.jsonl, .gz)"
    )
    parser.add_argument("--play", type=Path, metavar="FILE", help="show a recording, start nothing")
    parser.add_argument(
        "--html", type=Path, metavar="FILE", help="with --play: write one offline page, and end"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the lab until a signal, and return the exit code."""
    if arguments.html is not None and arguments.play is None:
        print("hubbub: --html needs --play FILE", file=sys.stderr)
        return 2
    if arguments.record is not None and arguments.play is not None:
        print("hubbub: --record and --play exclude each other", file=sys.stderr)
        return 2
    from benchmarks.load import LoadError
    from hubbub.lab.tape import NoTape

    try:
        if arguments.html is not None:
            from hubbub.lab.tape import write_page

            write_page(arguments.play, arguments.html)
            print(f"wrote {arguments.html}")
            return 0
        return asyncio.run(_serve(arguments))
    except (NoTape, LoadError, CannotWrite) as error:
        print(f"hubbub: {error}", file=sys.stderr)
        return 1


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"expected a port from 0 to 65535, got {text!r}")
    return int(text)


async def _serve(arguments: argparse.Namespace) -> int:
    from hubbub.lab.stage import Stage
    from hubbub.lab.tape import Player, Tape
    from hubbub.lab.web import Web

    command = shlex.split(arguments.own) if arguments.own else None
    if command is not None and not any("{ws" in word for word in command):
        print("hubbub: --command needs {ws} or {ws_port} in it", file=sys.stderr)
        return 2
    token = secrets.token_urlsafe(16)
    with _ending_signals() as ended, contextlib.ExitStack() as stack:
        tape = stack.enter_context(Tape(arguments.record)) if arguments.record else None
        if arguments.play is not None:
            source: Stage | Player = Player(arguments.play)
        else:
            source = Stage(command)
        if tape is not None:
            for message in source.hello():
                tape.write(message)
        web = Web(source, token, tape)
        try:
            async with web.serving(arguments.port) as port:
                url = f"http://127.0.0.1:{port}/?token={token}"
                print(f"hubbub lab: {url}\nCtrl-C ends it", flush=True)
                if not arguments.no_open:
                    await asyncio.to_thread(webbrowser.open, url)
                running = asyncio.create_task(source.run(web.tell))
                waiting = asyncio.create_task(ended.wait())
                await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
                for task in (running, waiting):
                    task.cancel()
                await asyncio.wait({running, waiting})
                if not running.cancelled() and (error := running.exception()) is not None:
                    raise error
        except OSError as error:
            print(f"hubbub: cannot serve the page: {error.strerror}", file=sys.stderr)
            return 1
    return 130


@contextlib.contextmanager
def _ending_signals() -> Iterator[asyncio.Event]:
    """Yield an event that Ctrl-C, SIGTERM and a closed terminal set."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    handled = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
    for number in handled:
        loop.add_signal_handler(number, ended.set)
    try:
        yield ended
    finally:
        for number in handled:
            loop.remove_signal_handler(number)
