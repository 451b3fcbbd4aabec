"""Two netcats: each joins a connection to a standard input and a standard output."""

from __future__ import annotations

import asyncio


async def hasty(reader, writer, lines, heard):
    """Send the input; close the connection when the input ends."""
    listening = asyncio.create_task(_listen(reader, heard))
    async for line in lines:
        writer.write(line)
        await writer.drain()
    writer.close()
    await listening


async def patient(reader, writer, lines, heard):
    """Send the input, then end only this side; close when the other side ends."""
    talking = asyncio.create_task(_talk(writer, lines))
    await _listen(reader, heard)
    talking.cancel()
    writer.close()


async def _talk(writer, lines):
    async for line in lines:
        writer.write(line)
        await writer.drain()
    writer.write_eof()


async def _listen(reader, heard):
    async for line in reader:
        heard.append(line)
