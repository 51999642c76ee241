"""Which filter patterns there are: AWS's event patterns, as far as Lambda's filtering documents them."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from lambent.model.errors import InvalidParameterValue

_MOST_FILTERS: Final = 5
_DEEPEST: Final = 64
_ORDERS: Final = frozenset({"<", "<=", ">", ">="})


def read_filters(criteria: Mapping[str, Any]) -> tuple[str, ...]:
    """The patterns of a FilterCriteria, none for an empty one. Raises InvalidParameterValue."""
    patterns = tuple((one or {}).get("Pattern") or "" for one in criteria.get("Filters") or ())
    if len(patterns) > _MOST_FILTERS:
        raise InvalidParameterValue(
            f"Too many filter patterns, maximum allowed {_MOST_FILTERS} patterns, provided {len(patterns)} patterns."
        )
    if not all(map(is_pattern, patterns)):
        raise InvalidParameterValue("Invalid filter pattern definition.")
    return patterns


def is_pattern(text: str) -> bool:
    """Whether `text` is a pattern: a JSON object whose leaves are lists of what may match."""
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return _is_object_pattern(value, depth=0)


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


def _is_object_pattern(value: Any, *, depth: int) -> bool:
    if not isinstance(value, dict) or not value or depth > _DEEPEST:
        return False
    return all(
        _are_alternatives(part, depth=depth) if name == "$or" else _is_part(part, depth=depth)
        for name, part in value.items()
    )


def _are_alternatives(value: Any, *, depth: int) -> bool:
    """What `$or` has: at least two patterns."""
    if not isinstance(value, list) or len(value) < 2:
        return False
    return all(_is_object_pattern(part, depth=depth + 1) for part in value)


def _is_part(value: Any, *, depth: int) -> bool:
    if isinstance(value, list):
        return bool(value) and all(map(_is_match, value))
    return _is_object_pattern(value, depth=depth + 1)


def _is_match(value: Any) -> bool:
    """A literal, or an object with one operator."""
    if not isinstance(value, dict):
        return not isinstance(value, list)
    if len(value) != 1:
        return False
    ((operator, operand),) = value.items()
    check = _OPERATORS.get(operator)
    return check is not None and check(operand)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_affix(value: Any) -> bool:
    """A text, or one in any case."""
    if isinstance(value, dict):
        return list(value) == ["equals-ignore-case"] and _is_text(value["equals-ignore-case"])
    return _is_text(value)


def _is_anything_but(value: Any) -> bool:
    """A text or a number, a list of one of these, or another operator's object."""
    if isinstance(value, dict):
        return len(value) == 1 and all(
            name in _NEGATED and (_is_text(part) or _are_texts(part))
            for name, part in value.items()
        )
    if isinstance(value, list):
        return bool(value) and (all(map(_is_text, value)) or all(map(_is_number, value)))
    return _is_text(value) or _is_number(value)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_text, value))


def _is_range(value: Any) -> bool:
    """`["=", 5]`, or one or two bounds: `[">", 0, "<=", 5]`."""
    if not isinstance(value, list) or len(value) not in {2, 4}:
        return False
    return _is_equality(value) or _are_bounds(value)


def _is_equality(value: Sequence[Any]) -> bool:
    return len(value) == 2 and value[0] == "=" and _is_number(value[1])


def _are_bounds(value: Sequence[Any]) -> bool:
    orders, numbers = value[::2], value[1::2]
    if not all(_is_text(order) and order in _ORDERS for order in orders):
        return False
    if not all(map(_is_number, numbers)):
        return False
    return len(orders) == 1 or (orders[0][0] == ">" and orders[1][0] == "<")


_NEGATED: Final = frozenset({"prefix", "suffix", "equals-ignore-case"})
_OPERATORS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "exists": _is_bool,
    "prefix": _is_affix,
    "suffix": _is_affix,
    "equals-ignore-case": _is_text,
    "anything-but": _is_anything_but,
    "numeric": _is_range,
}
