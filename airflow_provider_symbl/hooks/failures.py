"""Which of Symbl's errors end an Airflow task at once, because no retry mends them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_symbl.exceptions import (
    SymblAuthenticationError,
    SymblBadRequestError,
    SymblConfigurationError,
    SymblError,
    SymblNotFoundError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

FINAL_ERRORS: tuple[type[SymblError], ...] = (
    SymblConfigurationError,
    SymblBadRequestError,
    SymblAuthenticationError,
    SymblNotFoundError,
)


@contextlib.contextmanager
def fail_for_good(*more: type[SymblError]) -> Iterator[None]:
    """Let what no retry mends fail the task without using up its retries; the rest is raised as it is.

    :param more: further errors that are final where this is used.
    :raises AirflowFailException: in place of such an error, with its text.
    """
    try:
        yield
    except (*FINAL_ERRORS, *more) as error:
        # The message says it all: two more tracebacks would only repeat it.
        raise AirflowFailException(str(error)) from None


@contextlib.contextmanager
def about(recording: str) -> Iterator[None]:
    """Let every error name the recording that its task is about.

    :param recording: its own file name; empty where it has none.
    """
    try:
        yield
    except SymblError as error:
        error.recording = recording
        raise
    except AirflowFailException as error:
        if recording not in str(error):
            raise AirflowFailException(f"{recording}: {error}") from None
        raise
