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
        raise AirflowFailException(str(error)) from error
