"""Short recordings, and the web server that they are fetched from and that takes webhooks."""

from __future__ import annotations

import functools
import http.server
import json
import queue
import threading
from typing import TYPE_CHECKING, Any, Self

import av

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType

PATIENCE = 60.0
"""Seconds after which a webhook that a test waits for is taken never to come."""


def cut_clips(recordings: Iterable[Path], folder: Path, *, seconds: float = 2) -> None:
    """Cut the beginning of each recording, so that hearing it takes no time.

    :param recordings: audio and video files; others among them are passed over.
    :param folder: where the clips go, under the recordings' names.
    :param seconds: how long a clip is.
    """
    for recording in recordings:
        if recording.suffix in {".wav", ".mp3", ".mp4"}:
            _cut(recording, folder / recording.name, seconds)


class ClipServer:
    """A folder on the web, for as long as its context lasts.

    :param folder: what is served.
    """

    def __init__(self, folder: Path) -> None:
        self._posts: queue.SimpleQueue[Any] = queue.SimpleQueue()
        handler = functools.partial(_Handler, self._posts, directory=str(folder))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def next_post(self) -> dict[str, Any]:
        """Wait for the next webhook, and return its JSON with the path that it came to, as ``{"path": …, **body}``."""
        post: dict[str, Any] = self._posts.get(timeout=PATIENCE)
        return post


class _Handler(http.server.SimpleHTTPRequestHandler):
    def __init__(self, posts: queue.SimpleQueue[Any], *args: Any, **options: Any) -> None:
        self._posts = posts
        super().__init__(*args, **options)

    def log_message(self, *_: object) -> None:
        """Leave the tests' output alone."""

    def do_POST(self) -> None:
        """Take what a webhook brings."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._posts.put({"path": self.path, **body})
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()


def _cut(source: Path, target: Path, seconds: float) -> None:
    with av.open(source) as given, av.open(target, "w") as clip:
        streams = {stream.index: clip.add_stream_from_template(stream) for stream in given.streams}
        for packet in given.demux():
            if packet.pts is not None and packet.pts * packet.time_base < seconds:
                packet.stream = streams[packet.stream.index]
                clip.mux(packet)
