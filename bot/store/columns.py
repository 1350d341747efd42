"""A column's value as JSON, and back: exactly, and refused if it is not what the column holds."""

import base64
import binascii
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Column, DateTime, Float, Integer, LargeBinary, String

INTEGER = 2**31
"""What an Integer of PostgreSQL ends below; SQLite would hold more, but then nothing could move."""
BIG_INTEGER = 2**63


class ValueRefused(ValueError):
    """A value is not what its column holds; the text says what it should be."""


def to_json(column: Column[Any], value: Any) -> Any:
    """A value of a row as JSON has it: bytes in base64, moments in ISO 8601."""
    if value is None:
        return None
    if isinstance(column.type, LargeBinary):
        return base64.b64encode(bytes(value)).decode("ascii")
    if isinstance(column.type, DateTime):
        return value.isoformat()
    return value


def from_json(column: Column[Any], value: Any) -> Any:
    """The value for a row.

    Raises:
        ValueRefused: it is not what the column holds.
    """
    if value is None:
        if not column.nullable:
            raise ValueRefused("must have a value")
        return None
    kind = column.type
    if isinstance(kind, Boolean):
        return _is(value, bool, "true or false")
    if isinstance(kind, Integer):
        end = BIG_INTEGER if isinstance(kind, BigInteger) else INTEGER
        if type(value) is not int or not -end <= value < end:
            raise ValueRefused(f"must be a whole number of {end.bit_length()} bits")
        return value
    if isinstance(kind, Float):
        return float(_is(value, int | float, "a number"))
    if isinstance(kind, String):
        return _text(value, kind.length)
    if isinstance(kind, LargeBinary):
        return _bytes(value, kind.length)
    if isinstance(kind, DateTime):
        return _moment(value)
    if isinstance(kind, JSON):
        return _is(value, list | dict, "a list or an object")
    raise TypeError(f"a column of type {kind!r} can't be moved yet")


def _is(value: Any, kind: Any, wanted: str) -> Any:
    if not isinstance(value, kind):
        raise ValueRefused(f"must be {wanted}")
    return value


def _text(value: Any, longest: int | None) -> str:
    text = str(_is(value, str, "a text"))
    if longest is not None and len(text) > longest:
        raise ValueRefused(f"has {len(text)} characters, at most {longest} are possible")
    # PostgreSQL takes neither, whatever SQLite did.
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueRefused("has a character that is none")
    return text


def _bytes(value: Any, longest: int | None) -> bytes:
    try:
        found = base64.b64decode(_is(value, str, "bytes in base64"), validate=True)
    except binascii.Error as error:
        raise ValueRefused("must be bytes in base64") from error
    if longest is not None and len(found) > longest:
        raise ValueRefused(f"has {len(found)} bytes, at most {longest} are possible")
    return found


def _moment(value: Any) -> datetime:
    try:
        return datetime.fromisoformat(_is(value, str, "a moment in ISO 8601"))
    except ValueError as error:
        raise ValueRefused("must be a moment in ISO 8601") from error
