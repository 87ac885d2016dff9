"""Stopping what a session computes: interrupts from other threads, and progress handlers.

Compiled functions look at no flag while they run: a test per row, or per loop, would cost every query. There are
two ways to stop one.

An *interrupt* is an exception that another thread raises in the one that computes, between two bytecodes of its
(``PyThreadState_SetAsyncExc``). It must never strike elsewhere, in a commit say, so there is a protocol. Interrupts
are counted (``Session.interrupts``, from 1). Around the call of a compiled function, and no longer, the session
says in ``Session.computing`` at which count the outermost one began; it is 0 where nothing computes, and negative
where what computes must not be broken off now. Who interrupts counts first and then raises, if a computation
that began at a lower count goes on. Who computes sets ``computing`` back first, and then looks at the count: where
it has changed, an exception may be on its way, and the call of :meth:`Session.calm` is where it arrives at the
latest. Looking at ``computing`` and raising are one step, since CPython lets no other thread in between two calls.

An exception that strikes a finalizer or a callback of the garbage collector, which happens to run in the thread
at that moment, ends that and no more; Python reports it as ignored. So it is raised again and again until the
computation has ended (:meth:`Aim._insist`).

What is interrupted can be dropped as a whole: a query has changed nothing (trees load their nodes in steps that
leave them whole), and what a change of rows did goes with its transaction, which is rolled back, as in SQLite.
One call of a C function runs to its end first; those that could be long are made in steps (``codegen.sorting``).
Letting go of millions of rows that a query has gathered takes its time as well. The traceback of what interrupts keeps
them until the caller has heard of it (see ``codegen.gathering``, and ``collector`` for the garbage collector's part).

A *progress handler* is called by the thread that computes. Statements are compiled apart while there is one: every
loop in the generated text reports its turns (:func:`watched`). What goes through all rows of a table without being
compiled, as CREATE INDEX does, reports them by batches (``Session.watched``).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from threading import Lock, Thread, get_ident
from time import sleep
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mantisdb_sql.session import Session

__all__ = ["Aim", "Batch", "Interrupted", "Progress", "watched"]

Batch = tuple[Sequence[Any], Sequence[Any]]
"""Keys of a leaf, and their values."""

_STEPS_PER_STATEMENT = 4  # about what SQLite's shortest programs take
_AGAIN_AFTER_S = 0.01


class Interrupted(BaseException):
    """The statement is to end; no Exception, so that no callback's handler takes it for one of its own."""

    action = "ROLLBACK"  # what a change of rows does about it


class Aim:
    """The thread that uses a session now, or did so last."""

    __slots__ = ("_lock", "_set_exception", "_thread_id")

    def __init__(self) -> None:
        self._lock = Lock()
        self._thread_id = get_ident()
        self._set_exception = _exception_setter()

    def here(self) -> None:
        """It is the caller's thread."""
        self._thread_id = get_ident()

    def strike(self, session: Session) -> None:
        """Count an interrupt, and have Interrupted raised in the thread if the session computes."""
        with self._lock:
            session.interrupts += 1
            count = session.interrupts
        if self._raised(session, count):
            Thread(target=self._insist, args=(session, count), name="mantisdb-interrupt", daemon=True).start()

    def _raised(self, session: Session, count: int) -> bool:
        """Whether a computation goes on that began before so many interrupts; unless it is shielded, raise in it."""
        raise_in = self._set_exception
        thread_id = self._thread_id
        if 0 < session.computing < count:  # no call from here to the next: nobody sets ``computing`` back in between
            raise_in(thread_id, Interrupted)
            return True
        return -count < session.computing < 0

    def _insist(self, session: Session, count: int) -> None:
        sleep(_AGAIN_AFTER_S)
        while self._raised(session, count):
            sleep(_AGAIN_AFTER_S)


@cache
def _exception_setter() -> Callable[[int, type[BaseException]], object]:
    """The C function itself: a Python function around it would let other threads in before it is called. It is looked
    for when a session begins: beside a thread that computes, the import would take a tenth of a second."""
    try:
        from ctypes import c_ulong, py_object, pythonapi
    except ImportError:  # then a statement ends where it looks at the count itself: between batches of rows
        return lambda thread_id, exception: None
    set_exception = pythonapi.PyThreadState_SetAsyncExc
    set_exception.argtypes = (c_ulong, py_object)
    return set_exception


class Progress:
    """Calls ``handler`` every ``every`` steps; where it returns something true the statement is interrupted."""

    __slots__ = ("_every", "_handler", "_left")

    def __init__(self, handler: Callable[[], Any], every: int) -> None:
        self._handler = handler
        self._every = self._left = every

    def start(self) -> None:
        """Report that a statement begins."""
        self.step(_STEPS_PER_STATEMENT)

    def step(self, count: int = 1) -> None:
        """Report so many steps."""
        self._left -= count
        while self._left <= 0:
            self._left += self._every
            if self._handler():
                raise Interrupted

    def turns(self, items: Iterable[Any]) -> Iterator[Any]:
        """The items, with a step for each."""
        for item in items:
            self.step()
            yield item
        self.step()

    def batches(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Batches of keys and rows, with a step for each row."""
        for batch in batches:
            self.step(len(batch[0]))
            yield batch


def watched(text: str) -> str:
    """Generated source whose loops report their turns to ``progress``."""
    return ast.unparse(ast.fix_missing_locations(_Watch().visit(ast.parse(text))))


class _Watch(ast.NodeTransformer):
    """``for x in y`` becomes ``for x in progress.turns(y)``, in statements and comprehensions."""

    def visit_For(self, node: ast.For) -> ast.AST:
        self.generic_visit(node)
        node.iter = _turns(node.iter)
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        self.generic_visit(node)
        node.iter = _turns(node.iter)
        return node

    def visit_While(self, node: ast.While) -> ast.AST:
        self.generic_visit(node)
        node.body.insert(0, ast.Expr(ast.Call(_method("step"), [], [])))
        return node


def _turns(iterable: ast.expr) -> ast.expr:
    return iterable if isinstance(iterable, ast.Tuple) else ast.Call(_method("turns"), [iterable], [])


def _method(name: str) -> ast.expr:
    return ast.Attribute(ast.Name("progress", ast.Load()), name, ast.Load())
