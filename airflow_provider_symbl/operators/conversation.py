"""Operators for a conversation that stands: land all that was said and found, or delete it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseOperator, conf

from airflow_provider_symbl.client.polling import (
    JOB_TIMEOUT,
    POLL_INTERVAL,
    JobPoller,
    as_seconds,
    check_intervals,
    check_seconds,
    features_asked,
    most_between,
)
from airflow_provider_symbl.client.validators import FEATURES, invalid_value, is_empty
from airflow_provider_symbl.exceptions import SymblConfigurationError, SymblNotFoundError
from airflow_provider_symbl.hooks.arguments import check_names, choices, is_templated
from airflow_provider_symbl.hooks.failures import fail_for_good
from airflow_provider_symbl.links.conversation import (
    SymblConversationLink,
    SymblResultsLink,
    publish_conversation_link,
    publish_results_link,
)
from airflow_provider_symbl.operators.conversation_task import ConversationOperator
from airflow_provider_symbl.operators.lineage import asset_extra, conversation_uri, open_lineage, record_asset_events
from airflow_provider_symbl.operators.recording import check_recording, facts_of
from airflow_provider_symbl.operators.storage import open_folder, public_uri
from airflow_provider_symbl.results.document import READS
from airflow_provider_symbl.results.file_names import file_name
from airflow_provider_symbl.results.forms import FORMS, NEED_MESSAGES, check_libraries, render
from airflow_provider_symbl.results.reading import read_document, stored_document
from airflow_provider_symbl.results.redaction import check_kinds, check_region, redact, redact_text
from airflow_provider_symbl.results.writer import check_written, write_files
from airflow_provider_symbl.triggers.deadline import Deadline, earlier, execution_end
from airflow_provider_symbl.triggers.job import SymblJobTrigger, completed_ids
from airflow_provider_symbl.triggers.resumption import earliest_resumption

if TYPE_CHECKING:
    import datetime
    import os
    from collections.abc import Collection, Mapping, Sequence

    from airflow.providers.common.compat.sdk import BaseOperatorLink, Context
    from airflow.providers.openlineage.extractors import OperatorLineage

    from airflow_provider_symbl.client.uploads import StoredPath
    from airflow_provider_symbl.client.validators import Json, Validator
    from airflow_provider_symbl.results.document import Document
    from airflow_provider_symbl.results.writer import Folder, WrittenFile

LARGEST_RESULT = 48 * 1024
"""Bytes of a document that XCom is given; it lies in Airflow's database, where the smallest column holds 64 KiB."""
_READS = choices(*READS)
_FORMS = choices(*FORMS)


class SymblGetConversationOperator(ConversationOperator, BaseOperator):
    """Read all of a conversation whose job is over, and write it in the forms that people use.

    All forms are made from one document, so they say the same. A file is whole or not there, and a second run writes
    the same bytes. XCom gets ids, the files' URIs, sizes and hashes, and counts. Without ``results`` the document is
    returned itself, as long as it is small.

    :param conversation_id: the conversation.
    :param fetch: what to read: any of messages, members, topics, questions, action_items, follow_ups, entities,
        trackers, analytics, summary; by default all.
    :param results: the folder of all results: a path, or an object-storage URI; the conversation gets one of its own.
    :param formats: any of json, jsonl, txt, md, srt, vtt, vcon, parquet.
    :param name: of the conversation's folder, by default its id; what no file name may hold is replaced.
    :param features: the ``features`` that were submitted: their statuses are waited for before anything is read.
    :param recording: what the recording is, for the document: its path or URI, or a mapping of path, size, sha256,
        duration, dag_id, task_id, run_id. Of a local path size and hash are read from the file, of a URI the size.
    :param keep_raw: keep Symbl's own answers in the document, too.
    :param redact: any of email, phone, card: what is replaced by ``[email]`` and the like before anything is written.
    :param redact_region: the country of telephone numbers that do not name it, such as US.
    :param delete_after: delete the conversation at Symbl once its files stand and were read back; takes json.
    :param symbl_conn_id: the connection.
    :param deferrable: wait for ``features`` in the triggerer, without a worker.
    :param poll_interval: seconds, or a timedelta, before the first poll; each further pause is half as long again.
    :param max_poll_interval: the most seconds between two polls; a minute, or ``poll_interval`` where that is longer.
    :param job_timeout: seconds, or a timedelta, that ``features`` are waited for.
    :return: ``{"conversation_id", "files": {name: {"uri", "size", "sha256"}}, "counts", "redacted"}``, or the document.
    :raises SymblStorageError: a file cannot be written.
    :raises AirflowFailException: what no retry mends: a wrong value, an unknown conversation, a library not installed.
    """

    template_fields: Sequence[str] = (
        *("symbl_conn_id", "conversation_id", "fetch", "results", "formats", "name"),
        *("features", "recording", "redact", "redact_region"),
    )
    operator_extra_links: Collection[BaseOperatorLink] = (SymblConversationLink(), SymblResultsLink())
    template_fields_renderers = {"features": "json", "recording": "json"}  # noqa: RUF012 - as of Airflow's base class
    ui_color = "#e7e3f9"

    def __init__(
        self,
        *,
        conversation_id: str,
        fetch: Sequence[str] | str = READS,
        results: str | os.PathLike[str] | StoredPath | None = None,
        formats: Sequence[str] | str = ("json", "txt"),
        name: str | None = None,
        features: Mapping[str, Json] | str | None = None,
        recording: Mapping[str, Json] | str | os.PathLike[str] | StoredPath | None = None,
        keep_raw: bool = False,
        redact: Sequence[str] | str = (),
        redact_region: str | None = None,
        delete_after: bool = False,
        symbl_conn_id: str = "symbl_default",
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        poll_interval: float | datetime.timedelta = POLL_INTERVAL,
        max_poll_interval: float | datetime.timedelta | None = None,
        job_timeout: float | datetime.timedelta = JOB_TIMEOUT,
        **kwargs: Any,
    ) -> None:
        # The parts of what is returned are outputs of their own, but a document is stored once.
        kwargs.setdefault("multiple_outputs", results is not None)
        check_names(type(self), kwargs)
        super().__init__(**kwargs)
        self.conversation_id = conversation_id
        self.fetch = fetch
        self.results = results
        self.formats = formats
        self.name = name
        self.features = features
        self.recording = recording
        self.keep_raw = keep_raw
        self.redact = redact
        self.redact_region = redact_region
        self.delete_after = delete_after
        self.symbl_conn_id = symbl_conn_id
        self.deferrable = deferrable
        self.poll_interval = as_seconds(poll_interval)
        self.max_poll_interval = most_between(poll_interval, max_poll_interval)
        self.job_timeout = as_seconds(job_timeout)
        self._written: list[WrittenFile] = []
        if not self.is_mapped:
            self._check(is_rendered=False)

    @classmethod
    def _checks(cls) -> dict[str, Validator]:
        return {
            **super()._checks(),
            "fetch": _READS,
            "formats": _FORMS,
            "features": FEATURES,
            "recording": check_recording,
            "redact": lambda _, given: check_kinds(given),
            "redact_region": lambda _, given: check_region(given),
            "job_timeout": check_seconds,
        }

    def _check(self, *, is_rendered: bool) -> None:
        super()._check(is_rendered=is_rendered)
        check_intervals(self.poll_interval, self.max_poll_interval)
        if is_templated(self.fetch) or is_templated(self.formats):
            return
        fetch, formats = _READS("fetch", self.fetch), _FORMS("formats", self.formats)
        if self.results is None:
            if self.delete_after:
                invalid_value("delete_after", True, "False, unless results has a folder")  # noqa: FBT003 - the value
            return
        if not formats:
            invalid_value("formats", formats, f"any of {', '.join(FORMS)}")
        for form in formats:
            if form in NEED_MESSAGES and "messages" not in fetch:
                invalid_value("fetch", fetch, f"messages among them, of which {form} is made")
        if self.delete_after and ("json" not in formats or "messages" not in fetch):
            invalid_value("delete_after", True, "False, unless formats has json and fetch has messages")  # noqa: FBT003 - the value

    def execute(self, context: Context) -> Any:  # noqa: ANN401 - the manifest, or the document
        """Wait for ``features``, read, write, and return what stands."""
        with fail_for_good():
            self._take_text()
            self._check(is_rendered=True)
            publish_conversation_link(self, context, self.conversation_id)
            self._check_libraries()
            # Before anything is read: a folder that cannot be written to would be found out too late.
            self._folder()
            self._wait(context)
            return self._land(context)

    def execute_complete(self, context: Context, event: object = None) -> Any:  # noqa: ANN401 - as of execute
        """Do the rest once the trigger saw the features completed, or raise what it saw.

        :param context: Airflow's.
        :param event: the payload of the trigger's event.
        """
        with fail_for_good():
            self._take_text()
            completed_ids(event)
            return self._land(context)

    def _check_libraries(self) -> None:
        if self.results is not None:
            check_libraries(_FORMS("formats", self.formats))
        redact_text("", check_kinds(self.redact), self.redact_region)

    def _folder(self) -> Folder | None:
        return None if self.results is None else open_folder(self.results, self._folder_name())

    def _folder_name(self) -> str:
        kinds = check_kinds(self.redact)
        name = redact_text(str(self.name), kinds, self.redact_region)[0] if self.name else self.conversation_id
        return file_name(name)

    def _wait(self, context: Context) -> None:
        asked = [] if is_empty(self.features) else features_asked(FEATURES("features", self.features))
        own = Deadline(time.time() + self.job_timeout, "job_timeout")
        deadline = earlier(own, execution_end(self, context))
        arguments: dict[str, Any] = {
            "job_id": None,
            "conversation_id": self.conversation_id,
            "features": asked,
            "deadline": deadline.at,
            "limit": deadline.limit,
            "poll_interval": self.poll_interval,
            "max_poll_interval": self.max_poll_interval,
            "is_job_over": True,
        }
        poller = JobPoller(**arguments)
        while not poller.is_over and self._client.poll_once(poller):
            pass
        if poller.is_over:
            return
        if self.deferrable:
            trigger = SymblJobTrigger(symbl_conn_id=self.symbl_conn_id, not_before=earliest_resumption(), **arguments)
            self.defer(trigger=trigger, method_name="execute_complete")
        self._client.poll_until_over(poller)

    def _land(self, context: Context) -> Any:  # noqa: ANN401 - as of execute
        folder = self._folder()
        if folder is None:
            return self._returned(self._document(context))
        document, is_gone = self._document_or_stored(context, folder)
        written = write_files(folder, render(document, _FORMS("formats", self.formats)))
        self.log.info("Symbl conversation %s: %d files in %s", self.conversation_id, len(written), folder.uri(""))
        if self.delete_after and not is_gone:
            check_written(folder, written)
            self._client.delete_conversation(self.conversation_id)
            self.log.info("Symbl conversation %s is deleted at Symbl", self.conversation_id)
        self._tell(context, document, written)
        return self._manifest(document, written)

    def _tell(self, context: Context, document: Document, written: Mapping[str, WrittenFile]) -> None:
        """Tell the UI, the outlets' events and OpenLineage what stands."""
        recording = (document["recording"] or {}).get("path")
        publish_results_link(self, context, self.conversation_id, self._folder_name())
        record_asset_events(context, self, asset_extra(self.conversation_id, recording, written.values()))
        self._written = [*written.values()]

    def get_openlineage_facets_on_complete(self, task_instance: object) -> OperatorLineage[Any, Any]:  # noqa: ARG002 - the signature that OpenLineage calls
        """Return the lineage: of the conversation these files were made."""
        conversation = conversation_uri(self.hook.settings.host, self.conversation_id)
        return open_lineage([conversation], [public_uri(file.uri) for file in self._written])

    def _document_or_stored(self, context: Context, folder: Folder) -> tuple[Document, bool]:
        """Read the document, and tell whether the conversation is gone, as an earlier try landed and deleted it."""
        try:
            return self._document(context), False
        except SymblNotFoundError:
            stored = stored_document(folder, self.conversation_id) if self.delete_after else None
            if stored is None:
                raise
            self.log.info("Symbl conversation %s was landed and deleted before", self.conversation_id)
            return stored, True

    def _document(self, context: Context) -> Document:
        fetch = _READS("fetch", self.fetch)
        facts = facts_of(self.recording, self, str(context["run_id"]))
        document = read_document(self._client, self.conversation_id, fetch, facts, keep_raw=self.keep_raw)
        kinds = check_kinds(self.redact)
        return redact(document, kinds, self.redact_region) if kinds else document

    def _manifest(self, document: Document, written: Mapping[str, WrittenFile]) -> dict[str, Any]:
        return {
            "conversation_id": self.conversation_id,
            "files": {name: file.as_dict() for name, file in written.items()},
            "counts": {read: len(found) for read in READS if isinstance(found := document.get(read), list)},
            "redacted": document["redacted"],
        }

    def _returned(self, document: Document) -> Document:
        size = len(json.dumps(document, ensure_ascii=False).encode())
        if size > LARGEST_RESULT:
            raise SymblConfigurationError(
                f"results: got None, and the document of conversation {self.conversation_id} has {size} bytes, while"
                f" XCom is given {LARGEST_RESULT} at most; allowed: a folder, such as s3://bucket/results"
            )
        return document


class SymblDeleteConversationOperator(ConversationOperator, BaseOperator):
    """Delete a conversation at Symbl for good; fails unless Symbl confirms it.

    A retry whose conversation is gone succeeds: the try before deleted it and did not hear so.

    :param conversation_id: the conversation.
    :param symbl_conn_id: the connection.
    :return: the conversation's id.
    :raises AirflowFailException: what no retry mends: a wrong value, an unknown conversation.
    """

    template_fields: Sequence[str] = ("symbl_conn_id", "conversation_id")
    ui_color = "#e7e3f9"

    def __init__(self, *, conversation_id: str, symbl_conn_id: str = "symbl_default", **kwargs: Any) -> None:
        check_names(type(self), kwargs)
        super().__init__(**kwargs)
        self.conversation_id = conversation_id
        self.symbl_conn_id = symbl_conn_id
        if not self.is_mapped:
            self._check(is_rendered=False)

    def execute(self, context: Context) -> str:
        """Delete it, and return its id."""
        with fail_for_good():
            self._take_text()
            self._check(is_rendered=True)
            try:
                self._client.delete_conversation(self.conversation_id)
            except SymblNotFoundError:
                if context["ti"].try_number == 1:
                    raise
                self.log.info("Symbl conversation %s is gone already", self.conversation_id)
        return self.conversation_id
