"""The base of every value that is recorded or printed."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """Immutable, with unknown fields refused; `schema_` is written as `schema`."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)
