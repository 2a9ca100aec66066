"""The `hooks:` list of `stagecraft.yml`: commands of the user's own around a phase (spec/hooks.md)."""

from typing import Self

from pydantic import Field, model_validator

from stagecraft.config.durations import Duration
from stagecraft.config.names import MisplacedError
from stagecraft.config.own import Own, OwnCommand
from stagecraft.model.hook import OnHookFailure, Side
from stagecraft.model.phase import Kind, Phase


class HookKeys(Own):
    """One command before or after one phase."""

    when: Side = Field(description="Before the phase, or after it if it went well.")
    phase: Phase = Field(description="The phase: build, push, migrate_pre, rollout, migrate_post, finalize.")
    command: OwnCommand = Field(
        description="Program and arguments, run without a shell in the folder of `stagecraft.yml`."
    )
    on_failure: OnHookFailure = Field(
        default=OnHookFailure.FAIL, description="Whether its failure fails the phase, or is a warning."
    )
    timeout: Duration | None = Field(
        default=None, description="How long it may take. Default: as long as its phase."
    )
    kinds: tuple[Kind, ...] = Field(
        default=(Kind.DEPLOY, Kind.ROLLBACK, Kind.MIGRATE),
        min_length=1,
        description="Only for these kinds of release: deploy, rollback, migrate, destroy.",
    )

    @model_validator(mode="after")
    def _the_outcome_is_final(self) -> Self:
        if self.phase is Phase.FINALIZE and self.on_failure is OnHookFailure.FAIL:
            words = "must not be `finalize` without `on_failure: warn`: the outcome is recorded before"
            raise MisplacedError(words, "phase")
        return self
