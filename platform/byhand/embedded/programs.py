"""The processes of the platform: their commands, environments and readiness."""

from __future__ import annotations

import os
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from byhand import env
from byhand.embedded import paths
from byhand.embedded.supervisor import Program

_CELERY_STOPS = ((signal.SIGTERM, 4.0), (signal.SIGQUIT, 6.0))  # let a job end; after that, break it off
_CELERY_QUICK = ("--without-gossip", "--without-mingle", "--without-heartbeat")
_WEB_THREADS = "8"
# An orphaned worker is killed, not asked: with its broker gone too, Celery's own shutdown can wait for ever, and a
# killed worker is what leases, fences and lifelines are made for.


def every(host: str, port: int, site_url: str, events_url: str) -> list[Program]:
    """Return all processes in the order in which they start."""
    base = environment(site_url, events_url)
    return [
        web(host, port, base),
        _event_stream(host, port + 1, base),
        worker("default", base, concurrency=1),
        worker("gpu", base, concurrency=1),
        _beat(base),
    ]


def environment(site_url: str, events_url: str) -> dict[str, str]:
    """Return the environment of a child: this one's, told where the site is and where the code is."""
    path = os.pathsep.join(
        filter(None, [str(paths.ROOT / "platform"), str(paths.ROOT), os.environ.get("PYTHONPATH")])
    )
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "byhand.settings",
        "PYTHONPATH": path,
        "PYTHONUNBUFFERED": "1",
        "SITE_URL": site_url,
        "EVENTS_URL": events_url,
    }


def _python(*words: str) -> list[str]:
    return [sys.executable, "-m", *words]


def _log(name: str) -> Path:
    return paths.VAR / "log" / f"{name}.log"


def web(host: str, port: int, base: dict[str, str]) -> Program:
    """Return the web server."""
    command = _python(
        "gunicorn", "byhand.wsgi:application", "--bind", f"{host}:{port}", "--worker-class", "gthread",
        "--workers", str(env.integer("WEB_WORKERS", 2)), "--threads", _WEB_THREADS, "--preload",
        "--graceful-timeout", "5", "--timeout", "60", "--keep-alive", "5", "--log-level", "warning",
    )  # fmt: skip
    return Program(
        "web", f"http://{host}:{port}", command, {**base, "DATABASE_POOL": "1"}, _log("web"),
        ready=_answers(f"http://{host}:{port}/accounts/login/"),
    )  # fmt: skip


def _event_stream(host: str, port: int, base: dict[str, str]) -> Program:
    command = _python(
        "uvicorn", "byhand.asgi:application", "--host", host, "--port", str(port), "--log-level", "warning",
        "--timeout-graceful-shutdown", "1", "--no-access-log",
    )  # fmt: skip
    return Program(
        "events", f"http://{host}:{port}", command, base, _log("events"),
        ready=_answers(f"http://{host}:{port}/events/health"),
    )  # fmt: skip


def worker(queue: str, base: dict[str, str], *, concurrency: int) -> Program:
    """Return a Celery worker of one queue."""
    command = _python(
        "celery", "-A", "byhand.celery", "worker", "--queues", queue, "--concurrency", str(concurrency),
        "--hostname", f"{queue}-{os.getpid()}@%h", "--pool", "prefork", "--loglevel", "WARNING",
        *_CELERY_QUICK,
    )  # fmt: skip
    return Program(
        f"worker {queue}", f"queue {queue}", command, base, _log(f"worker-{queue}"),
        stop_signals=_CELERY_STOPS, orphaned=signal.SIGKILL,
    )  # fmt: skip


def _beat(base: dict[str, str]) -> Program:
    schedule = paths.VAR / "run" / "beat-schedule"
    schedule.parent.mkdir(parents=True, exist_ok=True)
    for old in schedule.parent.glob("beat-schedule*"):
        old.unlink()  # a killed beat may have left half a file; nothing in it is needed
    command = _python(
        "celery", "-A", "byhand.celery", "beat", "--schedule", str(schedule), "--pidfile=",
        "--loglevel", "WARNING",
    )  # fmt: skip
    return Program("beat", "every 5 s", command, base, _log("beat"), orphaned=signal.SIGKILL)


def _answers(url: str) -> Callable[[], bool]:
    """Return a question: does the server answer, with whatever status?"""

    def ask() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310  (our own http address)
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    return ask
