"""Peers on the frameworks that people use, each by the pattern that the framework documents.

Each program is a script of its own, and has a list of pinned packages of the same name beside it
(``aiohttp_loop.py``, ``aiohttp_loop.txt``). `benchmarks.toolchains.python_environment` installs the
list into an environment that holds nothing else, because the frameworks need other versions of
some packages than we do. So nothing here imports anything of ours except ``door.py``.

    door.py               the listening socket and the ready line
    aiohttp_loop.py       aiohttp: a set of clients, each send awaited in turn
    channels_group.py     Django Channels on daphne: a group of the in-memory channel layer
    fastapi_manager.py    FastAPI on uvicorn: the connection manager
    gevent_loop.py        gevent with gevent-websocket: a loop over the server's clients
    quart_broker.py       Quart on hypercorn: a broker with a queue per client
    sanic_loop.py         Sanic: a set of clients, each send awaited in turn
    socketify_publish.py  socketify, on uWebSockets: publish to a topic
    starlette_set.py      Starlette on granian: a set of clients, each send awaited in turn
    tornado_waiters.py    Tornado: a set of handlers, write_message without waiting
    trio_websocket_loop.py  trio-websocket: a set of clients, each send awaited in turn
"""
