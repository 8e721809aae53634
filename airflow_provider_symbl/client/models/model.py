"""The base of what responses hold: a dict with typed attributes, which Airflow, JSON and pandas take as the dict it is.

A plain dataclass would not do: Airflow stores one in XCom under the name of its class, and the next task may read it
only where the deployment allows that class. A dict passes everywhere, and keeps its names.
"""

from __future__ import annotations

import dataclasses
import functools
import sys
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar, get_type_hints

from airflow_provider_symbl.client.models.readers import Reader, at, required_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_symbl.client.validators import Json, JsonObject

Item = TypeVar("Item")

SHOWN_IN_LOGS = ("id", "conversation_id", "job_id", "status")
"""What is nobody's words, name or address."""


class Model(dict[str, Any]):
    """An object of a response; its keys are its attributes, and neither can be changed: ``dict(...)`` makes a copy.

    A subclass is a frozen dataclass whose fields say beside their type how they are read: ``Annotated[type, reader]``,
    and Symbl's names for them where those are not the camelCase. A field ``raw`` keeps the whole object that was sent.
    ``repr`` shows all that has a name; ``str``, which logs use, shows ids alone.
    """

    __slots__ = ()

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Read the object from a response.

        :param data: what Symbl sent.
        :raises UnreadableValueError: names the key that is missing or of another kind.
        """
        given = required_object(data)
        values: dict[str, Any] = {"raw": given} if "raw" in cls.__match_args__ else {}  # type: ignore[attr-defined] # each subclass is a dataclass
        for name, (reader, keys) in _plan_of(cls).items():
            key = _present(keys, given)
            values[name] = at(key, given.get(key), reader)
        return cls(**values)

    def __post_init__(self) -> None:
        """Make each field an item, too."""
        dict.update(self, ((name, getattr(self, name)) for name in self.__match_args__))  # type: ignore[attr-defined] # see from_json

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={self[name]!r}" for name in SHOWN_IN_LOGS if self.get(name))
        return f"{type(self).__name__}({shown})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), dict(self))

    def _refuse_change(self, *_: object, **__: object) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} cannot be changed; dict(...) makes a copy that can")

    __setitem__ = __delitem__ = _refuse_change
    __ior__ = clear = pop = popitem = setdefault = update = _refuse_change


class Records(list[Item]):
    """A list of models; ``repr`` shows them as a list does, ``str``, which logs use, as they show themselves there."""

    __slots__ = ()

    def __str__(self) -> str:
        return f"[{', '.join(map(str, self))}]"


@functools.cache
def _plan_of(model: type[Model]) -> Mapping[str, tuple[Reader[Any], tuple[str, ...]]]:
    """Return the reader of each field and the keys that it may have."""
    # Without the names of the class itself: a field may have the name of a reader.
    hints = get_type_hints(model, vars(sys.modules[model.__module__]), {}, include_extras=True)
    plan = {}
    for field in dataclasses.fields(model):  # type: ignore[arg-type] # each subclass is a dataclass
        reader, *keys = getattr(hints[field.name], "__metadata__", [None])
        if reader is not None:
            plan[field.name] = (reader, tuple(keys) or (_wire_name(field.name),))
    return plan


def _present(keys: tuple[str, ...], given: JsonObject) -> str:
    """Return the first key that holds something, else the first."""
    return next((key for key in keys if given.get(key) not in (None, "")), keys[0])


def _wire_name(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def _rebuilt(model: type[Model], values: dict[str, Any]) -> Model:
    return model(**values)
