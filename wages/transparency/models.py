"""The log's rows: leaves and signed checkpoints. Both tables are append-only; tiles and proofs are
derived.
"""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class LogLeaf(models.Model):
    """One entry. `entry` is the canonical JSON that was hashed; the database checks the hash and the
    index.
    """

    index = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=40)
    entry = models.BinaryField()
    leaf_hash = models.BinaryField(max_length=32)
    appended_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["kind", "index"])]
        constraints = [
            models.CheckConstraint(condition=models.Q(index__gte=0), name="logleaf_index_from_zero"),
        ]

    def __str__(self) -> str:
        return f"leaf {self.index} ({self.kind})"


class Checkpoint(models.Model):
    """A statement the log has signed: the first `size` leaves have this root. Never changed, never
    dropped.
    """

    size = models.BigIntegerField(unique=True)
    root = models.BinaryField(max_length=32)
    note = models.TextField(help_text="the C2SP signed note")
    verifier = models.CharField(max_length=300, help_text="the verifier key that opens the note")
    signed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(size__gt=0), name="checkpoint_not_empty")]

    def __str__(self) -> str:
        return f"checkpoint of {self.size}"
