"""People, organisations and who may do what in them. Knows nothing of projects, work or pay."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from byhand.accounts.tokens import ApiToken as ApiToken


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """Someone who signs in by e-mail. `simulated` is set when the account is made and never changes."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    simulated = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique"),
            # the target of composite foreign keys: whoever points here repeats `simulated`
            models.UniqueConstraint(fields=["id", "simulated"], name="user_id_simulated"),
        ]

    def __str__(self) -> str:
        return f"user {self.pk}"


class Role(models.TextChoices):
    ENGINEER = "engineer", _("Engineer")
    STEWARD = "steward", _("Steward")
    ANNOTATOR = "annotator", _("Annotator")


class Organisation(models.Model):
    """The funder: owns projects, rate cards, reservations and models."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=80, unique=True)
    country = models.CharField(max_length=2, help_text="ISO 3166-1 alpha-2")
    simulated = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["id", "simulated"], name="organisation_id_simulated"),
            models.CheckConstraint(
                condition=models.Q(country__regex=r"^[A-Z]{2}$"), name="organisation_country_code"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """An engineer or a steward of an organisation. Annotators join projects instead."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(
        max_length=16, choices=[(r.value, r.label) for r in (Role.ENGINEER, Role.STEWARD)]
    )
    simulated = models.BooleanField(
        default=False, help_text="same as the user's and the organisation's: composite foreign keys"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "organisation", "role"], name="membership_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=["engineer", "steward"]), name="membership_role"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"


class Invitation(models.Model):
    """A link that lets one person make an account. Only the token's hash is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    token_hash = models.CharField(max_length=64, unique=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="invitations")
    simulated = models.BooleanField(
        default=False, help_text="same as the organisation's and the account's: composite foreign keys"
    )
    role = models.CharField(max_length=16, choices=Role.choices)
    project = models.UUIDField(null=True, blank=True, help_text="the project an annotator is invited to")
    email = models.EmailField(blank=True, help_text="blank: whoever holds the link")
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="accepted_invitations"
    )
    accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(accepted_at__isnull=True, accepted_by__isnull=True)
                | models.Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="invitation_accepted_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(role="annotator", project__isnull=False) | ~models.Q(role="annotator"),
                name="invitation_annotator_has_project",
            ),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk}"


class InboxMessage(models.Model):
    """A message inside the platform, so that nobody depends on e-mail to learn about their pay."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="inbox")
    subject = models.CharField(max_length=200)
    body = models.TextField()
    link = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["user", "-created_at"])]

    def __str__(self) -> str:
        return self.subject
