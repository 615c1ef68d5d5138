"""Who may import whom."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

from tests.architecture.sources import ROOMS, ROOT, imported_by, named, python_files


def test_the_import_contracts_hold(capsys: pytest.CaptureFixture[str]) -> None:
    """Edges → core ← adapters, as pyproject.toml says it."""
    broken = lint_imports(config_filename=str(ROOT / "pyproject.toml"), cache_dir=None)
    assert broken == 0, capsys.readouterr().out


def test_a_broken_contract_is_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The negative control: a contract that cannot hold is reported as broken."""
    config = tmp_path / "contracts.toml"
    config.write_text(
        '[tool.importlinter]\nroot_packages = ["core"]\n'
        '[[tool.importlinter.contracts]]\nname = "Nobody books"\ntype = "forbidden"\n'
        'source_modules = ["core.appointments"]\nforbidden_modules = ["core.kernel"]\n'
    )
    assert lint_imports(config_filename=str(config), cache_dir=None) == 1
    assert "Nobody books BROKEN" in capsys.readouterr().out


def test_the_core_imports_the_standard_library_and_itself() -> None:
    """Whatever a contract may forget to forbid."""
    foreign = {
        (named(file), name)
        for file in python_files("core")
        for name in imported_by(file)
        if name.partition(".")[0] not in {"core", *sys.stdlib_module_names}
    }
    assert foreign == set()


def test_auth_knows_the_core_and_no_adapter_or_edge() -> None:
    """What it needs from the outside it asks for by protocol."""
    wrong = {
        (named(file), name)
        for file in python_files("auth")
        for name in imported_by(file)
        if name.partition(".")[0] in set(ROOMS) - {"core", "auth"}
    }
    assert wrong == set()


def test_no_adapter_knows_another() -> None:
    """Every folder below adapters stands alone, also those that are still to come."""
    folders = {folder.name for folder in (ROOT / "adapters").iterdir() if (folder / "__init__.py").exists()}
    assert {"bus", "cache", "mail", "sql"} <= folders
    wrong = {
        (named(file), name)
        for folder in folders
        for file in python_files(f"adapters/{folder}")
        for name in imported_by(file)
        if name.startswith("adapters.") and name.split(".")[1] != folder
    }
    assert wrong == set()


def test_the_program_never_imports_its_tests() -> None:
    """Nor anything that only development installs."""
    wrong = {
        (named(file), name)
        for file in python_files(*ROOMS)
        for name in imported_by(file)
        if name.partition(".")[0] in {"tests", "pytest", "hypothesis", "httpx", "aiosmtpd", "playwright"}
    }
    assert wrong == set()
