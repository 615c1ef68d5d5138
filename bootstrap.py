"""Builds .venv/ in this checkout from the lock files, on a machine that may have nothing but python3.

usage: python3 bootstrap.py [runtime | dev | lock [--upgrade ...]]

It keeps to the standard library. Pip comes from this Python, or from Debian's python3-pip-whl package, which
is unpacked and not installed, so root is never needed. Pip then fetches uv, at the version and hashes that
requirements-dev.lock names, and uv installs the rest; where uv cannot be had, pip installs the rest itself.
"""

from __future__ import annotations

import configparser
import contextlib
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if sys.version_info < (3, 11):  # noqa: UP036 - this is where an older Python is told so
    sys.exit("bootstrap: Daybook needs Python 3.11 or newer: name one, as in `make run PYTHON=python3.12`.")

import fcntl
import tomllib
import venv

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
TOOLS = ROOT / ".tools"
STAMP = VENV / "daybook-stamp.json"
LOCKS = {"runtime": ROOT / "requirements.lock", "dev": ROOT / "requirements-dev.lock"}
VENV_PYTHON = VENV / "bin" / "python"
YES = {"1", "true", "yes", "on", "y", "t"}
EXACTLY = ["--require-hashes", "--no-deps"]
SCRIPT = """\
#!/bin/sh
'''exec' {python} "$0" "$@"
' '''
import sys

from {module} import {function}

sys.exit({function}())
"""

_started = time.monotonic()
_held_by_children: list[int] = []


class CannotContinue(Exception):
    """Carries one sentence that says what is wrong and what to do next."""


def main(arguments: list[str]) -> int:
    """Make the named set ready, or write the lock files anew, and return the exit status."""
    wanted = arguments[0] if arguments else "runtime"
    try:
        if wanted == "lock":
            with only_one_at_a_time():
                write_locks(arguments[1:])
        elif wanted in LOCKS and len(arguments) < 2:
            if not is_ready(wanted):
                with only_one_at_a_time():
                    if not is_ready(wanted):
                        build(wanted)
        else:
            raise CannotContinue("say one of `runtime`, `dev` or `lock` after bootstrap.py.")
    except CannotContinue as error:
        say(str(error))
        return 1
    except OSError as error:
        say(f"{error}: give the checkout and the temporary folder write access and room, and try again.")
        return 1
    except KeyboardInterrupt:
        say("interrupted; the next run starts this step again.")
        return 130
    return 0


# What is there already


def is_ready(wanted: str) -> bool:
    """Whether .venv holds this set exactly as its lock file now names it."""
    stamp = read_stamp()
    return stamp.get("base") == base_print() and stamp["sets"].get(wanted) == lock_print(wanted)


def read_stamp() -> dict[str, Any]:
    """What the last finished run wrote, or nothing when it never finished or its Python is gone."""
    if not VENV_PYTHON.exists():
        return {}
    try:
        stamp: dict[str, Any] = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return stamp


def base_print() -> str:
    """A hash of all that makes an existing .venv unusable when it changes, lock files aside."""
    facts = [Path(__file__).read_text(), sys.version, sys.base_prefix, str(ROOT), str(project_scripts())]
    return hashlib.sha256("\0".join(facts).encode()).hexdigest()


def lock_print(wanted: str) -> str:
    """A hash of a set's lock file."""
    try:
        return hashlib.sha256(LOCKS[wanted].read_bytes()).hexdigest()
    except FileNotFoundError:
        raise CannotContinue(f"{LOCKS[wanted].name} is missing: write it with `make lock`.") from None


def project_scripts() -> dict[str, str]:
    """The console scripts that pyproject.toml declares, by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    scripts: dict[str, str] = project.get("scripts", {})
    return scripts


@contextlib.contextmanager
def only_one_at_a_time() -> Iterator[None]:
    """Wait for any other bootstrap of this checkout, and for the installers a killed one left running."""
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "bootstrap.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another bootstrap is at work in this checkout; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        _held_by_children.append(lock.fileno())
        try:
            yield
        finally:
            _held_by_children.clear()


# Building


def build(wanted: str) -> None:
    """Bring .venv to hold the wanted set; the stamp is written last, so a half-built one is built again."""
    stamp = read_stamp()
    kept = stamp.get("sets", {}) if stamp.get("base") == base_print() else {}
    if not kept or any(printed != lock_print(name) for name, printed in kept.items()):
        kept = {}
        say(f"creating .venv for Python {sys.version.split()[0]}.")
        if VENV.exists():
            shutil.rmtree(VENV)
        venv.EnvBuilder(with_pip=False, symlinks=True).create(VENV)
    STAMP.unlink(missing_ok=True)
    install(LOCKS[wanted])
    make_importable()
    kept[wanted] = lock_print(wanted)
    if wanted == "dev":
        kept["runtime"] = lock_print("runtime")
    unfinished = STAMP.with_suffix(".partial")
    unfinished.write_text(json.dumps({"base": base_print(), "sets": kept}))
    unfinished.replace(STAMP)
    say(f"ready: .venv holds the {wanted} set.")


def make_importable() -> None:
    """Put the checkout on .venv's import path and the project's console scripts in its bin folder."""
    paths = {"base": str(VENV), "platbase": str(VENV)}
    site_packages = Path(sysconfig.get_path("purelib", scheme="venv", vars=paths))
    (site_packages / "daybook.pth").write_text(f"{ROOT}\n")
    for name, target in project_scripts().items():
        module, function = target.split(":")
        script = VENV / "bin" / name
        python = shlex.quote(str(VENV_PYTHON))
        script.write_text(SCRIPT.format(python=python, module=module, function=function))
        script.chmod(0o755)


def install(lock: Path) -> None:
    """Install what a lock file pins, with uv where it works and else with pip."""
    count = len(re.findall(r"(?m)^[a-z0-9]", lock.read_text()))
    uv = find_uv()
    if uv:
        say(f"installing {lock.name} ({count} pins) with uv.")
        index = ["--no-index"] if pip_settings().get("no-index", "").lower() in YES else []
        command = [uv, "pip", "install", "--python", str(VENV_PYTHON), *index, *EXACTLY, "-r", str(lock)]
        done = run(command, environment=uv_environment())
        if done.returncode == 0:
            return
        say(f"uv did not manage it, so pip tries next; uv said: {last_lines(done)}")
    say(f"installing {lock.name} ({count} pins) with pip.")
    done = run_pip("install", *EXACTLY, "--no-compile", "-r", str(lock))
    if done.returncode:
        advice = "check that PIP_INDEX_URL, PIP_CERT or pip.conf lead to a package index from this network"
        raise CannotContinue(f"pip could not install {lock.name}: {advice}; pip said: {last_lines(done)}")


def write_locks(options: list[str]) -> None:
    """Write both lock files from pyproject.toml, keeping pins that still fit unless --upgrade is given."""
    if not VENV_PYTHON.exists():
        venv.EnvBuilder(with_pip=False, symlinks=True).create(VENV)
    uv = find_uv()
    if not uv:
        raise CannotContinue("`make lock` needs uv: put a `uv` on PATH and try again.")
    settings = uv_environment()
    settings.setdefault("UV_EXCLUDE_NEWER", "3 days")  # a mirror may lag, and a bad release be withdrawn
    for name in ("UV_INDEX", "UV_FIND_LINKS"):  # a partial mirror would leave hashes out of the lock file
        settings.pop(name, None)
    common = [
        "--universal",
        "--generate-hashes",
        "--no-emit-index-url",
        "--no-header",
        "--no-config",
        *options,
    ]
    command = [uv, "pip", "compile", "--quiet", "--python-version", "3.11", *common, "pyproject.toml"]
    for lock, choice in (("requirements.lock", []), ("requirements-dev.lock", ["--extra", "dev"])):
        say(f"writing {lock}.")
        done = run([*command, *choice, "-o", lock], environment=settings)
        if done.returncode:
            raise CannotContinue(f"uv could not resolve {lock}; uv said: {last_lines(done)}")
        command += ["-c", lock]


# Finding installers


def find_uv() -> str | None:
    """The uv on PATH, else the pinned one in .tools, installed with pip when it is not there yet."""
    found = shutil.which("uv")
    if found or not LOCKS["dev"].exists():
        return found
    pin = re.search(r"(?m)^uv==(\S+).*\\\n(?: +--hash=.*\n)+", LOCKS["dev"].read_text())
    if not pin:
        return None
    binary = TOOLS / f"uv-{pin.group(1)}"
    if not binary.exists():
        say(f"fetching uv {pin.group(1)}.")
        with tempfile.TemporaryDirectory(dir=TOOLS) as work:
            requirement = Path(work) / "uv.txt"
            requirement.write_text(pin.group(0))
            target = ["--target", work, "--only-binary", ":all:", "--no-compile"]
            done = run_pip("install", *EXACTLY, *target, "-r", str(requirement))
            if done.returncode:
                say(f"uv cannot be had here; pip said: {last_lines(done)}")
                return None
            (Path(work) / "bin" / "uv").replace(binary)
    return str(binary)


def run_pip(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pip for .venv, from a wheel or from the Python that .venv is built on."""
    environment = {**os.environ, "PIP_USER": "0", "PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    wheel = bundled_pip_wheel()
    from_base = [base_python(), "-m", "pip", "--python", str(VENV_PYTHON)]
    if wheel is None and run([*from_base, "--version"]).returncode == 0:
        return run([*from_base, *arguments], environment=environment)
    environment["PYTHONPATH"] = str(wheel or downloaded_pip_wheel())
    return run([str(VENV_PYTHON), "-m", "pip", *arguments], environment=environment)


def base_python() -> str:
    """The interpreter that .venv is built on, also when this one is .venv's own."""
    return str(getattr(sys, "_base_executable", sys.executable))


def bundled_pip_wheel() -> Path | None:
    """The pip wheel that comes with this Python's ensurepip, or that its distribution keeps beside it."""
    folders = [Path(sysconfig.get_path("stdlib")) / "ensurepip" / "_bundled"]
    folders += [Path(sysconfig.get_config_var("WHEEL_PKG_DIR") or "/usr/share/python-wheels")]
    return next((wheel for folder in folders for wheel in folder.glob("pip-*.whl")), None)


def downloaded_pip_wheel() -> Path:
    """The pip wheel of Debian's python3-pip-whl package, fetched with apt-get but not installed."""
    kept = next(TOOLS.glob("pip-*.whl"), None)
    if kept:
        return kept
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise CannotContinue("this Python has no pip: install its pip or venv package, or put uv on PATH.")
    say("this Python has no pip: fetching Debian's pip wheel.")
    with tempfile.TemporaryDirectory(dir=TOOLS) as work:
        lists = Path(work) / "lists"
        (lists / "partial").mkdir(parents=True)
        private = ["-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={work}", "-o", "Debug::NoLocking=1"]
        private += ["-o", "Acquire::Languages=none", "-o", "APT::Sandbox::User=root"]
        download = ["download", "python3-pip-whl"]
        if run(["apt-get", *download], folder=work).returncode:
            say("the machine's package lists do not help: reading fresh ones into .tools.")
            run(["apt-get", *private, "update"], folder=work)
            done = run(["apt-get", *private, *download], folder=work)
            if done.returncode:
                advice = "install python3-venv, as apt-get could not download python3-pip-whl and said"
                raise CannotContinue(f"this Python has no pip: {advice}: {last_lines(done)}")
        package = next(Path(work).glob("*.deb"))
        run(["dpkg-deb", "-x", str(package), "unpacked"], folder=work)
        wheel = next((Path(work) / "unpacked").rglob("pip-*.whl"), None)
        if wheel is None:
            raise CannotContinue("python3-pip-whl holds no pip: install python3-venv and try again.")
        return Path(shutil.move(wheel, TOOLS / wheel.name))


# The user's own settings


def uv_environment() -> dict[str, str]:
    """The environment in which uv reaches the same indexes, with the same certificates, as pip would."""
    pip = pip_settings()
    links = [link for link in pip.get("find-links", "").split() if "://" in link or Path(link).is_dir()]
    defaults = {
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_NO_PROGRESS": "1",
        "UV_SYSTEM_CERTS": "1",
        "UV_INDEX_STRATEGY": "unsafe-best-match",  # pip's way: any index may serve a file whose hash fits
        "UV_DEFAULT_INDEX": pip.get("index-url", ""),
        "UV_INDEX": " ".join(pip.get("extra-index-url", "").split()),
        "UV_FIND_LINKS": ",".join(links),
        "UV_INSECURE_HOST": " ".join(pip.get("trusted-host", "").split()),
        "UV_HTTP_TIMEOUT": pip.get("timeout", pip.get("default-timeout", "")),
        "SSL_CERT_FILE": pip.get("cert", ""),
        "SSL_CLIENT_CERT": pip.get("client-cert", ""),
        "ALL_PROXY": pip.get("proxy", ""),
        "UV_CACHE_DIR": "" if can_write_user_cache() else str(TOOLS / "uv-cache"),
    }
    return {**{name: value for name, value in defaults.items() if value}, **os.environ}


def pip_settings() -> dict[str, str]:
    """The values pip would use for an installation, from its configuration files and its environment."""
    home = Path.home()
    user = os.environ.get("XDG_CONFIG_HOME", str(home / ".config"))
    folders = os.environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")
    files = [Path(folder, "pip", "pip.conf") for folder in folders]
    files += [Path("/etc/pip.conf"), home / ".pip" / "pip.conf", Path(user, "pip", "pip.conf")]
    chosen = os.environ.get("PIP_CONFIG_FILE")
    if chosen:
        files = [] if chosen == os.devnull else [*files, Path(chosen)]
    parser = configparser.RawConfigParser()
    with contextlib.suppress(configparser.Error, OSError):
        parser.read(files)
    settings: dict[str, str] = {}
    for section in ("global", "install"):
        settings.update(parser.items(section) if parser.has_section(section) else ())
    for name, value in os.environ.items():
        if name.startswith("PIP_") and value:
            settings[name[4:].lower().replace("_", "-")] = value
    return settings


def can_write_user_cache() -> bool:
    """Whether uv's usual cache folder exists or can be made."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "uv"
    return os.access(next(place for place in (folder, *folder.parents) if place.exists()), os.W_OK)


# Speaking and running


def say(sentence: str) -> None:
    """Write a progress line with the seconds since the start."""
    sys.stderr.write(f"bootstrap {time.monotonic() - _started:5.1f} s  {sentence}\n")
    sys.stderr.flush()


def run(
    command: list[str], *, environment: dict[str, str] | None = None, folder: str = str(ROOT)
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, keeping what it says; it holds the bootstrap lock as long as it lives."""
    return subprocess.run(  # noqa: S603 - the commands are this file's own
        command,
        cwd=folder,
        env=environment,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=_held_by_children,
        check=False,
    )


def last_lines(done: subprocess.CompletedProcess[str]) -> str:
    """The end of what a command said, on one line."""
    return " | ".join(done.stdout.strip().splitlines()[-6:])[-1500:] or "nothing"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
