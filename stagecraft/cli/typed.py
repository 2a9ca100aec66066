"""Values that have their type already stay as they are: typer would load pydantic to convert them."""

from collections.abc import Iterable
from typing import Any


def convert_the_rest(parameters: Iterable[Any]) -> None:
    """Let parameters of a command convert only values of another type than their own."""
    for parameter in parameters:
        parameter.process_value = _converting(parameter, parameter.process_value)


def _converting(parameter: Any, convert: Any) -> Any:
    def process(context: Any, value: object) -> Any:
        if not _ready(parameter, value):
            return convert(context, value)
        return parameter.callback(context, parameter, value) if parameter.callback else value

    return process


def _ready(parameter: Any, value: object) -> bool:
    described = getattr(parameter, "type_descriptor", None)  # older versions convert without pydantic
    if described is None:
        return False
    if value is None:
        return not (parameter.required or parameter.multiple or parameter.nargs == -1)
    return isinstance(described.annotation, type) and isinstance(value, described.annotation)
