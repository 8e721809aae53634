"""Everything that can go wrong with Symbl, as one tree of errors.

SymblError
├── SymblConfigurationError (ValueError)   the connection or a parameter is wrong; says which, and what is allowed
├── SymblTransportError                    no usable answer
│   └── SymblUnknownSubmissionError        sent, no usable answer: the job may or may not exist
├── SymblStorageError                      what is to be sent cannot be read at present
├── SymblUnrepeatableSubmissionError       what an earlier submission made cannot be told, and it must not be sent again
├── SymblBalanceError                      a night's report does not account for each recording once; says which
├── SymblApiError                          an answer that says no: status_code, message, method, path
│   ├── SymblAuthenticationError           401, 403
│   ├── SymblNotFoundError                 404
│   ├── SymblConcurrencyLimitError         429, with retry_after
│   ├── SymblBadRequestError               every other 4xx
│   └── SymblServerError                   5xx and whatever else is no success
└── SymblJobError                          job_id, conversation_id
    ├── SymblJobFailedError                Symbl says "failed"
    ├── SymblJobTimeoutError               not over at its deadline; Symbl works on
    └── SymblUnknownJobStatusError         a status that nobody knows

No message ever holds a token, a secret or the text of a conversation.
"""

from __future__ import annotations

from typing import Self


def printable(text: str) -> str:
    """Escape what would move a cursor, begin a line or turn the reading round, for logs and errors.

    :param text: whatever a server sent.
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


class SymblError(Exception):
    """The base of every error that this package raises about Symbl."""

    recording: str = ""
    """The name of the recording that it is about, where a task knows one; it stands first in the message."""

    def __str__(self) -> str:
        told = self._told()
        return f"{self.recording}: {told}" if self.recording not in told else told

    def _told(self) -> str:
        return super().__str__()


class SymblConfigurationError(SymblError, ValueError):
    """The connection or a parameter is wrong; nothing has been sent."""


class SymblTransportError(SymblError):
    """Symbl gave no usable answer: unreachable, too slow, cut off, or not JSON."""


class SymblUnknownSubmissionError(SymblTransportError):
    """A submission left and no usable answer came: the job may or may not exist."""


class SymblStorageError(SymblError):
    """The storage of what is to be sent stumbles: unreachable, too slow, an expired token; nothing was submitted."""


class SymblUnrepeatableSubmissionError(SymblError):
    """What became of a submission cannot be told, and to send it again could do harm: a person has to look."""


class SymblBalanceError(SymblError):
    """The report of a night does not account for each recording that was listed exactly once."""


class SymblApiError(SymblError):
    """Symbl answered a call with a status that is no success.

    :param status_code: the HTTP status.
    :param message: Symbl's own words.
    :param method: the call's HTTP method.
    :param path: the call's path, without its query.
    """

    def __init__(self, status_code: int, message: str, method: str, path: str) -> None:
        super().__init__(status_code, message, method, path)
        self.status_code = status_code
        self.message = message
        self.method = method
        self.path = path

    def _told(self) -> str:
        return printable(f"{self.method} {self.path} answered {self.status_code}: {self.message}")


class SymblAuthenticationError(SymblApiError):
    """401 or 403: the App ID, App Secret or token is not accepted."""


class SymblNotFoundError(SymblApiError):
    """404: no such conversation, job or route."""


class SymblConcurrencyLimitError(SymblApiError):
    """429: the account runs as many jobs as it may; nothing was created.

    :param retry_after: seconds that Symbl asked to wait, None when it named none.
    """

    def __init__(
        self,
        status_code: int,
        message: str,
        method: str,
        path: str,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(status_code, message, method, path)
        self.args = (*self.args, retry_after)
        self.retry_after = retry_after

    def not_within(self, limit: str) -> Self:
        """Return the same error with the limit up to which room was waited for.

        :param limit: the argument of the task that set it.
        """
        message = f"{self.message}; there was no room before the end of {limit}"
        return type(self)(self.status_code, message, self.method, self.path, self.retry_after)


class SymblBadRequestError(SymblApiError):
    """Another 4xx: Symbl does not accept the call as it stands."""


class SymblServerError(SymblApiError):
    """5xx: the fault is Symbl's."""


class SymblJobError(SymblError):
    """A job did not come to its good end.

    :param reason: what happened, in one clause.
    :param job_id: the job, None where its id was lost with the answer to its submission.
    :param conversation_id: its conversation, None where the caller did not name it.
    """

    def __init__(self, reason: str, job_id: str | None, conversation_id: str | None = None) -> None:
        super().__init__(reason, job_id, conversation_id)
        self.reason = reason
        self.job_id = job_id
        self.conversation_id = conversation_id

    def _told(self) -> str:
        job, conversation = self.job_id or "not known", self.conversation_id or "not named"
        return printable(f"Symbl job {job} of conversation {conversation}: {self.reason}")


class SymblJobFailedError(SymblJobError):
    """Symbl says that the job failed."""


class SymblJobTimeoutError(SymblJobError):
    """The job was not over at its deadline; Symbl cannot cancel it, so it goes on there."""


class SymblUnknownJobStatusError(SymblJobError):
    """Symbl gave a status that is none of scheduled, in_progress, completed and failed."""
