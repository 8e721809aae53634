"""The words of a night's report: its numbers, times and verdict as people read them, and what to do about a reason."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from airflow_provider_symbl.exceptions import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_symbl.client.validators import JsonObject

MINUTE, HOUR = 60, 3600
BYTES = 1000

NOT_LANDED = (
    ("failed", "failed", "failed"),
    ("waiting", "waits", "wait"),
    ("quarantined", "is quarantined", "are quarantined"),
)
"""How it is said of one, and of many."""
ADVICE: Mapping[str, str] = {
    "refused": "Symbl does not take it as it was sent. Mend its parameters, here or in its NAME.symbl.json.",
    "job failed": "Symbl could not process it. It is sent again while it has attempts left.",
    "unreadable": "The file cannot be read as a recording. Replace it.",
    "codec not known": "Convert it into a format that Symbl takes.",
    "empty": "There is nothing in it. Look at what records it.",
    "longer than the budget": "It alone is longer than max_minutes. Raise that, or cut the recording.",
    "never ended": "Its job did not end, or its answer was lost. redrive sends it once more, and pays for it again.",
    "replaced": "The file changed while it was sent. What was sent is paid for; the new file is a new recording.",
    "results": 'The job is done, its files could not be written. redrive="results" writes them and pays nothing.',
    "elsewhere": "Another task has sent it and lands it.",
    "unknown": "The answer to its submission was lost. It is looked for at Symbl until that is sure.",
    "overdue": "Its job takes longer than job_timeout. It is looked at again by the next night, and not sent again.",
    "running": "Its job runs at Symbl. The next night lands it, and pays nothing for it.",
    "budget": "max_minutes was used up. The next night goes on with it.",
    "not settled": "The file was still growing. The next night looks again.",
    "finish_by": "The time was over. The next night goes on with it.",
    "paused": "There is a file named pause in the ledger. Delete it to go on.",
    "fact that cannot be read": "A file of the ledger is damaged or cannot be reached. The message names it.",
    "unreachable": "Its storage, or Symbl, could not be reached. The next night tries again.",
    "first night": "The ledger is new. Set first_night to the night's date once this is what you want to pay for.",
    "stopped": "The task was stopped. Its next try, or the next night, goes on with it.",
    "dry run": "A dry run sends nothing.",
    "quarantined": 'It is not sent again by itself. redrive="quarantined", or its name, sends it once more.',
    "landed before": "Its results stand from an earlier night. Nothing was paid.",
    "landed by another": "Another task has landed the same content. Nothing was paid.",
    "same content": "Another file that was listed holds the same. It was paid for once.",
    "not a recording": "It holds neither sound nor video nor a list of messages.",
    "gone": "It was listed, and was no longer there when its turn came.",
}
"""What a person should know, or do, about each reason."""


def shown(text: str) -> str:
    """Return any text as a page can hold it: what turns the reading round, or is no UTF-8, is spelled out.

    :param text: a name or a message, from wherever.
    """
    return printable(text)


def count(number: float) -> str:
    """Return a number with its thousands set apart, and its digits after the point where it has such."""
    return f"{number:,}" if isinstance(number, int) else f"{number:,.2f}".rstrip("0").rstrip(".")


def money(price: float) -> str:
    """Return a number with two digits after the point, such as a price, whose currency nobody has said."""
    return f"{price:,.2f}"


def seconds(given: float) -> str:
    """Return a span of time in the two units that tell it."""
    if given < MINUTE:
        return f"{given:.1f} s"
    whole = round(given)
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE:02} s"
    return f"{whole // HOUR:,} h {whole % HOUR // MINUTE:02} min"


def moment(given: float) -> str:
    """Return a moment to the minute, in UTC."""
    return f"{datetime.datetime.fromtimestamp(given, datetime.UTC):%Y-%m-%d %H:%M} UTC"


def size(given: int) -> str:
    """Return a number of bytes."""
    value = float(given)
    for unit in ("bytes", "kB", "MB"):
        if value < BYTES:
            return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"
        value /= BYTES
    return f"{value:,.1f} GB"


def counted(number: int, noun: str) -> str:
    """Return how many there are of something."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def verdict(told: JsonObject) -> str:
    """Return how the night went, in one or two sentences.

    :param told: what ``report.json`` holds.
    """
    balance = told["balance"]
    found, new = balance["found"], balance["found"] - balance["skipped"]
    if not found:
        return f"No recordings were found in {shown(told['recordings'])}: there was nothing to do."
    if told["is_dry_run"]:
        to_send = told["reasons"]["waiting"].get("dry run", 0)
        return f"A dry run: nothing was sent. {counted(found, 'recording')} found, {to_send:,} to be sent."
    if not new:
        return f"Nothing was new among {counted(found, 'recording')}: nothing was sent, and nothing is open."
    others = [
        f"{balance[outcome]:,} {verb if balance[outcome] == 1 else verb_of_many}"
        for outcome, verb, verb_of_many in NOT_LANDED
        if balance[outcome]
    ]
    if others:
        sentence = f"{balance['landed']:,} of {counted(new, 'recording')} landed; {joined(others)}."
    else:
        sentence = f"All {new:,} recordings landed." if new > 1 else "The one recording landed."
    skipped = f" {balance['skipped']:,} more {'was' if balance['skipped'] == 1 else 'were'} skipped."
    return f"{sentence}{skipped if balance['skipped'] else ''}"


def joined(parts: list[str]) -> str:
    """Return parts as a list in a sentence."""
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
