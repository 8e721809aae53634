"""Rows and headers of nights for the tests of their reports: as many as are wanted, the same each time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_symbl.recordings.facts import Night
from airflow_provider_symbl.recordings.outcomes import REASONS, Row
from airflow_provider_symbl.recordings.report.report import ReportHeader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_symbl.recordings.outcomes import OutcomeName

STARTED = 1_790_028_000.0
CAP = 20
FORMS = ("conversation.json", "transcript.md", "transcript.srt", "transcript.txt")
HOSTILE = (
    """<img src=x onerror="window.hacked = true"><script>window.hacked = true</script>.wav""",
    """'"><svg onload=alert(1)>`${7*7}` {{ 7 * 7 }} &amp; ]]> --> .wav""",
    "calls/\u202egnp.vaw \u2066\u200f\ufeff\u2028line\x85\x00\x1b[31m.wav",
    "bytes-\udcff\udcfe-\ud800.wav",
    "long/" + "x" * 300 + ".wav",
    "שלום עולם.wav",
    "späte Lieferung 😀.wav",
    r"calls\x.wav",
)
MESSAGES = {
    "refused": "POST /v1/process/audio answered 400: the language code xx-XX is not known",
    "job failed": "the audio holds no speech that can be told from noise",
    "same content": "calls/2026-09-21/agent-1/0001.wav",
    "elsewhere": "nightly_calls manual__2026-09-21 process",
    "quarantined": "refused: the language code xx-XX is not known",
}


def header(size: int = 0, **changes: Any) -> ReportHeader:
    """Return the header of a night in which the cap's worth of recordings is sent each minute.

    :param size: how many recordings.
    """
    told: dict[str, Any] = {
        "night": Night("nightly_calls", "scheduled__2026-09-21T22:00:00+00:00", "process_recordings"),
        "ledger": "5f0c2b1a",
        "account": "api.symbl.ai",
        "started": STARTED,
        "ended": STARTED + 60 * (1 + size // CAP),
        "recordings": "s3://calls/2026-09-21/**/*.wav",
        "results": "s3://results/calls",
        "cap": CAP,
        "price_per_minute": 0.027,
        "settings": {"language_code": "en-US", "max_attempts": 3, "overrides": {"*.mp4": {"enable_summary": True}}},
    }
    return ReportHeader(**{**told, **changes})


def landed(number: int, path: str, **changes: Any) -> Row:
    """Return the row of a recording that this night has landed, as one of twenty at a time.

    :param number: of the recording in the night.
    :param path: of it.
    """
    begins = STARTED + number // CAP * 60
    took = 30 + number % 29
    told: dict[str, Any] = {
        "key": f"{number:032x}",
        "size": 1_000_000 + number,
        "duration": 60.0 + number % 600,
        "minutes": (60.0 + number % 600) / 60,
        "attempts": 1,
        "conversation_id": str(5_000_000_000_000_000 + number),
        "job_id": f"00000000-0000-4000-8000-{number:012}",
        "submitted": begins,
        "completed": begins + took,
        "landed": begins + took + 1,
        "folder": f"calls/{number % 50:04}/{number:06}.wav",
        "forms": FORMS,
    }
    return Row(path, "landed", "landed", **{**told, **changes})


def other(outcome: OutcomeName, reason: str, number: int, path: str, **changes: Any) -> Row:
    """Return the row of a recording that has not landed in this night."""
    told: dict[str, Any] = {"message": MESSAGES.get(reason, ""), "key": f"{number:032x}", "size": 44 + number}
    if reason in {"job failed", "replaced"}:
        begins = STARTED + number // CAP * 60
        told |= {"submitted": begins, "completed": begins + 50, "attempts": 2, "minutes": 0.5}
        told |= {"conversation_id": str(5_000_000_000_000_000 + number)}
    if outcome == "quarantined":
        told["since"] = STARTED - 86_400.0 * (1 + number % 9)
    return Row(path, outcome, reason, **{**told, **changes})


def night(size: int) -> Iterator[Row]:
    """Yield the rows of a night of which nine in ten recordings land, with each of all reasons among the others.

    :param size: how many.
    """
    others = [(outcome, reason) for outcome, reasons in REASONS.items() if outcome != "landed" for reason in reasons]
    for number in range(size):
        path = f"calls/2026-09-21/agent-{number % 50}/{number:06}.wav"
        if number < len(HOSTILE):
            path = HOSTILE[number]
        if number % 10 == 3:
            outcome, reason = others[number // 10 % len(others)]
            yield other(outcome, reason, number, path)
        else:
            notes = ("paid twice: its answer came late (conversation 1)",) if number % 500 == 1 else ()
            yield landed(number, path, notes=notes)
