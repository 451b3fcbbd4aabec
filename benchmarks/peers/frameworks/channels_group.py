"""A peer: Django Channels on daphne, a group of the in-memory channel layer.

Pattern: https://channels.readthedocs.io/en/latest/tutorial/part_2.html, in the asynchronous form of
https://channels.readthedocs.io/en/latest/tutorial/part_3.html. The tutorial uses the Redis layer;
the in-memory layer is the one that needs no other server, and the documentation says that it is not
for production: https://channels.readthedocs.io/en/latest/topics/channel_layers.html
"""

from __future__ import annotations

import django
from django.conf import settings


settings.configure(
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    CHANNEL_LAYERS={"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}},
    INSTALLED_APPS=["channels"],
    LOGGING_CONFIG=None,
    SECRET_KEY="a peer keeps no secrets",
)
django.setup()

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from daphne.server import Server
from django.urls import path
from door import announce, open_door


class Chat(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        await self.channel_layer.group_add("room", self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard("room", self.channel_name)

    async def receive(self, text_data: str) -> None:
        await self.channel_layer.group_send("room", {"type": "chat.message", "text": text_data})

    async def chat_message(self, event: dict[str, str]) -> None:
        await self.send(text_data=event["text"])


if __name__ == "__main__":
    door = open_door()
    address = door.getsockname()  # daphne closes this object, and keeps its descriptor's copy
    routes = URLRouter([path("ws", Chat.as_asgi())])
    Server(
        ProtocolTypeRouter({"websocket": AllowedHostsOriginValidator(routes)}),
        endpoints=[f"fd:fileno={door.fileno()}"],
        ready_callable=lambda: announce("channels-group", address),
        verbosity=0,
    ).run()
