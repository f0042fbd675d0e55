"""The writers of this package; each module owns one thing, and this is the list of what others may call."""

from rewardmodel.services.datasets import dataset_folder, freeze_dataset
from rewardmodel.services.generation import Sampling, launch_generation
from rewardmodel.services.outcomes import samples_path
from rewardmodel.services.registry import model_folder, register_model, set_stage, verify_stored
from rewardmodel.services.runs import check_config, launch_run
from rewardmodel.services.subject import report_subject

__all__ = [
    "Sampling",
    "check_config",
    "dataset_folder",
    "freeze_dataset",
    "launch_generation",
    "launch_run",
    "model_folder",
    "register_model",
    "report_subject",
    "samples_path",
    "set_stage",
    "verify_stored",
]
