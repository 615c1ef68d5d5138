"""The container files, kept right without a container engine: linted, and compared with the program."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from app.cli import cli
from app.settings import Settings
from bootstrap import ROOT

DOCKER = ROOT / "docker"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The compose file, with its anchors merged."""
    loaded: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text())
    return loaded


def test_the_dockerfile_is_clean_for_hadolint() -> None:
    """No finding of any severity."""
    linter = Path(sys.executable).with_name("hadolint")
    found = subprocess.run(
        [linter, "--no-color", DOCKER / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stdout) == (0, "")


def test_the_image_holds_every_package_and_nothing_that_is_not_there() -> None:
    """What is copied exists, and every top-level package of the program is copied."""
    text = (DOCKER / "Dockerfile").read_text()
    copied = set(re.findall(r"^COPY (?!--)(.+) \S+$", text, re.MULTILINE))
    sources = {name for line in copied for name in line.split()}
    assert all((ROOT / name).exists() for name in sources)
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}
    assert packages <= sources
    kept = {line[1:] for line in (DOCKER / "Dockerfile.dockerignore").read_text().split() if line[0] == "!"}
    assert kept == sources


def test_the_image_runs_without_root_and_says_whether_it_is_ready() -> None:
    """The last stage sets a user, a health check on /readyz, and the command that exists."""
    last = (DOCKER / "Dockerfile").read_text().rpartition("\nFROM ")[2]
    assert re.search(r"^USER 10001:10001$", last, re.MULTILINE)
    assert "HEALTHCHECK" in last
    assert "/readyz" in last


def test_every_setting_and_command_of_the_compose_file_is_real(compose: dict[str, Any]) -> None:
    """Each DAYBOOK_ variable is a setting and each command a verb of the command line."""
    settings = {f"DAYBOOK_{name.upper()}" for name in Settings.model_fields}
    verbs = set(get_command(cli).commands)  # type: ignore[attr-defined]
    ours = [service for service in compose["services"].values() if service["image"].startswith("daybook")]
    assert len(ours) == 3
    for service in ours:
        assert set(service["environment"]) <= settings
        assert set(service["command"]) <= verbs


def test_the_compose_file_has_two_web_replicas_a_worker_and_waits_for_what_it_needs(
    compose: dict[str, Any],
) -> None:
    """Web and worker start when the migration is done; what is waited for exists and has a health check."""
    services = compose["services"]
    assert services["web"]["deploy"]["replicas"] == 2
    assert {"postgres", "redis", "mail", "worker", "migrate"} <= set(services)
    for service in services.values():
        for name, wanted in service.get("depends_on", {}).items():
            if wanted["condition"] == "service_completed_successfully":
                assert services[name]["restart"] == "no"
            elif name != "web":
                assert "test" in services[name]["healthcheck"]
    assert services["migrate"]["healthcheck"] == {"disable": True}


def test_no_secret_is_written_into_the_files(compose: dict[str, Any]) -> None:
    """Secrets come from the environment, and their absence is an error."""
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            if "SECRET" in name or "PASSWORD" in name:
                assert value.startswith("${")
                assert ":?" in value
