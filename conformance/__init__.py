"""The conformance suite: judges any chat server by its sockets alone.

This is all that a rule test needs to import; README.md says how to write one.
The suite imports nothing of the servers that it judges.
"""

from conformance.clients import Client
from conformance.expectations import ConnectionEnded, Fence, Mismatch
from conformance.factories import ClientFactory, Connect, Launch, ServerFactory
from conformance.http_requests import Refused, Response, http_request
from conformance.inbox import End
from conformance.marks import rule, settings, slow_rule
from conformance.protocol import Door
from conformance.server import NotReady, Server, free_address
from conformance.tcp_client import TcpClient
from conformance.timing import TICK, WITHIN
from conformance.verdicts import Unknown
from conformance.websocket_client import WebSocketClient


__all__ = [
    "TICK",
    "WITHIN",
    "Client",
    "ClientFactory",
    "Connect",
    "ConnectionEnded",
    "Door",
    "End",
    "Fence",
    "Launch",
    "Mismatch",
    "NotReady",
    "Refused",
    "Response",
    "Server",
    "ServerFactory",
    "TcpClient",
    "Unknown",
    "WebSocketClient",
    "free_address",
    "http_request",
    "rule",
    "settings",
    "slow_rule",
]
