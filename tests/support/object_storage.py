"""Object storage in memory, as tests attach it to Airflow."""

from __future__ import annotations

from fsspec.implementations.memory import MemoryFileSystem  # type: ignore[import-untyped]  # fsspec has no type hints

SIGNATURE = "a-signature-that-nobody-may-see"


class Memory(MemoryFileSystem):  # type: ignore[misc]  # fsspec has no type hints
    """Storage that makes no links to its objects."""

    cachable = False

    def __init__(self) -> None:
        super().__init__()
        # fsspec keeps one store for the whole process.
        self.store: dict[str, object] = {}
        self.pseudo_dirs = [""]

    def keep(self, path: str, content: bytes) -> None:
        """Keep an object.

        :param path: bucket and key.
        :param content: its bytes.
        """
        self.pipe_file(f"/{path}", content)


class SigningMemory(Memory):
    """Storage that makes links, as S3 does.

    :param base: where the links lead.
    """

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base
        self.signed: list[tuple[str, int]] = []

    def sign(self, path: str, expiration: int = 100, **_: object) -> str:
        """Return a link to an object that is valid for some seconds."""
        self.signed.append((path, expiration))
        return f"{self.base}/{path.rpartition('/')[2]}?expires={expiration}&signature={SIGNATURE}"
