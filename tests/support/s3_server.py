"""S3 as a service, by moto: buckets that s3fs and plain HTTP clients reach, and a count of who read what."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import requests
import s3fs
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

BUCKET = "shelf"
CREDENTIALS = {"key": "a-key", "secret": "a-secret-key-of-storage"}


@dataclass(frozen=True)
class Read:
    """A request for the bytes of an object.

    :param agent: the User-Agent of who asked.
    :param path: bucket and key.
    :param size: the bytes that were sent.
    :param query: with the signature of a link.
    """

    agent: str
    path: str
    size: int
    query: str


class S3Server:
    """A server with one empty bucket, for as long as its context lasts."""

    def __init__(self) -> None:
        self.reads: list[Read] = []
        self._application: Any = DomainDispatcherApplication(create_backend_app)
        self._writing = threading.Lock()
        self._server = make_server("127.0.0.1", 0, self._counted, threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def _counted(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI's
        # S3 creates an object once, whoever tries at the same time; moto looks and writes, and two may look at once.
        with self._writing if environ["REQUEST_METHOD"] == "PUT" else contextlib.nullcontext():
            chunks: Iterable[bytes] = self._application(environ, start_response)
            body = b"".join(chunks)
        if environ["REQUEST_METHOD"] == "GET" and environ["PATH_INFO"].count("/") > 1:
            agent, query = environ.get("HTTP_USER_AGENT", ""), environ.get("QUERY_STRING", "")
            self.reads.append(Read(agent, environ["PATH_INFO"], len(body), query))
        return [body]

    def __enter__(self) -> Self:
        self._thread.start()
        # moto keeps one state in a process: another server of it may have made the bucket.
        self.files().makedirs(BUCKET, exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # What is stored is the process's, not the server's.
        requests.post(f"{self.url}/moto-api/reset", timeout=10, proxies={"no_proxy": "*"}).raise_for_status()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def files(self) -> Any:  # noqa: ANN401 - fsspec has no types
        """Return a new s3fs file system that leads here and remembers no listing."""
        region = {"region_name": "eu-central-1"}
        return s3fs.S3FileSystem(
            **CREDENTIALS,
            endpoint_url=self.url,
            client_kwargs=region,
            skip_instance_cache=True,
            use_listings_cache=False,
        )
