"""`manage.py bench` lists what there is, and refuses what there is not before anything is started."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command


def test_it_lists_the_benchmarks(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("bench", "--list")
    listed = capsys.readouterr().out
    assert all(name in listed for name in ("annotation.cycle", "annotation.page", "annotation.first_paint"))


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(CommandError, match=r"No benchmark annotation.cicle. There are: annotation.cycle, "):
        call_command("bench", "annotation.page", "annotation.cicle")


def test_no_repeat_is_refused() -> None:
    with pytest.raises(CommandError, match="--repeats: at least 1"):
        call_command("bench", "--repeats", "0")
