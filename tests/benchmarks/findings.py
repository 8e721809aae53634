"""What symbl-local finds, and what that costs: ``python -m tests.benchmarks.findings`` prints it.

First precision and recall over the sentences that were labelled by hand, then time and memory of each read of a
conversation of 10,000 messages, each of a view that was not read before, and once more.
"""

from __future__ import annotations

import gc
import random
import time
import tracemalloc
from functools import partial
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.intelligence import analysis, resources
from airflow_provider_symbl.local_server.intelligence.key_phrases import key_phrase_spans
from airflow_provider_symbl.local_server.store.records import Tracker
from tests.support.findings.scores import HELD_OUT, TUNED, scores
from tests.unit.local_server.intelligence.sample_views import identity, view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_symbl.local_server.intelligence.analysis import ConversationView

MESSAGES = 10_000
MEGABYTE = 1_000_000
TEMPLATES = (
    "I will send report number {n} by Friday.",
    "{name}, can you call {other} back on {month} {day} at {hour} pm?",
    "We met at the office in Berlin and talked about the budget for {n} weeks.",
    "It costs {n} dollars at Acme Corp and takes two hours.",
    "Let's schedule a meeting for {month} {day}, 20{year}.",
    "Customer {n} was unhappy with the late delivery of the parcel, and I understand that it was a long wait.",
    "What is the price of item {n}?",
    "Please upload the invoice before the {day}th.",
    "Hm, okay.",
    "{other} needs to check the router in {hour} days, and I'll let you know when it is done.",
)
MONTHS = ("January", "March", "May", "August", "October", "December")
FIRST, LAST = ("Ann", "Bob", "Carla", "Dmitri", "Elena", "Farid"), ("Lee", "Fox", "Ruiz", "Petrov", "Khan")
PHRASES = ("late delivery", "cancel my contract", "price", "talk to a manager", "unhappy customer")
READS: dict[str, Callable[[ConversationView], object]] = {
    "action-items": resources.action_items,
    "follow-ups": resources.follow_ups,
    "questions": resources.questions,
    "insights": resources.insights,
    "entities": resources.entities,
    "topics": partial(resources.topics, sentiment=True),
    "abstract-topics": resources.abstract_topics,
    "summary": resources.summary,
    "trackers-detected": resources.trackers,
    "analytics": resources.analytics,
    "lm-insights": resources.lm_insights,
    "messages with sentiment and phrases": lambda view: [
        (resources.message_sentiment(message.text), resources.phrases(message, options))
        for message, options in view.analyzed_messages
    ],
    "key phrases of a transcript": partial(key_phrase_spans, only_insights=False),
}


def spoken(members: int) -> ConversationView:
    """Make a conversation, the same at each call.

    :param members: how many people take turns.
    """
    chance = random.Random(1)  # noqa: S311 - no secret
    names = [f"{chance.choice(FIRST)} {chance.choice(LAST)} {number or ''}".strip() for number in range(members)]
    turns = []
    for number in range(MESSAGES):
        text = TEMPLATES[number % len(TEMPLATES)].format(
            n=chance.randrange(100_000),
            name=chance.choice(FIRST),
            other=chance.choice(FIRST),
            month=chance.choice(MONTHS),
            day=chance.randrange(4, 20),
            hour=chance.randrange(2, 12),
            year=chance.randrange(26, 60),
        )
        turns.append((chance.choice(names), text))
    trackers = tuple(Tracker(identity(phrase), phrase, (phrase,)) for phrase in PHRASES)
    return view(*turns, entities=True, phrases=True, trackers=trackers)


def table() -> Iterator[str]:
    """Give both tables, line by line."""
    yield f"{'kind':14} {'half':10} {'precision':>9} {'recall':>7} {'sentences':>9}"
    for half in (TUNED, HELD_OUT):
        for kind, score in scores(half).items():
            yield f"{kind:14} {half:10} {score.precision:9.2f} {score.recall:7.2f} {score.sentences:9}"
    analysis.warm_up()
    for members in (2, 200):
        yield ""
        yield f"{f'{MESSAGES} messages, {members} people':36} {'first s':>8} {'CPU s':>8} {'again s':>8} {'peak MB':>8}"
        for name, read in READS.items():
            yield f"{name:36} {_measured(read, members)}"


def _measured(read: Callable[[ConversationView], object], members: int) -> str:
    fresh = spoken(members)
    (first, work), (again, _) = _seconds(read, fresh), _seconds(read, fresh)
    fresh = spoken(members)
    gc.collect()
    tracemalloc.start()
    read(fresh)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return f"{first:8.2f} {work:8.2f} {again:8.2f} {peak / MEGABYTE:8.1f}"


def _seconds(read: Callable[[ConversationView], object], of: ConversationView) -> tuple[float, float]:
    """Give how long a read takes, and how much of it is work: on a busy machine, the rest is waiting."""
    begun, work = time.perf_counter(), time.process_time()
    read(of)
    return time.perf_counter() - begun, time.process_time() - work


if __name__ == "__main__":
    for line in table():
        print(line, flush=True)  # noqa: T201 - the figures that are asked for
