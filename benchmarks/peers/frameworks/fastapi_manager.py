"""A peer: FastAPI on uvicorn, with the connection manager of FastAPI's documentation.

Pattern: https://fastapi.tiangolo.com/advanced/websockets/#handling-disconnections-and-multiple-clients

A list holds the connections, and each send is awaited in turn. As in the pattern, only a
disconnection takes a connection off the list: a handler that ends for another reason leaves it.
"""

from __future__ import annotations

import uvicorn
from door import announce, open_door
from fastapi import FastAPI, WebSocket, WebSocketDisconnect


app = FastAPI()


class ConnectionManager:
    def __init__(self) -> None:
        self.connections: list[WebSocket] = []

    async def connect(self, connection: WebSocket) -> None:
        await connection.accept()
        self.connections.append(connection)

    def disconnect(self, connection: WebSocket) -> None:
        self.connections.remove(connection)

    async def broadcast(self, text: str) -> None:
        for connection in self.connections:
            await connection.send_text(text)


manager = ConnectionManager()


@app.websocket("/ws")
async def chat(connection: WebSocket) -> None:
    await manager.connect(connection)
    try:
        while True:
            await manager.broadcast(await connection.receive_text())
    except WebSocketDisconnect:
        manager.disconnect(connection)


if __name__ == "__main__":
    door = open_door()
    announce("fastapi-manager", door.getsockname())
    config = uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1)
    uvicorn.Server(config).run(sockets=[door])
