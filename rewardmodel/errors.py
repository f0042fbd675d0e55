"""The refusals of this package, each with a stable code."""

from __future__ import annotations

from byhand.errors import DomainError, Invalid, NotFound


class ModelFolderRefused(Invalid):
    """A folder that can't become a model version: missing, with unsafe files, or not what its manifest says."""

    code = "model_folder_refused"


class ModelNameTaken(DomainError):
    code = "model_name_taken"


class StageRefused(DomainError):
    """A model can't move to that stage from where it stands."""

    code = "stage_refused"


class ConfigRefused(Invalid):
    """A config with mistakes; `problems` lists every one of them."""

    code = "config_refused"


class NothingToFreeze(DomainError):
    code = "nothing_to_freeze"


class NotHere(NotFound):
    """Not there, or of another organisation: the answer is the same."""

    code = "not_found"


class StageFailed(DomainError):
    """The training process refused its input."""

    code = "stage_failed"


class ProcessDied(Exception):
    """The training process ended without a result: a bug or a kill. The job is tried again."""
