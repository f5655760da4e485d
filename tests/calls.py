"""Nothing in; an address at which everybody would be heard, out, and an error at the end where somebody called."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def nobody_calls() -> Iterator[str]:
    """Hang up on whoever calls, so that whoever does goes on at once, and count them."""
    heard: list[object] = []

    class Heard(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            heard.append(self.client_address)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Heard) as elsewhere:
        thread = threading.Thread(target=elsewhere.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"https://localhost:{elsewhere.server_address[1]}"
        finally:
            elsewhere.shutdown()
            thread.join(10)
    assert heard == []
