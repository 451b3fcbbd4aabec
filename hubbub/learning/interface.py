"""What a lesson's check calls in an exercise, compared with what the exercise has.

A ``check.py`` says it in one text, a line for each thing that it calls:

    INTERFACE = '''
    Pump(most)
    Pump.add(talker, lines)
    Pump.take(credit) -> pairs
    async Hub.say(name, text)
    '''

`compare` looks at the exercise before it is judged. `guard` puts a watch on each function whose
result the check uses, so that a wrong result is told as the function's own and not as what the
check did with it.

Invariant: what the check can use is never refused here, save a function that runs nothing.
"""

from __future__ import annotations

import difflib
import dis
import functools
import inspect
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from numbers import Real
from types import ModuleType
from typing import Any

from hubbub.learning.promises import Broken


__all__ = ["Call", "calls_of", "compare", "guard", "shared_state", "similar"]

_LINE = re.compile(
    r"(?P<wait>async )?(?P<owner>[A-Za-z]+)(\.(?P<method>\w+))?"
    r"\((?P<given>.*?)\)( -> (?P<kind>\w+))?"
)
_SHOWN_CHARACTERS = 60
_NEARLY_INIT = 0.75  # so like __init__ is a name that was meant to be it
_CHANGEABLE = (dict, list, set, deque, bytearray)


@dataclass(frozen=True)
class Call:
    """One thing that the check calls.

    Attributes:
        owner: the class, or the function where there is no ``method``.
        method: its method; empty for the constructor, and for a function.
        given: the names of what it is given, in order.
        awaited: the check awaits it.
        kind: what it returns, a key of `KINDS`; empty where the check does not look.
    """

    owner: str
    method: str
    given: tuple[str, ...]
    awaited: bool
    kind: str

    @property
    def name(self) -> str:
        """The name of the function or class that is called."""
        return self.method or self.owner

    @property
    def is_class(self) -> bool:
        """It is a class that is made: by convention, with a capital."""
        return not self.method and self.owner[0].isupper()

    def __str__(self) -> str:
        dotted = f"{self.owner}.{self.method}" if self.method else self.owner
        return f"{dotted}({', '.join(self.given)})"


@dataclass(frozen=True)
class Kind:
    """What a function should return: in words, and how to tell."""

    words: str
    fits: Callable[[Any], bool]
    any_iterable: bool = False  # a generator's results are as good as a list
    lacks: Callable[[Any], str] = lambda _: ""  # what is wrong with one that does not fit


def calls_of(interface: str) -> list[Call]:
    """Return the calls that a check's INTERFACE names."""
    found = []
    for line in filter(None, map(str.strip, interface.splitlines())):
        match = _LINE.fullmatch(line)
        assert match is not None, line
        given = tuple(filter(None, map(str.strip, match["given"].split(","))))
        found.append(
            Call(
                match["owner"], match["method"] or "", given, bool(match["wait"]),
                match["kind"] or "",
            )
        )  # fmt: skip
    return found


def compare(exercise: ModuleType, calls: Iterable[Call], source: str) -> None:
    """Raise `Broken` where the check cannot call what the exercise has."""
    calls = list(calls)
    for call in calls:
        owner = getattr(exercise, call.owner, None)
        if owner is None:
            raise Broken(_no_such_name(exercise, call, calls))
        if not callable(owner):
            what = "class" if call.is_class or call.method else "function"
            raise Broken(f"{call.owner} in your exercise is {_shown(owner)}, and no {what}.")
        if not inspect.isclass(owner):
            if not call.method and inspect.isfunction(owner):
                _compare_function(call, owner, owner, method=False)
            continue  # something that makes rooms: what it makes cannot be seen from here
        if not call.method:
            _compare_constructor(call, owner)
            continue
        static = inspect.getattr_static(owner, call.method, None)
        if isinstance(static, classmethod):
            raise Broken(
                f"Your {call.method} is a @classmethod (line {_line(static.__func__)}): it is "
                "given the class, and not the object. Take @classmethod out."
            )
        if static is None:
            if hasattr(owner, "__getattr__") or re.search(rf"\.{call.method}\b.*=", source):
                continue
            raise Broken(_no_such_method(owner, call, calls, source))
        function = getattr(static, "__func__", static)
        if inspect.isfunction(function):
            _compare_function(call, function, static, method=True)
        elif not callable(getattr(owner, call.method)) and not hasattr(static, "__get__"):
            raise Broken(f"{call.owner}.{call.method} is {_shown(static)}, and no method.")


def shared_state(exercise: Any, calls: Iterable[Call]) -> str:
    """Return what a class keeps for all its objects together, as a sentence; nothing if nothing."""
    for owner in dict.fromkeys(call.owner for call in calls):
        kind = getattr(exercise, owner, object)
        own = vars(kind).items() if inspect.isclass(kind) else [(owner, kind)]
        for name, value in own:
            if (owner, name) in _class_numbers and value != _class_numbers[owner, name]:
                return (
                    f"{owner} counts {name} in the class, one for all objects together: count it "
                    "in the object, as self." + name + "."
                )
            for parameter in _shared_defaults(value):
                return (
                    f"The default of {parameter} in {name} (line {_line(value)}) is made once, and "
                    "all calls share it: write None there, and make a new one in the function."
                )
            if not name.startswith("__") and _can_change(value):
                return (
                    f"{owner} keeps {name} in the class, one for all objects together: make it in "
                    "__init__, for each by itself."
                )
    return ""


_class_numbers: dict[tuple[str, str], Any] = {}  # by class and name, when it was loaded


def _can_change(value: Any) -> bool:
    is_queue = hasattr(value, "put") and hasattr(value, "get")
    return isinstance(value, _CHANGEABLE) or (is_queue and not inspect.isclass(value))


def _shared_defaults(function: Any) -> Iterator[str]:
    """Yield the parameters whose default can change, and is one for all calls."""
    if inspect.isfunction(function):
        for name, parameter in inspect.signature(inspect.unwrap(function)).parameters.items():
            if _can_change(parameter.default):
                yield name


def guard(exercise: ModuleType, calls: Iterable[Call]) -> None:
    """Have each function say it where what it returns is not what it should."""
    calls = list(calls)
    for name in {call.owner for call in calls}:
        for attribute, value in vars(getattr(exercise, name, object)).items():
            if isinstance(value, Real):
                _class_numbers[name, attribute] = value
    for call in calls:
        kind, owner = KINDS.get(call.kind), getattr(exercise, call.owner, None)
        if owner is None:
            continue
        where: Any = owner if call.method else exercise
        static = inspect.getattr_static(where, call.name, None)
        if isinstance(static, property) and inspect.isfunction(static.fget):
            setattr(where, call.name, _callable_property(static.fget, call))
        elif kind is not None and inspect.isfunction(static):
            setattr(where, call.name, _guarded(static, call, kind))


def _guarded(function: Any, call: Call, kind: Kind) -> Callable[..., Any]:
    @functools.wraps(function)
    def watched(*given: Any, **named: Any) -> Any:
        returned = function(*given, **named)
        if inspect.isgenerator(returned) and kind.any_iterable:
            returned = list(returned)
        if not _fits(kind, returned):
            raise Broken(_wrong_result(function, call, kind, given[bool(call.method) :], returned))
        return returned

    return watched


def _callable_property(function: Any, call: Call) -> property:
    """Return a property that says it where the check cannot call what it gives."""

    @functools.wraps(function)
    def watched(self: Any) -> Any:
        got = function(self)
        if not callable(got):
            raise Broken(
                f"{call.owner}.{call.name} is a property (at line {_line(function)}), and the "
                f"check calls it as a method: {call}. Take the `@property` out."
            )
        return got

    return property(watched)


def _fits(kind: Kind, returned: Any) -> bool:
    try:
        return kind.fits(returned)
    except Exception:
        return False


def _wrong_result(function: Any, call: Call, kind: Kind, given: Any, returned: Any) -> str:
    shown = [
        name if callable(value) or " object at 0x" in _shown(value) else _shown(value)
        for name, value in zip((*call.given, *call.given), given, strict=False)
    ]
    called = f"{call.name}({', '.join(shown)})"
    why = ""
    if returned is None:
        why = " A function without a `return` gives back None: is a `return` missing?"
    elif inspect.iscoroutine(returned):
        returned.close()
        why = f" {call.name} must be a plain `def`."
    elif inspect.isgenerator(returned):
        why = " A `yield` makes it a generator: build a list, and return it."
    else:
        why = kind.lacks(returned)
    return (
        f"{called} returned {_shown(returned)}; it should return {kind.words}.{why} "
        f"See {call.name} at line {_line(function)}."
    )


def _compare_constructor(call: Call, owner: type) -> None:
    if owner.__init__ is object.__init__:  # type: ignore[misc]
        named = [name for name, value in vars(owner).items() if inspect.isfunction(value)]
        for name in difflib.get_close_matches("__init__", named, 1, _NEARLY_INIT):
            raise Broken(
                f"Your {call.owner} has no __init__, and has a {name} (line "
                f"{_line(vars(owner)[name])}), which Python does not call. Write __init__, with "
                "two underscores on each side."
            )
    try:
        signature = inspect.signature(owner)
    except (TypeError, ValueError):
        return
    initial = inspect.getattr_static(owner, "__init__", None)
    if inspect.isfunction(initial):
        write = f"def __init__({', '.join(['self', *call.given])})"
        _compare_order(call, signature, f"at line {_line(initial)}. Write `{write}`")
    try:
        signature.bind(*call.given)
    except TypeError:
        initial = inspect.getattr_static(owner, "__init__", None)
        at = f" at line {_line(initial)}" if inspect.isfunction(initial) else ""
        wanted = ", ".join(["self", *call.given])
        raise Broken(
            f"The check makes {_a(call.owner)} by {call}, and yours takes "
            f"{_bare(signature)}: write "
            f"`def __init__({wanted})`{at}."
        ) from None


def _compare_order(call: Call, signature: inspect.Signature, write: str) -> None:
    """Raise `Broken` where the parameters have the names of the call's, in another order."""
    names = [name for name in signature.parameters if name != "self"]
    if sorted(names) == sorted(call.given) and tuple(names) != call.given:
        raise Broken(
            f"The check calls {call}, and your {call.name} takes its parameters in another order: "
            f"{_bare(signature)}, {write}."
        )


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'AEIO' else 'a'} {noun}"


def _bare(signature: inspect.Signature) -> str:
    """Return a signature without its types, which are not what is wrong with it."""
    plain = [
        one.replace(annotation=inspect.Parameter.empty) for one in signature.parameters.values()
    ]
    return str(inspect.Signature(plain))


def _compare_function(call: Call, function: Any, static: Any, *, method: bool) -> None:
    with_self = method and not isinstance(static, staticmethod)
    wanted = ", ".join((["self"] if with_self else []) + list(call.given))
    write = f"{'async ' if call.awaited else ''}def {call.name}({wanted})"
    at = f"at line {_line(function)}"
    signature = inspect.signature(function)
    try:
        signature.bind(*([None] if with_self else []), *call.given)
    except TypeError:
        names = list(signature.parameters)
        if isinstance(static, staticmethod) and names[:1] == ["self"]:
            raise Broken(
                f"Your {call.name} is a @staticmethod ({at}), so it is not given self. Take "
                "@staticmethod out."
            ) from None
        forgot = " `self` is missing." if with_self and names[:1] != ["self"] else ""
        raise Broken(
            f"The check calls {call}, and your {call.name} takes "
            f"{_bare(signature)} ({at}).{forgot} "
            f"Write `{write}`."
        ) from None
    _compare_order(call, signature, f"{at}. Write `{write}`")
    is_generator = inspect.isgeneratorfunction(function)
    if inspect.isasyncgenfunction(function) or (is_generator and call.awaited):
        raise Broken(
            f"Your {call.name} has a `yield` in it ({at}), so to call it runs nothing of it: take "
            f"the `yield` out."
        )
    if call.awaited and not inspect.iscoroutinefunction(function):
        if not _returns_something(function):
            raise Broken(
                f"Your {call.name} is a plain `def` ({at}), and no async function; the check "
                f"awaits it. Write `{write}`."
            )
        return
    if not call.awaited and inspect.iscoroutinefunction(function):
        raise Broken(
            f"Your {call.name} is an `async def` ({at}), and the check calls it without `await`: "
            f"nothing in it would run. Write `{write}`."
        )
    kind = KINDS.get(call.kind)
    if is_generator and (kind is None or not kind.any_iterable):
        returns = f" and return {kind.words}" if kind else ""
        raise Broken(
            f"Your {call.name} has a `yield` in it ({at}), so it is a generator, and to call it "
            f"runs nothing of it. Take the `yield` out{returns}."
        )


def _returns_something(function: Any) -> bool:
    """Tell whether a function may return anything but None: a coroutine, perhaps."""
    before: Any = None
    for step in dis.get_instructions(inspect.unwrap(function)):
        returns_none = before is not None and (before.opname, before.argval) == ("LOAD_CONST", None)
        if step.opname == "RETURN_VALUE" and not returns_none:
            return True
        before = step
    return False


def _no_such_name(exercise: ModuleType, call: Call, calls: list[Call]) -> str:
    is_class = call.is_class or bool(call.method)
    kind = inspect.isclass if is_class else inspect.isfunction
    wanted = {one.owner for one in calls}
    own = {
        name: value
        for name, value in vars(exercise).items()
        if kind(value)
        and getattr(value, "__module__", "") == exercise.__name__
        and name not in wanted
        and not name.startswith("_")
    }
    what = "class" if is_class else "function"
    made = f"{'makes' if is_class else 'calls'} {call}"
    return (
        f"Your exercise has no {what} {call.owner}; the check looks for it, and {made}."
        + _meant(call.owner, own)
    )


def _no_such_method(owner: type, call: Call, calls: list[Call], source: str) -> str:
    lines = source.splitlines()
    for number, line in enumerate(lines, 1):
        if re.match(rf"\s*(async )?def {call.method}\b", line):
            return (
                f"Your {call.owner} has no method {call.method}; there is a `def {call.method}` at "
                f"line {number}, outside the class. Indent it as the other methods are."
            )
    wanted = {one.method for one in calls if one.owner == call.owner}
    own = {
        name: value
        for name, value in vars(owner).items()
        if inspect.isfunction(value) and not name.startswith("__") and name not in wanted
    }
    return f"Your {call.owner} has no method {call.method}; the check calls {call}." + _meant(
        call.method, own
    )


def _meant(wanted: str, own: dict[str, Any]) -> str:
    """Return which of the names may have been meant, as a sentence; nothing if none may."""
    public = [name for name in own if not name.startswith("_")]
    found = similar(wanted, own) or (public[0] if len(public) == 1 else "")
    if not found:
        return ""
    return f" Did you mean {found} (line {_line(own[found])})? Then call it {wanted}."


def similar(wanted: str, known: Iterable[str]) -> str:
    """Return the known name that is spelled most like the one that is wanted, if one is."""
    bare = {name.strip("_"): name for name in known if not name.startswith("__")}
    close = difflib.get_close_matches(wanted.strip("_"), list(bare), 1, 0.62)
    return bare[close[0]] if close else ""


def _line(thing: Any) -> int:
    code = getattr(inspect.unwrap(thing), "__code__", None)
    if code is not None:
        return int(code.co_firstlineno)
    try:
        return inspect.getsourcelines(thing)[1]
    except (OSError, TypeError):
        return 1


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except Exception:
        text = f"something of type {type(value).__name__}"
    short = len(text) <= _SHOWN_CHARACTERS
    return text if short else f"{text[: _SHOWN_CHARACTERS - 1]}…"


def _all(values: Any, fits: Callable[[Any], bool]) -> bool:
    return isinstance(values, Iterable) and not isinstance(values, str) and all(map(fits, values))


def _listed(values: Any) -> bool:
    return isinstance(values, list | tuple)


def _pair(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _told(value: Any) -> bool:
    return _pair(value) and _text(value[1])


def _spoken(value: Any) -> bool:
    return _pair(value) and _text(value[0]) and _text(value[1])


def _event(value: Any) -> bool:
    return _pair(value) and value[0] in ("line", "bad") and _text(value[1])


def _number(value: Any) -> bool:
    return isinstance(value, Real) or hasattr(value, "__float__")


def _true_or_false(value: Any) -> bool:
    return isinstance(value, bool) or value in (0, 1)


TIMES = ("p50_ms", "p99_ms", "max_ms", "last_p50_ms")


def _report(value: Any) -> bool:
    return (
        all(value[key] is None or _number(value[key]) for key in TIMES)
        and _number(value["count"])
        and _number(value["lost"])
    )


def _lacking(value: Any) -> str:
    if not isinstance(value, Mapping):
        return ""
    wanted = (*TIMES, "count", "lost")
    if missing := [key for key in wanted if key not in value]:
        return f" It has no {missing[0]}."
    key = next(
        key for key in wanted if not (_number(value[key]) or (key in TIMES and value[key] is None))
    )
    return f" {key} is {_shown(value[key])}."


def _found(value: Any) -> bool:
    return value is None or (_pair(value) and _listed(value[1]))


def _names() -> Iterator[tuple[str, Kind]]:
    yield "bool", Kind("True or False", _true_or_false)
    yield "lines", Kind("a list of lines", lambda value: _all(value, _text))
    yield (
        "pairs",
        Kind("a list of (talker, line)", lambda value: _listed(value) and _all(value, _spoken)),
    )
    yield (
        "told",
        Kind(
            'a list of ("all", line) or (client, line), empty where nobody is told',
            lambda value: _all(value, _told),
        ),
    )
    yield (
        "events",
        Kind(
            'a list of ("line", text) or ("bad", reason), empty where nothing is complete',
            lambda value: _all(value, _event),
            any_iterable=True,
        ),
    )
    yield "text", Kind("a text", _text)
    yield "number", Kind("a number of seconds", _number)
    yield "due", Kind('"ping", "gone" or None', lambda value: value in ("ping", "gone", None))
    yield (
        "report",
        Kind("a dict with count, lost, p50_ms, p99_ms, max_ms and last_p50_ms, all numbers or "
             "None", _report, lacks=_lacking),
    )  # fmt: skip
    yield (
        "played",
        Kind(
            "a Played(schedule, error), whose schedule is a list of names",
            lambda value: _pair(value) and isinstance(value[0], list),
        ),
    )
    yield "found", Kind("a seed and its schedule, or None", _found)
    yield "schedule", Kind("a schedule, a list of names", lambda value: isinstance(value, list))


KINDS = dict(_names())
