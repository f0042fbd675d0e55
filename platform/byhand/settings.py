"""All settings, from the environment alone. Importing this never touches the network and never imports torch."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from byhand import env
from byhand.database import from_url
from byhand.embedded import paths

BASE_DIR = Path(__file__).resolve().parents[2]
VAR_DIR = paths.VAR
FRONTEND_DIR = BASE_DIR / "frontend"

# --- where the site is -----------------------------------------------------------------------------------
SITE_URL = env.text("SITE_URL", "http://localhost:8000").rstrip("/")
EVENTS_URL = env.text("EVENTS_URL", "http://localhost:8001").rstrip("/")  # the event-stream process
HTTPS = SITE_URL.startswith("https://")
SOURCE_URL = env.text("SOURCE_URL")  # where the running source code can be read; linked in the footer
DEBUG = env.flag("DEBUG")
SECRET_KEY = env.kept_secret("SECRET_KEY", VAR_DIR / "secrets" / "django.key")
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", f"localhost,127.0.0.1,{urlsplit(SITE_URL).hostname}")
CSRF_TRUSTED_ORIGINS = [SITE_URL]

# --- what runs -------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "byhand",
    "byhand.accounts",
    "byhand.audit",
    "byhand.jobs",
    "byhand.rights",
    "byhand.webhooks",
    "wages.transparency",
    "wages",
    "wages.reports",
    "annotation",
    "rewardmodel",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "rest_framework",
    "drf_spectacular",
    "django_filters",
    "django_htmx",
    "django_vite",
    "csp",
]

MIDDLEWARE = [
    "byhand.request_ids.RequestIds",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "byhand.middleware.Language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "byhand.middleware.SignInRequired",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "byhand.middleware.NoStoreWhenSignedIn",
    "byhand.middleware.DomainErrors",
]

ROOT_URLCONF = "byhand.urls"
WSGI_APPLICATION = "byhand.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [FRONTEND_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "byhand.context.site",
            ],
        },
    }
]

# --- data ------------------------------------------------------------------------------------------------
# `default` is the app role: SELECT and INSERT on append-only tables, owner of nothing. `owner` runs
# migrations and maintenance (`manage.py migrate` picks it by itself).
_pooled = env.flag("DATABASE_POOL")
DATABASE_URL = env.text("DATABASE_URL") or paths.database_url(paths.APP_ROLE)
DATABASE_OWNER_URL = env.text("DATABASE_OWNER_URL") or (
    "" if env.text("DATABASE_URL") else paths.database_url(paths.OWNER_ROLE)
)
DATABASES = {"default": from_url(DATABASE_URL, pooled=_pooled)}
if DATABASE_OWNER_URL:
    DATABASES["owner"] = from_url(DATABASE_OWNER_URL, pooled=False)
# the role that removes rows after their legal term, by `manage.py retire` alone
DATABASE_RETIRE_URL = env.text("DATABASE_RETIRE_URL") or (
    "" if env.text("DATABASE_URL") else paths.database_url(paths.RETIRE_ROLE)
)
if DATABASE_RETIRE_URL:
    DATABASES["retire"] = from_url(DATABASE_RETIRE_URL, pooled=False)
DATABASE_ROUTERS = ["byhand.routers.AppRoleOnly"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "django_cache"}}
SESSION_ENGINE = "byhand.accounts.sessions"
SESSION_COOKIE_AGE = 12 * 3600
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
IMPORT_MAX_BYTES = env.integer("IMPORT_MAX_BYTES", 2 * 1024 * 1024 * 1024)
IMPORT_KEEP_FREE_BYTES = env.integer("IMPORT_KEEP_FREE_BYTES", 1024 * 1024 * 1024)  # no upload fills the disk
IMPORT_ROOT = Path(env.text("IMPORT_ROOT") or VAR_DIR / "imports")
IMPORT_FOLDER = env.text("IMPORT_FOLDER")  # files for import may be placed here by the operator; blank: none
EVIDENCE_MAX_BYTES = env.integer("EVIDENCE_MAX_BYTES", 20 * 1024 * 1024)
MODEL_ROOT = Path(env.text("MODEL_ROOT") or VAR_DIR / "models")
DATASET_ROOT = Path(env.text("DATASET_ROOT") or VAR_DIR / "datasets")
RUN_ROOT = Path(env.text("RUN_ROOT") or VAR_DIR / "runs")
EXPORT_ROOT = Path(env.text("EXPORT_ROOT") or VAR_DIR / "exports")
BUNDLE_ROOT = Path(env.text("BUNDLE_ROOT") or VAR_DIR / "bundles")  # people's own copies of their data
KEEP_YEARS = env.by_country("KEEP_YEARS", 7)  # how long pay records stay after their period, such as 7,DE=10
EXPORT_KEEP_DAYS = env.integer("EXPORT_KEEP_DAYS", 30)
FLOORS_DIR = Path(
    env.text("FLOORS_DIR") or BASE_DIR / "wages" / "data"
)  # floors.csv, fx.csv, datapackage.json
LOG_KEY_FILE = Path(env.text("LOG_KEY_FILE") or VAR_DIR / "secrets" / "log-ed25519.pem")
LOG_ORIGIN = env.text("LOG_ORIGIN", f"{urlsplit(SITE_URL).netloc}/log")

# --- jobs ------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = env.text("CELERY_BROKER_URL") or paths.broker_url()
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
WEBHOOKS_ALLOW_LOOPBACK = env.flag("WEBHOOKS_ALLOW_LOOPBACK")  # for trying receivers on this machine
JOB_LEASE_SECONDS = env.integer("JOB_LEASE_SECONDS", 20)
CELERY_BEAT_SCHEDULE = {
    "sweep-jobs": {"task": "byhand.jobs.sweep", "schedule": 5.0, "options": {"expires": 5}},
    "sweep-webhooks": {"task": "webhooks.sweep", "schedule": 10.0, "options": {"expires": 10}},
    "sweep-clocks": {"task": "wages.sweep_clocks", "schedule": 60.0, "options": {"expires": 60}},
    "keep-deadlines": {"task": "wages.keep_deadlines", "schedule": 300.0, "options": {"expires": 300}},
    "release-and-recall": {
        "task": "annotation.release_and_recall",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "close-periods": {"task": "wages.close_ended_periods", "schedule": 600.0, "options": {"expires": 600}},
    "sweep-uploads": {"task": "annotation.sweep_uploads", "schedule": 3600.0, "options": {"expires": 3600}},
    "sweep-leases": {"task": "annotation.sweep_leases", "schedule": 30.0, "options": {"expires": 30}},
    "refresh-quality": {"task": "annotation.refresh_quality", "schedule": 900.0, "options": {"expires": 900}},
    "sweep-rights": {"task": "rights.sweep", "schedule": 3600.0, "options": {"expires": 3600}},
    "sweep-beats": {"task": "wages.sweep_beats", "schedule": 86400.0, "options": {"expires": 3600}},
    "sweep-drafts": {"task": "annotation.sweep_drafts", "schedule": 86400.0, "options": {"expires": 3600}},
    "sweep-exports": {"task": "annotation.sweep_exports", "schedule": 3600.0, "options": {"expires": 3600}},
}

# --- people ----------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["byhand.accounts.backends.ByEmail"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
CSRF_FAILURE_VIEW = "byhand.errors.csrf_failure"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "byhand.accounts.adapter.InvitationOnly"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # an invitation link already proves the address it was sent to
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # nobody can make us write to strangers
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Byhand: "
ACCOUNT_CHANGE_EMAIL = True  # one address, changed when the new one is proven
ACCOUNT_LOGOUT_ON_GET = False
# Guessing is limited by the account that is guessed; an address may hold a whole office behind one router.
ACCOUNT_RATE_LIMITS = {
    "login": "120/m/ip",
    "login_failed": "60/m/ip,5/300s/key",
    "signup": "60/m/ip",
    "reset_password": "30/m/ip,5/m/key",
    "reauthenticate": "10/m/user",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # only the invited sign up; a passkey must not wait for mail
MFA_TOTP_ISSUER = "Byhand"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS  # for localhost; browsers refuse other plain hosts
USERSESSIONS_TRACK_ACTIVITY = False
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if env.text("EMAIL_HOST")
    else "django.core.mail.backends.console.EmailBackend"
)
EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_PORT = env.integer("EMAIL_PORT", 587)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", True)
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", f"byhand@{urlsplit(SITE_URL).hostname}")

REST_FRAMEWORK = {
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "byhand.rest.authentication.BearerToken",
        "byhand.rest.authentication.Session",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["byhand.rest.parsing.StrictJson"],
    "DEFAULT_SCHEMA_CLASS": "byhand.rest.schema.Schema",
    "EXCEPTION_HANDLER": "byhand.rest.problems.api_exception_handler",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Byhand",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "byhand.rest.schema.problems_everywhere",
    ],
}

# --- pages -----------------------------------------------------------------------------------------------
# What annotators read comes in these languages; pages for engineers, stewards and the public are in English.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español"), ("sw", "Kiswahili")]
LANGUAGES_UNREVIEWED = frozenset(
    {"es", "sw"}
)  # translated, not yet read by somebody who speaks them natively
LOCALE_PATHS = [FRONTEND_DIR / "locale"]
FORMAT_MODULE_PATH = "byhand.formats"
LANGUAGE_COOKIE_NAME = "byhand_language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [folder for folder in (FRONTEND_DIR / "dist", FRONTEND_DIR / "static") if folder.is_dir()]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
DJANGO_VITE = {"default": {"dev_mode": False, "manifest_path": FRONTEND_DIR / "dist" / "manifest.json"}}
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF, EVENTS_URL] if EVENTS_URL else [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = False  # the proxy in front redirects pages; the API never answers http with a redirect
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS and env.flag("TRUST_PROXY") else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "byhand_session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "byhand_csrf"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SILENCED_SYSTEM_CHECKS = [
    "security.W008",  # see SECURE_SSL_REDIRECT
    "security.W021",  # whether browsers preload the name is for its owner to decide
    "auth.W004",  # e-mail addresses are unique, by a constraint on Lower("email") that the check can't see
    "django_vite.W001",  # pages work unbuilt; byhand.E012 asks for the build where it matters
]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "byhand.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "loggers": {"httpx": {"level": "WARNING"}},
    "root": {"handlers": ["stderr"], "level": env.text("LOG_LEVEL", "INFO")},
}
