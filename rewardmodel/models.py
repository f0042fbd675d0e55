"""Model versions, frozen preference datasets, runs, segments and gate results, with their constraints.

Owns the chain policy <- run <- reward model <- dataset <- ballots. Knows nothing of torch, pay or pages.
A row is made once; what may change later is a model's stage and a run's outcome, each by compare-and-set.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone


class ModelKind(models.TextChoices):
    POLICY = "policy", "Policy"
    REWARD = "reward", "Reward model"
    VALUE = "value", "Value model"


class Stage(models.TextChoices):
    CANDIDATE = "candidate", "Candidate"
    EVALUATED = "evaluated", "Evaluated"
    PROMOTED = "promoted", "Promoted"
    RETIRED = "retired", "Retired"


class RunKind(models.TextChoices):
    SFT = "sft", "Supervised fine-tuning"
    REWARD = "reward", "Reward model"
    PPO = "ppo", "PPO"
    EVALUATE = "evaluate", "Evaluation"


class PreferenceDataset(models.Model):
    """Ballots of one project, frozen: canonical rows in a folder that is named by its own digest."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="datasets"
    )
    project = models.ForeignKey("annotation.Project", on_delete=models.PROTECT, related_name="datasets")
    digest = models.CharField(max_length=64, help_text="sha256 of manifest.json")
    manifest = models.JSONField()
    simulated = models.BooleanField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "digest"], name="dataset_project_digest"),
            models.CheckConstraint(
                condition=models.Q(digest__regex=r"^[0-9a-f]{64}$"), name="dataset_digest_is_sha256"
            ),
        ]

    def __str__(self) -> str:
        return f"dataset {self.digest[:12]}"


class DatasetBallot(models.Model):
    """One ballot of a dataset, so that a model's lineage reaches the lease, the minutes and the pay behind it."""

    dataset = models.ForeignKey(PreferenceDataset, on_delete=models.PROTECT, related_name="ballots")
    ballot = models.ForeignKey("annotation.Ballot", on_delete=models.PROTECT, related_name="+")
    lease_id = models.UUIDField()
    split = models.CharField(max_length=16)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "ballot"], name="datasetballot_once"),
            models.CheckConstraint(
                condition=models.Q(split__in=["train", "validation", "test"]), name="datasetballot_split"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ballot_id} in {self.dataset_id}"


class DatasetRetirement(models.Model):
    """Rankings in the dataset were withdrawn: its files are gone, its manifest and its row stay. Append-only.

    `successor` holds the same rankings without those; null: nothing was left.
    """

    dataset = models.OneToOneField(
        PreferenceDataset, primary_key=True, on_delete=models.PROTECT, related_name="retirement"
    )
    successor = models.ForeignKey(
        PreferenceDataset, null=True, blank=True, on_delete=models.PROTECT, related_name="succeeds"
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(successor__isnull=True) | ~models.Q(successor=models.F("dataset")),
                name="datasetretirement_another",
            )
        ]

    def __str__(self) -> str:
        return f"{self.dataset_id} is retired"


class Run(models.Model):
    """One training or evaluation run: an immutable record of what was asked; its job says how far it is."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="runs")
    kind = models.CharField(max_length=16, choices=RunKind.choices)
    name = models.CharField(max_length=120)
    config = models.JSONField()
    config_sha256 = models.CharField(max_length=64)
    record = models.JSONField(help_text="versions, hardware, seed, threads, commit: what the run ran on")
    dataset = models.ForeignKey(
        PreferenceDataset, null=True, blank=True, on_delete=models.PROTECT, related_name="runs"
    )
    base = models.ForeignKey(
        "ModelVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="runs_as_base"
    )
    reference = models.ForeignKey(
        "ModelVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="runs_as_reference"
    )
    reward_model = models.ForeignKey(
        "ModelVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="runs_as_reward"
    )
    job = models.OneToOneField("jobs.Job", on_delete=models.PROTECT, related_name="run")
    simulated = models.BooleanField()
    metrics = models.JSONField(default=dict, help_text="final figures, written once when the run ends")
    launched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["organisation", "-created_at"])]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(kind="reward") | models.Q(dataset__isnull=False, base__isnull=False),
                name="run_reward_has_dataset_and_base",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind__in=["ppo", "evaluate"])
                | models.Q(base__isnull=False, reference__isnull=False, reward_model__isnull=False),
                name="run_ppo_has_three_models",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} run {self.pk}"

    @property
    def state(self) -> str:
        """The state of its job: a run has none of its own."""
        return str(self.job.state)


class ModelVersion(models.Model):
    """A folder of safetensors and JSON under MODEL_ROOT/<digest>: never overwritten, never without its lineage."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="models")
    digest = models.CharField(max_length=64, help_text="sha256 of manifest.json")
    kind = models.CharField(max_length=16, choices=ModelKind.choices)
    name = models.CharField(max_length=120)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    run = models.ForeignKey(Run, null=True, blank=True, on_delete=models.PROTECT, related_name="outputs")
    dataset = models.ForeignKey(
        PreferenceDataset, null=True, blank=True, on_delete=models.PROTECT, related_name="models"
    )
    stage = models.CharField(max_length=16, choices=Stage.choices, default=Stage.CANDIDATE)
    simulated = models.BooleanField()
    note = models.CharField(max_length=300, blank=True, help_text="where a base model came from")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["digest"])]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "digest"], name="modelversion_organisation_digest"
            ),
            models.UniqueConstraint(fields=["organisation", "kind", "name"], name="modelversion_name"),
            models.UniqueConstraint(fields=["run", "kind"], name="modelversion_one_output_a_kind"),
            models.CheckConstraint(
                condition=models.Q(digest__regex=r"^[0-9a-f]{64}$"), name="modelversion_digest_is_sha256"
            ),
            models.CheckConstraint(condition=models.Q(kind__in=ModelKind.values), name="modelversion_kind"),
            models.CheckConstraint(condition=models.Q(stage__in=Stage.values), name="modelversion_stage"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.digest[:12]})"


class ModelFile(models.Model):
    """One listed file of a model version: whoever holds just the weights can look up the labor behind them."""

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="files")
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    bytes = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["sha256"])]
        constraints = [models.UniqueConstraint(fields=["version", "name"], name="modelfile_once")]

    def __str__(self) -> str:
        return self.name


class RunSegment(models.Model):
    """A finished part of a PPO run, adopted under the fence of the attempt that made it."""

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="segments")
    index = models.PositiveIntegerField()
    fence = models.BigIntegerField()
    path = models.CharField(max_length=300, help_text="relative to the run's folder")
    adopted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "index"], name="runsegment_adopted_once")]

    def __str__(self) -> str:
        return f"segment {self.index} of {self.run_id}"


class GateResult(models.Model):
    """What a gate said about a run, with the figures and thresholds it judged by."""

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="gates")
    gate = models.CharField(max_length=8)
    passed = models.BooleanField()
    figures = models.JSONField(help_text="each check: name, value, needed, passed, why, source")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["run", "gate", "id"])]

    def __str__(self) -> str:
        return f"{self.gate} {'passed' if self.passed else 'refused'}"
