"""``python -m tests.hubbub.wrong_echo RUNTIME``: an echo server whose codec has a fault.

The fault: a text may hold bytes that are not UTF-8.
"""

import sys
from unittest.mock import patch

from hubbub.echo_server import main
from implementations.core.websocket_codec import WebSocketCodec


if __name__ == "__main__":
    with patch.object(WebSocketCodec, "_feed_data_frame", lambda *_: None):
        main(sys.argv[1])
