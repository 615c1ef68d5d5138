"""Finds a Chromium for the tests, or has Debian install one when the tests run as root."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.kit.processes import CannotServe

WITHOUT_BROWSER = "DAYBOOK_TESTS_WITHOUT_BROWSER"
NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


def find_chromium(say: Callable[[str], None]) -> str:
    """The path of a Chromium that playwright can drive, installed first where that is possible and needed."""
    named = os.environ.get("TEST_CHROMIUM")
    if named and not Path(named).exists():
        raise CannotServe(f"TEST_CHROMIUM names {named}, which does not exist.")
    found = named or installed_chromium()
    missing = [] if found else ["chromium"]
    if not has_libatomic():
        missing.append("libatomic1")  # the node that playwright brings is linked to it
    if missing:
        install_packages(missing, say)
    found = found or installed_chromium()
    if found is None:
        raise CannotServe("Debian's chromium was installed and yet is not on PATH: set TEST_CHROMIUM to it.")
    return found


def may_do_without() -> bool:
    """Whether the person who runs the tests would rather skip those that need a browser they lack."""
    return os.environ.get(WITHOUT_BROWSER) == "1"


def installed_chromium() -> str | None:
    """The first Chromium on PATH."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def has_libatomic() -> bool:
    """Whether the dynamic linker finds libatomic.so.1."""
    try:
        ctypes.CDLL("libatomic.so.1")
    except OSError:
        return False
    return True


def install_packages(packages: Sequence[str], say: Callable[[str], None]) -> None:
    """Install Debian packages as root, reading the package lists first only when they do not suffice."""
    wanted = " and ".join(packages)
    if os.geteuid() != 0 or not shutil.which("apt-get") or may_do_without():
        raise CannotServe(
            f"The browser tests need {wanted}: install with apt-get, name a Chromium in TEST_CHROMIUM, "
            f"or set {WITHOUT_BROWSER}=1 to skip these tests."
        )
    say(f"installing {wanted} with apt-get for the browser tests; once only, half a minute or so.")
    install = ["install", "--yes", "--no-install-recommends", *packages]
    if apt_get(install).returncode:
        apt_get(["update"])
        done = apt_get(install)
        if done.returncode:
            said = " | ".join(done.stdout.strip().splitlines()[-6:])
            raise CannotServe(f"apt-get could not install {wanted} for the browser tests and said: {said}")
    say(f"installed {wanted}.")


def apt_get(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run apt-get without questions, waiting for any other that is at work."""
    return subprocess.run(
        ["apt-get", "-o", "DPkg::Lock::Timeout=300", *arguments],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
