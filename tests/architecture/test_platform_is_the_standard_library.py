"""`platform/` is a source root: a package of that name would shadow Python's own module."""

import platform
import sysconfig
from pathlib import Path

from byhand.embedded.paths import ROOT


def test_import_platform_is_the_standard_librarys() -> None:
    assert Path(platform.__file__).parent == Path(sysconfig.get_path("stdlib"))


def test_platform_folder_has_no_init() -> None:
    assert not (ROOT / "platform" / "__init__.py").exists()
