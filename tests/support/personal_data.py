"""Conversations with planted secrets, made by rules of their own from a seed."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.support.clean_conversations import FIRST, SAID, a_document, a_message, clean_sentence

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_symbl.results.document import Document

TEENS = {
    "10": "ten",
    "11": "eleven",
    "12": "twelve",
    "13": "thirteen",
    "14": "fourteen",
    "15": "fifteen",
    "16": "sixteen",
    "17": "seventeen",
    "18": "eighteen",
    "19": "nineteen",
}
TENS = dict(
    zip("23456789", ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), strict=True)
)
AREAS = ("212", "415", "312", "617", "206", "305", "713", "404", "702", "303", "503", "919")
BRANDS = (
    ("4", 16),
    ("51", 16),
    ("54", 16),
    ("2345", 16),
    ("37", 15),
    ("34", 15),
    ("6011", 16),
    ("3530", 16),
    ("36", 14),
)
LAST = ("lee", "smith", "garcia", "novak", "okafor", "brandt", "silva", "tanaka", "oneil", "dubois", "klein", "rossi")
DOMAINS = (
    "example.com",
    "example.org",
    "mail.example.net",
    "bluebird.io",
    "acme.co.uk",
    "gmail.com",
    "web.de",
    "uni.edu",
)


@dataclass
class Planted:
    """A secret as it is said.

    :param kind: email, phone or card.
    :param pieces: what is said of it, message by message.
    :param digits: its digits, where it is a number.
    """

    kind: str
    pieces: list[str]
    digits: str = ""


@dataclass
class Plantation:
    """A conversation with secrets.

    :param document: of it.
    :param secrets: what is hidden in it.
    :param clean: the places of the messages that hold nothing.
    """

    document: Document
    secrets: list[Planted]
    clean: list[int] = field(default_factory=list)


def an_email(dice: random.Random) -> str:
    """Return an address."""
    first, last = dice.choice(FIRST), dice.choice(LAST)
    local = dice.choice(
        [
            f"{first}.{last}",
            f"{first}_{last}",
            f"{first}{dice.randrange(10, 99)}",
            f"{first}-{last}",
            f"{first[0]}{last}",
        ]
    )
    return f"{local}@{dice.choice(DOMAINS)}"


def written_email(dice: random.Random) -> Planted:
    """Write one, sometimes with a tag, capitals or letters of other scripts."""
    address = an_email(dice)
    style = dice.randrange(6)
    if style == 0:
        address = address.replace("@", f"+{dice.choice(['news', 'shop', '2026'])}@")
    elif style == 1:
        address = address.title()
    elif style == 2:
        address = dice.choice(
            ["jürgen@bücher.example", "用户@例子.公司", "Łukasz.Żak@poczta.example", "иван@пример.рф"]
        )
    return Planted("email", [address])


def spoken_email(dice: random.Random) -> Planted:
    """Say one, as a whole or in two messages."""
    local, domain = an_email(dice).split("@")
    style = dice.randrange(5)
    if style == 0:
        local = " ".join(local[:3]) + dice.choice(["", f" {SAID['4']}", " seven two"])
    for mark, name in {".": "dot", "_": "underscore", "-": dice.choice(["dash", "hyphen"])}.items():
        local = local.replace(mark, f" {name} ")
    local = re.sub(r"(\d)(\d)", lambda pair: f" {SAID[pair[1]]} {SAID[pair[2]]}", local)
    labels = domain.split(".")
    if style == 1:
        labels[0] = " ".join(labels[0][:4])
    spoken_domain = " dot ".join(labels)
    at = dice.choice(["at", "at", "at", "at sign"])
    cut = dice.randrange(5)
    if cut == 0:
        return Planted("email", [f"{local} {at}", spoken_domain])
    if cut == 1:
        return Planted("email", [local, f"{at} {spoken_domain}"])
    return Planted("email", [f"{local} {at} {spoken_domain}"])


def a_phone(dice: random.Random) -> str:
    """Return the ten digits of a number of the United States."""
    return f"{dice.choice(AREAS)}{dice.choice('234678')}{dice.randrange(20, 99)}{dice.randrange(10000):04}"


def written_phone(dice: random.Random) -> Planted:
    """Write a number in one of the usual ways."""
    number = a_phone(dice)
    area, exchange, line = number[:3], number[3:6], number[6:]
    german, british, french = (
        f"151{dice.randrange(10**8):08}",
        f"7911{dice.randrange(10**6):06}",
        f"6{dice.randrange(10**8):08}",
    )
    forms = {
        f"{area}-{exchange}-{line}": number,
        f"({area}) {exchange}-{line}": number,
        f"{area}.{exchange}.{line}": number,
        f"{area} {exchange} {line}": number,
        f"+1 {area} {exchange} {line}": number,
        f"+1 ({area}) {exchange}-{line}": number,
        f"1-{area}-{exchange}-{line}": number,
        number: number,
        f"{area}-{exchange}-{line} ext. {dice.randrange(10, 999)}": number,
        f"+49 {german[:3]} {german[3:]}": german,
        f"+44 {british[:4]} {british[4:]}": british,
        f"+33 {french[0]} " + " ".join(french[1:][place : place + 2] for place in (0, 2, 4, 6)): french,
    }
    text = dice.choice(list(forms))
    if dice.randrange(6) == 0:
        return Planted("phone", [f"{area} {exchange}", line], number)
    return Planted("phone", [text], forms[text])


def say(digits: str, dice: random.Random) -> str:
    """Say digits one by one, with doubles, ohs, commas and hesitations, or as a recogniser writes them."""
    style = dice.randrange(6)
    if style == 0:
        return " ".join(digits)
    if style == 1:
        return say_pairs(digits)
    if style == 2:
        return " ".join(SAID[digit] if dice.randrange(2) else digit for digit in digits)
    said, place = [], 0
    while place < len(digits):
        digit = digits[place]
        name = dice.choice(["oh", "zero"]) if digit == "0" else SAID[digit]
        if digits[place : place + 3] == digit * 3 and dice.randrange(2):
            said.append(f"triple {name}")
            place += 3
        elif digits[place : place + 2] == digit * 2 and dice.randrange(2):
            said.append(f"double {name}")
            place += 2
        else:
            said.append(name)
            place += 1
        if place < len(digits) and dice.randrange(7) == 0:
            said[-1] += dice.choice([",", " uh", ", um", ".", " and", ", and then", " dash"])
    return " ".join(said)


def say_pairs(digits: str) -> str:
    """Say digits in pairs, such as "forty one, oh five"."""
    said = []
    for place in range(0, len(digits), 2):
        pair = digits[place : place + 2]
        if pair in TEENS:
            said.append(TEENS[pair])
        elif len(pair) == 2 and pair[0] in TENS:
            said.append(TENS[pair[0]] + ("" if pair[1] == "0" else f" {SAID[pair[1]]}"))
        elif len(pair) == 1 and said and said[-1] in TENS.values():  # "eighty six" would be another number
            said[-1] = f"{SAID[digits[place - 2]]} oh {SAID[pair]}"
        else:
            said.append(" ".join("oh" if digit == "0" else SAID[digit] for digit in pair))
    return " ".join(said)


def spoken_phone(dice: random.Random) -> Planted:
    """Say a number, sometimes with its country, sometimes in two messages."""
    number = a_phone(dice)
    style = dice.randrange(6)
    if style == 0:
        number = f"49151{dice.randrange(10**8):08}"
        return Planted("phone", [f"plus {say(number, dice)}"], number)
    if style == 1:
        return Planted("phone", [say(number[:6], dice), say(number[6:], dice)], number)
    if style == 2:
        return Planted("phone", [f"area code {say(number[:3], dice)}, then {say(number[3:], dice)}"], number)
    return Planted("phone", [say(number, dice)], number)


def a_card(dice: random.Random) -> str:
    """Return the number of a card of some brand, with its check digit."""
    prefix, length = dice.choice(BRANDS)
    digits = prefix + "".join(dice.choice("0123456789") for _ in range(length - len(prefix) - 1))
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits))]
    total = sum(value - 9 if value > 9 else value for value in doubled)
    return digits + str(-total % 10)


def groups_of(number: str) -> list[str]:
    """Cut a card's number as it is printed."""
    sizes = {16: (4, 4, 4, 4), 15: (4, 6, 5), 14: (4, 6, 4)}[len(number)]
    places = [sum(sizes[:count]) for count in range(len(sizes) + 1)]
    return [number[start:end] for start, end in pairwise(places)]


def written_card(dice: random.Random) -> Planted:
    """Write a card, in one message or group by group."""
    number = a_card(dice)
    groups = groups_of(number)
    style = dice.randrange(5)
    if style == 0:
        return Planted("card", groups, number)
    return Planted("card", [dice.choice([" ", "-", "", "  ", "."]).join(groups)], number)


def spoken_card(dice: random.Random) -> Planted:
    """Say a card, in one message, in two, or group by group."""
    number = a_card(dice)
    groups = groups_of(number)
    style = dice.randrange(5)
    if style == 0:
        return Planted("card", [say(group, dice) for group in groups], number)
    if style == 1:
        return Planted("card", [say(number[:8], dice), say(number[8:], dice)], number)
    return Planted("card", [dice.choice([", ", " ", " and then "]).join(say(group, dice) for group in groups)], number)


MAKERS: tuple[Callable[[random.Random], Planted], ...] = (
    *(written_email, spoken_email, written_phone, spoken_phone, written_card, spoken_card),
)
AROUND = {
    "email": ("my email is {}", "write to {}, please", "you can send it to {}.", "{}", "it's {} thanks", "Sure: {}!"),
    "phone": (
        "call me at {}",
        "my number is {}, okay?",
        "{}",
        "it's {} thank you",
        "you reach him under {}.",
        "Tel: {}",
    ),
    "card": ("my card is {}", "the number is {}, and that's a Visa", "{}", "yeah it's {} thanks", "charge {} please."),
}
BEGINNINGS = {
    "email": ("my email is {}", "sure, {}", "{}"),
    "phone": ("my number is {}", "it's {}", "{}", "okay so {},"),
    "card": ("my card number is {}", "it starts with {}", "{}", "yes, {},"),
}
GO_ONS = ("okay", "Yes.", "go on", "mhm", "got it, and then?", "uh-huh", "right, next please")


def plant(secrets: int, messages: int, seed: int) -> Plantation:
    """Return a conversation of that many messages that hold that many secrets."""
    dice = random.Random(seed)  # noqa: S311 - a test's data
    planted = [MAKERS[number % len(MAKERS)](dice) for number in range(secrets)]
    turns: list[list[tuple[str, str]]] = [_turns(secret, dice) for secret in planted]
    said = sum(map(len, turns))
    clean = [[(clean_sentence(dice), dice.choice("AB"))] for _ in range(messages - said)]
    order = turns + clean
    places = list(range(len(order)))
    dice.shuffle(places)
    texts = [(turn, index >= len(turns)) for index in places for turn in order[index]]
    made = [a_message(place, text, speaker) for place, ((text, speaker), _) in enumerate(texts)]
    untouched = [place for place, (_, is_clean) in enumerate(texts) if is_clean]
    return Plantation(a_document(made), planted, untouched)


def _turns(secret: Planted, dice: random.Random) -> list[tuple[str, str]]:
    speaker, other = dice.sample("AB", 2)
    if len(secret.pieces) == 1:
        return [(dice.choice(AROUND[secret.kind]).format(secret.pieces[0]), speaker)]
    turns = [(dice.choice(BEGINNINGS[secret.kind]).format(secret.pieces[0]), speaker)]
    for piece in secret.pieces[1:]:
        if dice.randrange(2):
            turns.append((dice.choice(GO_ONS), other))
        turns.append((piece, speaker))
    return turns
