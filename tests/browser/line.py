"""A line between a browser and the site that a test can cut, service workers included."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

PIECE = 64 * 1024


class Line:
    """Passes bytes on to the site; cut, it accepts nobody and drops whoever is connected."""

    def __init__(self, site: str) -> None:
        self._target = ("127.0.0.1", urlsplit(site).port or 80)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://localhost:{self._listener.getsockname()[1]}"
        self._up = threading.Event()
        self._up.set()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._listen, daemon=True).start()

    def cut(self) -> None:
        """From now on nothing passes."""
        self._up.clear()
        with self._lock:
            ended, self._open = self._open, set()
        for each in ended:
            self._end(each)

    def mend(self) -> None:
        """Everything passes again."""
        self._up.set()

    def close(self) -> None:
        """Give everything up."""
        self.cut()
        self._end(self._listener)

    def _listen(self) -> None:
        while True:
            try:
                near, _peer = self._listener.accept()
            except OSError:
                return
            if not self._up.is_set():
                near.close()
                continue
            try:
                far = socket.create_connection(self._target)
            except OSError:
                near.close()
                continue
            with self._lock:
                self._open |= {near, far}
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := one.recv(PIECE):
                other.sendall(piece)
        with self._lock:
            self._open -= {one, other}
        self._end(one)
        self._end(other)

    @staticmethod
    def _end(each: socket.socket) -> None:
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()


@contextmanager
def line_to(site: str) -> Iterator[Line]:
    """A line for one test."""
    found = Line(site)
    yield found
    found.close()
