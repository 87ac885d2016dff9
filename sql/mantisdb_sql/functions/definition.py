"""What a function is to the binder and the code generator."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from mantisdb_sql.values.storage import ANY

__all__ = ["Accumulator", "Batched", "ClassRule", "FunctionDef", "Inline"]

ClassRule = Callable[[Sequence[int]], int]
"""Class sets of the arguments to the class set of the result."""

Inline = Callable[[Any, list[Any]], "str | None"]
"""(emitter, argument expressions) to source text of the value, or None where a call must do."""


_TOTAL = frozenset(
    (
        "coalesce", "concat", "concat_ws", "hex", "if", "ifnull", "iif", "instr", "length", "likelihood", "likely",
        "lower", "ltrim", "octet_length", "quote", "round", "rtrim", "sign", "substr", "substring", "trim", "typeof",
        "unhex", "unicode", "unlikely", "upper",
    )
)
"""Built-in functions that have a value for all arguments and call nothing of the user's."""


class Batched(NamedTuple):
    """A call that can be made for many values at once.

    argument  which argument varies; all others are known
    part      the call, for ``join``
    join      makes one function of several calls over the same values: of a list of them (a ``takes_now`` function's
              after the statement's time) giving, for each call, an iterable of the results. An error is raised when
              the result that has it is taken
    """

    argument: int
    part: Any
    join: Callable[[Sequence[Any]], Callable[..., tuple[Iterable[Any], ...]]]


class Accumulator(Protocol):
    """An aggregate at work on one group."""

    def step(self, *args: Any) -> None:
        """Take one row's arguments."""

    def final(self) -> Any:
        """The aggregate's value."""


@dataclass(slots=True, eq=False)
class FunctionDef:
    """A function of a fixed range of argument counts.

    call          a scalar function, of plain values, giving a plain value; a ``takes_key`` one has the
                  key function of its collation before the arguments, a ``takes_now`` one the statement's
                  time deterministic equal arguments give equal values: may be folded, hoisted, used in
                  indexes
    classes       class set of the result, or a rule that computes it
    inline        makes source text instead of a call, where it can
    make          an aggregate's accumulator (with the key function before nothing else when ``takes_key``)
    whole         a one-argument aggregate of all its arguments at once, NULLs included: ``whole(values)``
    fast          ``fast(classes)`` is a quicker ``whole`` for arguments of these classes, or None
    window_only   may only be used with OVER
    sliding       as ``make``, of accumulators that take rows back: ``inverse(*args)``. The ``final()`` of what a
                  built-in function makes may be called many times; what a user's makes has ``value()`` for that
    gives_json    the result, where it is TEXT, is JSON to the function that takes it
    marked        a form of ``call`` that marks the result where it is JSON (json_arguments.Json), if that varies
    nests_json    arguments that are JSON come marked
    batch         how a call with these arguments is made for many values at once, or None; ``...`` stands for an
                  argument that is not known beforehand
    """

    name: str
    min_args: int
    max_args: int  # -1: any number
    call: Callable[..., Any] | None = None
    deterministic: bool = True
    classes: int | ClassRule = ANY
    inline: Inline | None = None
    takes_key: bool = False
    takes_now: bool = False
    make: Callable[..., Accumulator] | None = None
    whole: Callable[..., Any] | None = None
    fast: Callable[[int], Callable[..., Any] | None] | None = None
    window_only: bool = False
    sliding: Callable[..., Accumulator] | None = None
    gives_json: bool = False
    marked: Callable[..., Any] | None = None
    nests_json: bool = False
    built_in: bool = True
    batch: Callable[[Sequence[Any]], Batched | None] | None = None

    @property
    def is_total(self) -> bool:
        """Whether it is a function in the mathematical sense that no argument makes fail: it may be called
        earlier, and more or less often, than SQL says. The statement's time counts as an argument."""
        return self.built_in and (self.takes_now or (self.deterministic and self.name in _TOTAL))

    @property
    def is_aggregate(self) -> bool:
        """Whether it makes one value of many rows."""
        return self.make is not None or self.window_only

    @property
    def slides(self) -> bool:
        """Whether it may be used with OVER."""
        return self.window_only or self.sliding is not None or (self.built_in and self.make is not None)

    @property
    def kind(self) -> str:
        """scalar, aggregate or window."""
        return "window" if self.window_only else "aggregate" if self.make is not None else "scalar"

    def accepts(self, count: int) -> bool:
        """Whether it can be called with so many arguments."""
        return count >= self.min_args and (self.max_args < 0 or count <= self.max_args)

    def result_classes(self, args: Sequence[int]) -> int:
        """The class set of the result, given those of the arguments."""
        return self.classes if isinstance(self.classes, int) else self.classes(args)

    def whole_for(self, classes: int) -> Callable[..., Any] | None:
        """The quickest function of a list of argument values of these classes; None: only step by step."""
        if self.fast is not None:
            quick = self.fast(classes)
            if quick is not None:
                return quick
        return self.whole
