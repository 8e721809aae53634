"""What a user of the vendor's client does, step by step, with a report at the end.

Run by the interpreter of .vendor_clients, which has that client, in the folder of a ``symbl.conf``; reads what to send
as JSON from standard input and writes what came back as JSON to standard output. Imports nothing of this project.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import symbl_rest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Steps = Mapping[str, Callable[[], Any]]

Report = dict[str, dict[str, Any]]


def main() -> None:
    """Carry out the steps."""
    given = json.load(sys.stdin)
    configuration = symbl_rest.Configuration()
    configuration.host = given["url"]
    # The client's own way to another address; it is read when its parts are imported.
    symbl_rest.Configuration.set_default(configuration)
    import symbl  # type: ignore[import-not-found]  # noqa: PLC0415 - see above; installed in .vendor_clients, not here

    report = {"first": _done(lambda: symbl.Text.process(payload=given["base"], wait=False))}
    if "returned" in report["first"]:
        report |= _all_steps(symbl, given, report["first"]["returned"])
    not_for_rest = ("pyaudio", "numpy", "symbl.callScore")
    report["modules"] = {"returned": [name for name in not_for_rest if name in sys.modules]}
    json.dump(report, sys.stdout, default=_plain)


def _all_steps(symbl: Any, given: dict[str, Any], base: Any) -> Report:  # noqa: ANN401 - the vendor's, without types
    told: list[str] = []
    base.on_complete(lambda _: told.append("complete")).on_error(lambda _: told.append("error"))
    broken = symbl.Audio.process_file(file_path=given["broken"], parameters={"name": "broken"}, wait=False)
    broken.on_complete(lambda _: told.append("broken complete")).on_error(lambda _: told.append("broken error"))
    # Each of these sleeps for 30 s before its first look at its job.
    report = _all_at_once(_submissions(symbl, given, base.get_conversation_id()))
    symbl.utils.Thread.getInstance().stop_all_threads()
    report["broken"] = {"returned": broken}
    report["told"] = {"returned": sorted(told)}
    reads = _reads(symbl, report["Text.process"]["returned"], base.get_conversation_id())
    return {**report, **{name: _done(step) for name, step in reads.items()}}


def _submissions(symbl: Any, given: dict[str, Any], target: str) -> Steps:  # noqa: ANN401 - the same
    audio, video, text = symbl.Audio, symbl.Video, symbl.Text
    files, urls, of_file, of_url = given["files"], given["urls"], given["of_file"], given["of_url"]
    spelt = {"customVocabulary": ["Northwind"]}
    return {
        "Text.process": lambda: text.process(payload=given["conversation"], parameters={"webhookUrl": given["hook"]}),
        "Text.append": lambda: text.append(payload=given["more"], conversation_id=target),
        "Audio.process_file": lambda: audio.process_file(
            file_path=files["audio"], content_type="audio/wav", parameters=of_file
        ),
        "Audio.append_file": lambda: audio.append_file(
            file_path=files["audio"], conversation_id=target, parameters=spelt
        ),
        "Audio.process_url": lambda: audio.process_url(payload=urls["audio"], parameters=of_url),
        "Audio.append_url": lambda: audio.append_url(payload=urls["audio"], conversation_id=target),
        "Video.process_file": lambda: video.process_file(file_path=files["video"], parameters=of_file),
        "Video.append_file": lambda: video.append_file(file_path=files["video"], conversation_id=target),
        "Video.process_url": lambda: video.process_url(payload=urls["video"], parameters=of_url),
        "Video.append_url": lambda: video.append_url(payload=urls["video"], conversation_id=target),
    }


def _reads(symbl: Any, conversation: Any, base: str) -> Steps:  # noqa: ANN401 - the same
    return {
        "get_messages": lambda: conversation.get_messages(parameters={"verbose": True, "sentiment": True}),
        "get_topics": lambda: conversation.get_topics(parameters={"sentiment": True}),
        "get_questions": conversation.get_questions,
        "get_action_items": conversation.get_action_items,
        "get_follow_ups": conversation.get_follow_ups,
        "get_members": conversation.get_members,
        "get_conversation": conversation.get_conversation,
        "get_entities": conversation.get_entities,
        "get_trackers": conversation.get_trackers,
        "get_analytics": conversation.get_analytics,
        "get_call_score": conversation.get_call_score,
        "get_call_score_status": conversation.get_call_score_status,
        "get_call_score_insights_url": lambda: symbl.Conversations.get_call_score_insights_url(
            conversation.get_conversation_id()
        ),
        "appended": lambda: symbl.Conversations.get_messages(base),
        "unknown": lambda: symbl.Conversations.get_messages("0000000000000000"),
        "put_members": lambda: conversation.put_members("some-member", {"id": "some-member", "name": "Anne"}),
        "put_speakers_events": lambda: conversation.put_speakers_events({"speakerEvents": []}),
        "get_formatted_transcript": lambda: conversation.get_formatted_transcript({"contentType": "text/markdown"}),
        "delete_conversation": conversation.delete_conversation,
    }


def _all_at_once(steps: Steps) -> Report:
    with ThreadPoolExecutor(len(steps)) as pool:
        futures = {name: pool.submit(_done, step) for name, step in steps.items()}
        return {name: future.result() for name, future in futures.items()}


def _done(step: Callable[[], Any]) -> dict[str, Any]:
    try:
        return {"returned": step()}
    except Exception as error:  # noqa: BLE001 - whatever the client raises is what its user sees
        return {"raised": type(error).__name__, "status": getattr(error, "status", None)}


def _plain(value: Any) -> object:  # noqa: ANN401 - a model of the vendor's, a conversation, or a time
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if hasattr(value, "get_job_id"):
        ids = {"conversationId": value.get_conversation_id(), "jobId": value.get_job_id()}
        return {**ids, "status": value.get_job_status()}
    return value.isoformat()


if __name__ == "__main__":
    main()
