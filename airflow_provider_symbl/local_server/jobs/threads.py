"""Threads for work that would keep the HTTP loop waiting; they never keep the process from ending."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")


class WorkerThreads:
    """A fixed number of daemon threads that work through a queue in order.

    The standard library's executor joins its threads when the interpreter ends, so that a recognition or a
    download would hold up a server that was told to stop.

    :param name: begins the threads' names.
    :param count: how many.
    """

    def __init__(self, name: str, count: int) -> None:
        self._queue: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()
        self._is_closing = False
        self._threads = [
            threading.Thread(target=self._serve, name=f"{name}-{index}", daemon=True) for index in range(count)
        ]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    async def run(self, work: Callable[[], Result]) -> Result:
        """Have something done, and give what it returns or raises.

        :param work: what to do; left out if the caller is cancelled before a thread is free.
        """
        future: Future[Result] = Future()
        self._queue.put((future, work))
        return await asyncio.wrap_future(future)

    def stop(self, deadline: float) -> bool:
        """Tell the threads to end after what each is busy with, and wait for them.

        :param deadline: on the monotonic clock; a thread that takes longer is left behind.
        :return: whether all have ended.
        """
        self._is_closing = True
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _serve(self) -> None:
        while (item := self._queue.get()) is not None and not self._is_closing:
            future, work = item
            if future.set_running_or_notify_cancel():
                _settle(future, work)


def _settle(future: Future[Result], work: Callable[[], Result]) -> None:
    try:
        result = work()
    except BaseException as error:  # noqa: BLE001 - whoever waits for the work has to see whatever it raised
        future.set_exception(error)
    else:
        future.set_result(result)
