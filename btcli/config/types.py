"""The kinds of value a config holds: what is accepted, how it is written back, how an editor is told."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from numbers import Integral
from typing import Annotated, Any, Literal, TypeGuard, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from btcli.errors import RequestError
from btcli.frozen import frozen
from btcli.symbols import is_symbol, read_symbol
from btcli.timeframe import UNIT_MS, Timeframe, duration_ms, utc_text

_LARGEST = sys.float_info.max

DAY_MS = UNIT_MS["d"]
LATEST_MS = 7_258_118_400_000  # 2200-01-01
PRICE_NAMES = ("open", "high", "low", "close", "volume")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOMENT_HINT = "write 2024-01-31 or 2024-01-31T08:00Z"
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?")
T = TypeVar("T")
K = TypeVar("K")


@frozen
class ReadBy:
    """A function that alone reads a value as it was written.

    As PlainValidator, which (pydantic 2.14) also builds twice what the type of the value would be read by: at each
    start 3 ms for nothing, since the kinds here say by themselves how they are written back.
    """

    read: Callable[[Any], Any]

    def __get_pydantic_core_schema__(self, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)


class Section(BaseModel):
    """A block of keys: immutable, without unknown keys, text never taken for a number."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        arbitrary_types_allowed=True,
        validate_default=True,
        defer_build=True,  # only the whole file's model is built
    )


def refusal(message: str, *, hint: str = "", key: str | tuple[str | int, ...] = ()) -> PydanticCustomError:
    """What a validator raises: a sentence, the next step, and the key within the section that is to blame.

    Below blocks and lists that is a path of them.
    """
    path = (key,) if isinstance(key, str) else key
    return PydanticCustomError("refused", "{message}", {"message": message, "hint": hint, "key": path})


def _in_order(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: values[key] for key in sorted(values)}  # the order of names in the file has no meaning


def _none_word(value: Any) -> Any:
    return None if value == "none" else value


def _timeframe(value: Any) -> Timeframe:
    if isinstance(value, Timeframe):
        return value
    if not isinstance(value, str):
        raise refusal(f"{value!r} is not a timeframe", hint="write a number and a unit, such as 5m, 1h, 4h or 1d")
    try:
        return Timeframe.parse(value)
    except RequestError as error:
        raise refusal(error.problems[0].message, hint=error.problems[0].hint) from None


def moment_ms(value: Any, *, is_end: bool) -> int:
    """Milliseconds UTC of a date or datetime; an end given as a date includes that whole day.

    Raises ValueError, with a sentence, for anything else, and for times before 1970 or after 2199.
    """
    try:
        moment = datetime.fromisoformat(value) if _MOMENT.fullmatch(value) else None
    except (TypeError, ValueError):
        moment = None
    if moment is None:
        raise ValueError(f"{value!r} is not a date or a UTC time")
    ms = (moment.replace(tzinfo=moment.tzinfo or UTC) - _EPOCH) // timedelta(milliseconds=1)
    ms += DAY_MS if is_end and len(value) == len("2024-01-31") else 0
    if not 0 <= ms <= LATEST_MS:
        raise ValueError(f"{value!r} is not a time from 1970 to 2199")
    return ms


def _moment(is_end: bool) -> ReadBy:
    def read(value: Any) -> int:
        try:
            return moment_ms(value, is_end=is_end)
        except ValueError as error:
            raise refusal(str(error), hint=_MOMENT_HINT) from None

    return ReadBy(read)


def _symbol(name: str) -> str:
    if is_symbol(name):
        return name
    message = f"{name!r} must be made of capital letters and digits"
    try:
        spelled = read_symbol(name)
    except RequestError:
        raise refusal(message, hint="such as BTCUSDT") from None
    known = spelled.kind not in ("dated", "inverse")
    raise refusal(message, hint=f"did you mean {spelled.symbol}?" if known else "such as BTCUSDT")


def _feature_name(name: str) -> str:
    if name in PRICE_NAMES:
        raise refusal(f"{name} is the name of a price of the bar", hint="choose another name for the feature")
    return name


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether it is a number that a float can hold; true and false are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and -_LARGEST <= value <= _LARGEST


def _param(value: Any) -> Any:
    value = int(value) if isinstance(value, Integral) and not isinstance(value, bool) else value  # also one of numpy's
    if isinstance(value, (bool, str)) or is_number(value):
        return value
    if isinstance(value, int):
        raise refusal("expected a number, and this one is larger than any float")
    raise refusal(f"expected a number, a word, true or false, got {value!r}")


def _duration(value: Any) -> str:
    if not isinstance(value, str):
        raise refusal(f"{value!r} is not a duration", hint="write a whole number and m, h, d or w, such as 20m or 4h")
    try:
        duration_ms(value)
    except RequestError as error:
        raise refusal(error.problems[0].message, hint=error.problems[0].hint) from None
    return value


_MOMENT_SCHEMA = WithJsonSchema(
    {"type": "string", "examples": ["2024-01-31", "2024-01-31T08:00Z"], "pattern": r"^\d{4}-\d{2}-\d{2}([T ].+)?$"}
)

RoleName = Literal["exec", "ltf", "mtf", "htf"]
InOrder = Annotated[Mapping[K, T], AfterValidator(_in_order)]
OrNone = Annotated[T | None, BeforeValidator(_none_word)]
TimeframeLabel = Annotated[
    Timeframe,
    ReadBy(_timeframe),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": "^[1-9][0-9]*[mhdw]$", "examples": ["5m", "1h", "1d"]}),
]
Duration = Annotated[
    str,
    ReadBy(_duration),
    WithJsonSchema({"type": "string", "pattern": "^[1-9][0-9]*[mhdw]$", "examples": ["20m", "4h", "2d"]}),
]
StartMs = Annotated[int, _moment(is_end=False), PlainSerializer(utc_text, return_type=str), _MOMENT_SCHEMA]
EndMs = Annotated[int, _moment(is_end=True), PlainSerializer(utc_text, return_type=str), _MOMENT_SCHEMA]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
Symbol = Annotated[str, AfterValidator(_symbol), WithJsonSchema({"type": "string", "examples": ["BTCUSDT"]})]
Text = Annotated[str, StringConstraints(min_length=1)]
FeatureName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$"), AfterValidator(_feature_name)]
ParamValue = Annotated[
    float | int | str | bool, ReadBy(_param), WithJsonSchema({"type": ["number", "string", "boolean"]})
]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Percent = Annotated[float, Field(gt=0, le=100)]
Count = Annotated[int, Field(ge=1)]
FeeRate = Annotated[float, Field(ge=0, lt=0.05)]
Bps = Annotated[float, Field(ge=0, lt=10_000)]
