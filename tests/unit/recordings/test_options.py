"""Which parameters a recording gets: those for all, the overrides' that are for it, its sidecar's; and their digest."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings, strategies

from airflow_provider_symbl.exceptions import SymblConfigurationError
from airflow_provider_symbl.recordings.facts import RecordingFile
from airflow_provider_symbl.recordings.options import RecordingOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_symbl.recordings.facts import Kind

PATTERN = r"(?P<queue>[^/]+)/(?P<agent>[^/_]+)_(?P<number>\d+)?"


def file(path: str = "calls/a.wav") -> RecordingFile:
    """Return a file with a sidecar's name."""
    return RecordingFile(path, f"/{path}", 1, "1", sidecar=f"{path}.symbl.json")


def chosen(options: RecordingOptions, path: str = "calls/a.wav", sidecar: object = None) -> Mapping[str, Any]:
    """Check the options, and return the parameters of a sound file."""
    options.check()
    content = None if sidecar is None else json.dumps(sidecar).encode()
    return options.for_file(file(path), content, "audio")[0]


def digest(parameters: Mapping[str, object], **others: Any) -> str:
    """Return the digest of the parameters of a sound file."""
    return RecordingOptions(parameters, {}, **others).for_file(file(), None, "audio")[1]


def refusal(parameters: object, overrides: object = None, pattern: object = None, **others: Any) -> str:
    """Return the one sentence of a check that fails."""
    options: Any = RecordingOptions
    with pytest.raises(SymblConfigurationError) as raised:
        options(parameters, overrides or {}, pattern, **others).check()
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_later_overrides_win_and_the_sidecar_overrides_all() -> None:
    """Parameter by parameter; None takes one away."""
    options = RecordingOptions(
        {"language_code": "en-US", "mode": "phone", "custom_vocabulary": ["parcel"]},
        {"calls/*": {"language_code": "en-GB", "mode": "default"}, "*.mp3": {"mode": "phone"}, "*.wav": {"mode": None}},
    )
    assert chosen(options) == {"language_code": "en-GB", "custom_vocabulary": ["parcel"]}
    assert chosen(options, "calls/a.mp3") == {
        "language_code": "en-GB",
        "mode": "phone",
        "custom_vocabulary": ["parcel"],
    }
    assert chosen(options, "other/deep/a.wav") == {"language_code": "en-US", "custom_vocabulary": ["parcel"]}
    assert chosen(options, sidecar={"mode": "phone", "custom_vocabulary": None}) == {
        "language_code": "en-GB",
        "mode": "phone",
    }


LEVELS = strategies.lists(
    strategies.tuples(
        strategies.sampled_from(["*.wav", "calls/*", "calls/**", "**/a.wav", "*", "calls/a.wav", "*.mp3", "other/*"]),
        strategies.dictionaries(
            strategies.sampled_from(["name", "mode", "language_code", "enable_summary"]),
            strategies.sampled_from([None, "phone"]),
        ),
    ),
    unique_by=lambda level: level[0],
)


@settings(deadline=None)  # the machine may be busy
@given(LEVELS, strategies.sampled_from([None, "phone"]))
def test_of_all_that_are_for_a_recording_the_last_wins(
    levels: list[tuple[str, dict[str, str | None]]], first: str | None
) -> None:
    """Whatever the order, and whatever is for other recordings between them."""
    expected = first
    for glob, parameters in levels:
        if glob not in {"*.mp3", "other/*"} and "mode" in parameters:
            expected = parameters["mode"]
    overrides = {glob: {key: value for key, value in one.items() if key == "mode"} for glob, one in levels}
    assert chosen(RecordingOptions({"mode": first}, overrides)).get("mode") == expected


WORDS = strategies.text(
    strategies.characters(exclude_characters="/_{}\0\n", exclude_categories=["Cs", "Z", "Cc"]), min_size=1
)


@settings(deadline=None)  # the machine may be busy
@given(WORDS, WORDS)
def test_groups_fill_texts_wherever_they_stand(queue: str, agent: str) -> None:
    """In lists and objects, and in their JSON text, where what is found never becomes JSON."""
    options = RecordingOptions(
        {
            "name": "{agent} of {queue}, {customer} {{agent}",
            "metadata": '{"agent": "{agent}", "fixed": "{}"}',
            "custom_vocabulary": ["{agent}", "{number}", "parcel"],
            "trackers": [{"name": "{queue}", "vocabulary": ["to {agent}"]}],
        },
        {},
        PATTERN,
    )
    parameters = chosen(options, f"{queue}/{agent}_.wav")
    assert parameters == {
        "name": f"{agent} of {queue}, {{customer}} {{{agent}",
        "metadata": {"agent": agent, "fixed": "{}"},
        "custom_vocabulary": [agent, "parcel"],
        "trackers": [{"name": queue, "vocabulary": [f"to {agent}"]}],
    }


@settings(deadline=None)  # the machine may be busy
@given(strategies.text(strategies.sampled_from("{}agentq \"'%$\\"), min_size=1).filter(str.strip))
def test_other_braces_stay(text: str) -> None:
    """A text without the name of a group is sent as it is."""
    filled = text.replace("{agent}", "ann").replace("{queue}", "calls")
    options = RecordingOptions({"name": text}, {}, PATTERN)
    if not filled.lstrip().startswith(("{", "[", '"')):
        assert chosen(options, "calls/ann_7.wav").get("name") == filled


def test_a_group_that_finds_a_group_is_not_filled_again() -> None:
    """What stands in a path is text."""
    options = RecordingOptions({"name": "{agent}"}, {}, PATTERN)
    assert chosen(options, "calls/{queue}_1.wav") == {"name": "{queue}"}


def test_a_path_without_the_pattern_leaves_texts_of_groups_alone_out() -> None:
    """Nothing is sent for them; what else a text says stays. A report can tell which paths these are."""
    options = RecordingOptions({"name": "Call {agent}", "language_code": "{queue}", "mode": "phone"}, {}, PATTERN)
    assert chosen(options, "nothing.wav") == {"name": "Call ", "mode": "phone"}
    assert not options.is_named(file("nothing.wav"))
    assert options.is_named(file("calls/ann_7.wav"))
    assert RecordingOptions({}, {}).is_named(file("nothing.wav"))


def test_values_of_groups_are_checked_when_they_are_filled() -> None:
    """Not before; the recording is named, since it alone is wrong."""
    options = RecordingOptions({"language_code": "{queue}"}, {}, PATTERN)
    assert chosen(options, "en-GB/ann_7.wav") == {"language_code": "en-GB"}
    with pytest.raises(SymblConfigurationError, match=r"^xx/ann_7\.wav: language_code: got 'xx'"):
        options.for_file(file("xx/ann_7.wav"), None, "audio")


def test_what_goes_only_together_may_come_from_two_places() -> None:
    """Each recording's parameters are checked as a whole, and the file is named that breaks them."""
    options = RecordingOptions(
        {"enable_speaker_diarization": True}, {"two/*": {"diarization_speaker_count": 2}, "chat/*": {}}
    )
    assert chosen(options, "two/a.wav") == {"enable_speaker_diarization": True, "diarization_speaker_count": 2}
    with pytest.raises(SymblConfigurationError, match=r"^one/a\.wav: diarization_speaker_count"):
        options.for_file(file("one/a.wav"), None, "audio")
    with pytest.raises(SymblConfigurationError, match=r"^two/a\.wav\.symbl\.json: diarization_speaker_count"):
        options.for_file(file("two/a.wav"), b'{"enable_speaker_diarization": false}', "audio")


def test_text_gets_no_parameters_of_speech() -> None:
    """A folder may hold both; what is for both stays."""
    options = RecordingOptions({"language_code": "en-GB", "enable_summary": True}, {"*": {"mode": "phone"}})
    parameters, of_text = options.for_file(file(), b'{"custom_vocabulary": ["parcel"]}', "text")
    assert parameters == {"enable_summary": True}
    assert of_text == RecordingOptions({"enable_summary": True}, {}).for_file(file(), None, "text")[1]


@pytest.mark.parametrize(
    ("parameters", "overrides", "told"),
    [
        ({"langage_code": "en-US"}, {}, ["parameters: got 'langage_code'", "did you mean language_code"]),
        ({}, {"vip/*": {"langage_code": "en-US"}}, ["overrides['vip/*']", "did you mean language_code"]),
        ({"language_code": "english"}, {}, ["parameters: language_code: got 'english'"]),
        ({}, {"vip/*": {"trackers": 7}}, ["overrides['vip/*']: trackers"]),
        ({}, {"vip/*": 7}, ["overrides['vip/*']: got a value of type int"]),
        ({}, [1], ["overrides: got a value of type list"]),
        ("nonsense", {}, ["parameters: got a value of type str"]),
        ({7: "x"}, {}, ["parameters: got 7"]),
        ({"extra_parameters": {"languageCode": "en-US"}}, {}, ["extra_parameters", "language_code=…"]),
    ],
)
def test_what_symbl_does_not_take_is_an_error_at_once(parameters: object, overrides: object, told: list[str]) -> None:
    """Before any recording is known; whose it is is named."""
    message = refusal(parameters, overrides)
    for part in told:
        assert part in message


@pytest.mark.parametrize("pattern", ["(", "[^/]+", "(?P<agent>a)(?P<agent>b)", b"(?P<agent>a)", 7])
def test_a_pattern_without_groups_is_an_error_at_once(pattern: object) -> None:
    """Nor is one that is none."""
    assert "pattern" in refusal({}, {}, pattern)


def test_unknown_ways_to_send_are_errors() -> None:
    """There are two."""
    assert "send" in refusal({}, send="mail")


def test_a_compiled_pattern_is_taken() -> None:
    """With its flags."""
    options = RecordingOptions({"name": "{agent}"}, {}, re.compile("/(?P<agent>ANN)", re.IGNORECASE))
    assert chosen(options, "calls/ann_7.wav") == {"name": "ann"}


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"7", b"\xff\xfe", b"[" * 200_000, b'{"a": 1}', b'{"mode": "loud"}', b"{}" + b" " * (1 << 20)],
)
def test_a_wrong_sidecar_is_named(content: bytes) -> None:
    """In one sentence, whether it is checked by itself or for its recording."""
    options = RecordingOptions({}, {})
    with pytest.raises(SymblConfigurationError, match=r"^calls/a\.wav\.symbl\.json: ") as raised:
        options.check_sidecar(file(), content)
    assert len(str(raised.value)) < 1000
    with pytest.raises(SymblConfigurationError, match=r"^calls/a\.wav\.symbl\.json: "):
        options.for_file(file(), content, "text")


EFFECTIVE: Mapping[str, object] = {
    "language_code": "en-GB",
    "mode": "phone",
    "custom_vocabulary": ["parcel"],
    "enable_separate_recognition_per_channel": True,
    "trackers": [{"name": "Late", "vocabulary": ["late"]}],
    "entities": [{"customType": "x", "text": "y"}],
    "enable_all_trackers": True,
    "enable_summary": True,
    "features": {"featureList": ["insights"]},
    "detect_phrases": True,
    "detect_entities": True,
    "confidence_threshold": 0.6,
    "conversation_type": "sales",
    "extra_parameters": {"newThing": 1},
}


@pytest.mark.parametrize(("name", "value"), EFFECTIVE.items(), ids=EFFECTIVE)
def test_the_digest_changes_with_what_changes_the_result(name: str, value: object) -> None:
    """One parameter is enough."""
    assert digest({name: value}) != digest({})


def test_the_digest_holds_what_goes_only_together() -> None:
    """The number of speakers, and who speaks on which channel."""
    two, three = ({"enable_speaker_diarization": True, "diarization_speaker_count": count} for count in (2, 3))
    assert len({digest({}), digest(two), digest(three)}) == 3
    apart = {"enable_separate_recognition_per_channel": True}
    named = apart | {"channel_metadata": [{"channel": 1, "speaker": {"name": "Ann"}}]}
    assert digest(named) != digest(apart)


def test_the_digest_does_not_change_with_what_has_no_effect() -> None:
    """Names, metadata and webhooks; spelling, order and what says nothing."""
    assert digest({"name": "x", "metadata": {"a": "b"}, "webhook_url": "https://example.com/hook"}) == digest({})
    assert digest({"mode": None, "custom_vocabulary": []}) == digest({})
    assert digest({"enable_summary": "true", "mode": "phone"}) == digest({"mode": "phone", "enable_summary": True})
    assert digest({"mode": "phone"}, send="url") == digest({"mode": "phone"})


def test_a_path_alone_tells_which_digests_are_possible() -> None:
    """One for sound and video, one for text; whatever it turns out to be."""
    options = RecordingOptions({"mode": "phone", "enable_summary": "true"}, {"*.mp3": {"mode": "default"}})
    kinds: tuple[Kind, ...] = ("audio", "video", "text")
    for path in ("a.wav", "a.mp3"):
        for sidecar in (None, b'{"enable_summary": false}'):
            possible = options.digests(file(path), sidecar)
            assert possible == {options.for_file(file(path), sidecar, kind)[1] for kind in kinds}
            assert len(possible) == 2


def test_parameters_are_told_as_they_are_sent() -> None:
    """A template makes text of all; those who reckon with them should not have to read it."""
    options = RecordingOptions(
        {"enable_summary": "true", "trackers": '[{"id": "7"}]', "extra_parameters": '{"a": 1}'}, {}
    )
    assert chosen(options) == {"enable_summary": True, "trackers": [{"id": "7"}], "extra_parameters": {"a": 1}}
