"""What responses are read into: typed objects that are dicts, cannot be changed, and tell logs no more than ids."""

from __future__ import annotations

import copy
import dataclasses
import json
import logging
import pickle
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_symbl.client import models
from airflow_provider_symbl.client.models import Conversation, Job, Member, Message, Model, Records, Submission

if TYPE_CHECKING:
    from collections.abc import Callable

SAID = "What nobody else may read."
HELLO = {"id": 6, "text": SAID, "from": {"name": "Ann"}, "words": [{"word": "What"}], "phrases": ["a", {"text": "b"}]}
MODELS = [value for value in vars(models).values() if isinstance(value, type) and issubclass(value, Model)]


@pytest.fixture
def message() -> Message:
    """Read a message."""
    return Message.from_json(HELLO)


def test_an_attribute_is_an_item_too(message: Message) -> None:
    """So that a task may write either, and the next one, which gets a dict, the second."""
    assert message.text == message["text"] == SAID
    assert message.speaker is not None
    assert message.speaker.name == message["speaker"]["name"] == "Ann"
    assert message.phrases == message["phrases"] == ["a", "b"]
    assert set(message) == {field.name for field in dataclasses.fields(message)}


def test_json_holds_a_model_as_an_object(message: Message) -> None:
    """With the names that Python has for it, down to the last word."""
    told = json.loads(json.dumps([message]))[0]
    assert told == message | {}
    assert told["words"][0]["word"] == "What"


def test_a_notebook_shows_what_was_said(message: Message) -> None:
    """Under ``repr``, alone and in a list."""
    assert SAID in repr(message)
    assert SAID in repr(Records([message]))


def test_a_log_shows_ids_alone(message: Message, caplog: pytest.LogCaptureFixture) -> None:
    """A task that returns messages has Airflow log what it returned."""
    caplog.set_level(logging.INFO)
    for told in (message, Records([message]), Records([Member("m", SAID)]), Job("j", "failed", SAID)):
        logging.getLogger(__name__).info("Done. Returned value was: %s", told)
    assert SAID not in caplog.text
    assert [record.getMessage().partition(": ")[2] for record in caplog.records] == [
        "Message(id='6')",
        "[Message(id='6')]",
        "[Member(id='m')]",
        "Job(id='j', status='failed')",
    ]
    assert str(Submission("5", "j")) == "Submission(conversation_id='5', job_id='j')"


CHANGES: list[Callable[[Any], object]] = [
    lambda message: message.__setitem__("text", ""),
    lambda message: message.__delitem__("text"),
    lambda message: message.__ior__({"text": ""}),
    lambda message: message.update(text=""),
    lambda message: message.setdefault("more", ""),
    lambda message: message.pop("text"),
    lambda message: message.popitem(),
    lambda message: message.clear(),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_model_cannot_be_changed(message: Message, change: Callable[[Any], object]) -> None:
    """Else item and attribute would differ."""
    with pytest.raises(TypeError, match=r"^a Message cannot be changed; dict\(\.\.\.\) makes a copy that can$"):
        change(message)
    assert message == Message.from_json(HELLO)


def test_an_attribute_cannot_be_set(message: Message) -> None:
    """As of every frozen dataclass."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        message.text = ""  # type: ignore[misc] # wrong on purpose
    changed = dict(message)
    changed["text"] = ""
    assert message.text == SAID


def pickled(given: Any) -> Any:  # noqa: ANN401 - any object
    """Return what comes out of a pickle."""
    return pickle.loads(pickle.dumps(given))  # noqa: S301 - made here


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickled])
def test_a_copy_is_equal(message: Message, duplicate: Callable[[Any], Any]) -> None:
    """Of one model, and of a list with a conversation and its members."""
    found = Records([Conversation.from_json({"id": "5", "members": [{"id": "m"}], "metadata": {"k": "v"}})])
    for given in (message, found):
        made = duplicate(given)
        assert type(made) is type(given)
        assert made == given
        assert made is not given
    assert duplicate(message).raw == message.raw


def test_equality_leaves_out_what_has_no_name(message: Message) -> None:
    """Symbl's new keys make no other message of it; another text does."""
    assert message == Message.from_json({**HELLO, "new": 1})
    assert message != dataclasses.replace(message, text="")
    assert len({message, Message.from_json({**HELLO, "new": 1})}) == 1


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_model_may_stand_in_a_set(model: type[Model]) -> None:
    """Each with the least that it needs."""
    least = {"id": "1", "text": "a", "status": "b", "word": "c", "conversationId": "2", "jobId": "3"}
    if model is not Model:
        assert len({model.from_json(least), model.from_json(least)}) == 1


def test_no_field_hides_what_a_dict_can_do() -> None:
    """``items`` and the like stay what they are."""
    names = {field.name for model in MODELS if model is not Model for field in dataclasses.fields(model)}  # type: ignore[arg-type] # each is a dataclass
    assert not names & set(vars(dict))
