"""Arguments of operators and sensor: what is known of them when the DAG is parsed, and what only once the task runs."""

from __future__ import annotations

import inspect
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk.definitions.mappedoperator import OperatorPartial

from airflow_provider_symbl.client.uploads import StoredPath, location
from airflow_provider_symbl.client.validators import did_you_mean, invalid_value, is_empty, parsed
from airflow_provider_symbl.exceptions import SymblConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow.sdk.definitions.mappedoperator import MappedOperator

    from airflow_provider_symbl.client.validators import Validator

NOTHING = frozenset({"None", "null"})
"""How a template spells None, as text and as JSON."""


def is_templated(value: object) -> bool:
    """Tell whether a value is known only once the task runs: it holds a template or another task's result.

    :param value: an operator's argument, as a DAG file gives it.
    """
    if isinstance(value, (str, os.PathLike, StoredPath)):
        return "{{" in location(value) or "{%" in location(value)
    if isinstance(value, Mapping):
        return any(map(is_templated, (*value.keys(), *value.values())))
    if isinstance(value, (list, tuple)):
        return any(map(is_templated, value))
    # Airflow's own mark of what is resolved at run time: XComArg, mapped arguments. Functions it calls then.
    return hasattr(value, "iter_references") or callable(value)


def check_given(name: str, given: object, *, is_rendered: bool) -> None:
    """Check that an argument that must be there is.

    :param name: the argument's.
    :param given: its value.
    :param is_rendered: whether it is what a template, or a mapping, came to.
    :raises SymblConfigurationError: it is empty.
    """
    if is_empty(given) and is_rendered:
        raise SymblConfigurationError(f"{name}: the template gave {given!r}; allowed: a value that is not empty")
    if is_empty(given):
        invalid_value(name, given, "a value that is not empty")


class CheckedArguments:
    """Mixin of operators and sensor: nothing is None however a template spells it, and literals are checked early."""

    def render_template(self, content: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as of Airflow's base class
        """Render as Airflow does, paths as their text; a template that gives None, in any spelling, gives None."""
        if not is_templated(content):
            return super().render_template(content, *args, **kwargs)  # type: ignore[misc]  # BaseOperator is beside it
        is_path = isinstance(content, (os.PathLike, StoredPath))
        rendered = super().render_template(location(content) if is_path else content, *args, **kwargs)  # type: ignore[misc]  # BaseOperator is beside it
        return None if isinstance(rendered, str) and rendered.strip() in NOTHING else rendered

    @classmethod
    def check_literals(cls, given: Mapping[str, object]) -> None:
        """Check each of some arguments that is no template.

        :param given: arguments by name.
        :raises SymblConfigurationError: names the argument, what was given and what is allowed.
        """
        raise NotImplementedError

    @classmethod
    def partial(cls, **kwargs: Any) -> OperatorPartial:
        """Take the arguments that all mapped tasks share, as Airflow does, and check them."""
        check_names(cls, kwargs)
        cls.check_literals(kwargs)
        made: OperatorPartial = super().partial(**kwargs)  # type: ignore[misc]  # BaseOperator is beside it
        made._expand_called = True  # noqa: SLF001 - the next one is mapped in its place, and Airflow warns of one that never is
        return _CheckedPartial(operator_class=made.operator_class, kwargs=made.kwargs, params=made.params)

    @property
    def is_mapped(self) -> bool:
        """Whether this is one of many that Airflow makes once the task runs, with the values of its mapping."""
        # Airflow tells it nowhere else; an error of the constructor would be tried again.
        return bool(getattr(self, "_BaseOperator__from_mapped", False))


class _CheckedPartial(OperatorPartial):
    """Checks what tasks are mapped over where the DAG file spells it out."""

    __slots__ = ()

    def expand(self, **mapped_kwargs: Any) -> MappedOperator:
        # Airflow warns of one that is never mapped; where the DAG file is refused that adds nothing.
        self._expand_called = True
        check_names(self.operator_class, mapped_kwargs)
        for name, values in mapped_kwargs.items():
            if isinstance(values, Sequence) and not isinstance(values, str):
                self._check({name: value} for value in values)
        return super().expand(**mapped_kwargs)

    def expand_kwargs(self, kwargs: Any, *, strict: bool = True) -> MappedOperator:  # noqa: ANN401 - as of Airflow's base class
        self._expand_called = True
        if isinstance(kwargs, Sequence):
            self._check(item for item in kwargs if isinstance(item, Mapping))
        return super().expand_kwargs(kwargs, strict=strict)

    def _check(self, each: Iterable[Mapping[str, object]]) -> None:
        for given in each:
            check_names(self.operator_class, given)
            self.operator_class.check_literals(given)  # type: ignore[attr-defined]  # made by CheckedArguments alone


def check_names(operator: type, given: Iterable[str]) -> None:
    """Check that an operator has some arguments; Airflow's own error names none that was meant.

    :param operator: its class.
    :param given: the arguments' names.
    :raises TypeError: it has not.
    """
    constructors = [vars(parent)["__init__"] for parent in operator.__mro__ if "__init__" in vars(parent)]
    known = {name: None for constructor in constructors for name in inspect.signature(constructor).parameters}
    # With a leading underscore Airflow talks to itself.
    for name in [name for name in given if name not in known and not name.startswith("_")]:
        raise TypeError(f"{operator.__name__} has no argument {name!r}{did_you_mean(name, [*known])}")


def choices(*allowed: str) -> Validator:
    """Make the validator of a list of texts out of a few, which may be JSON, or text with commas; repeats go."""

    def validate(where: str, given: object) -> tuple[str, ...]:
        names = parsed(given) if isinstance(given, str) and given.lstrip().startswith("[") else given
        names = [name.strip() for name in names.split(",")] if isinstance(names, str) else names
        if not isinstance(names, (list, tuple, set, frozenset)):
            invalid_value(where, given, f"any of {', '.join(allowed)}")
        for name in names:
            if name not in allowed:
                invalid_value(where, name, f"any of {', '.join(allowed)}{did_you_mean(str(name), allowed)}")
        return tuple(name for name in allowed if name in names)

    return validate
