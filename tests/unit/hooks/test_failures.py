"""Which errors end a task for good, and which leave it its retries."""

from __future__ import annotations

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_symbl import exceptions
from airflow_provider_symbl.hooks.failures import fail_for_good

CALL = ("went wrong", "POST", "/v1/process/text")
FINAL = (
    exceptions.SymblConfigurationError("went wrong"),
    exceptions.SymblBadRequestError(400, *CALL),
    exceptions.SymblAuthenticationError(401, *CALL),
    exceptions.SymblAuthenticationError(403, *CALL),
    exceptions.SymblNotFoundError(404, *CALL),
)
PASSING = (
    exceptions.SymblTransportError("went wrong"),
    exceptions.SymblUnknownSubmissionError("went wrong"),
    exceptions.SymblConcurrencyLimitError(429, *CALL),
    exceptions.SymblServerError(503, *CALL),
    exceptions.SymblJobFailedError("went wrong", "a-job", "a-conversation"),
    exceptions.SymblJobTimeoutError("went wrong", "a-job", "a-conversation"),
    exceptions.SymblUnknownJobStatusError("went wrong", "a-job", "a-conversation"),
    OSError("went wrong"),
)


@pytest.mark.parametrize("error", FINAL, ids=lambda error: type(error).__name__)
def test_what_no_retry_mends_fails_the_task_for_good(error: exceptions.SymblError) -> None:
    """Airflow is told with its own error, which keeps the text and the cause."""
    with pytest.raises(AirflowFailException) as caught, fail_for_good():
        raise error
    assert str(caught.value) == str(error)
    assert caught.value.__context__ is error


@pytest.mark.parametrize("error", PASSING, ids=lambda error: type(error).__name__)
def test_what_a_retry_may_mend_is_raised_as_it_is(error: Exception) -> None:
    """So ``retries`` works."""
    with pytest.raises(type(error)) as caught, fail_for_good():
        raise error
    assert caught.value is error


def test_more_errors_can_be_final_in_one_place() -> None:
    """A sensor cannot submit a failed job anew, so for it that is final, too."""
    with pytest.raises(AirflowFailException, match="a-job"), fail_for_good(exceptions.SymblJobFailedError):
        raise exceptions.SymblJobFailedError("went wrong", "a-job")
