"""The README's examples, run as they are printed, against a server with the demo data."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bootstrap import ROOT
from tests.kit.serving import serving

README = (ROOT / "README.md").read_text()


def examples() -> list[str]:
    """The shell blocks after the one with the two commands."""
    return re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)[1:]


@pytest.mark.skipif(shutil.which("curl") is None, reason="the README's examples use curl, which is not here")
def test_every_example_does_what_the_readme_says(tmp_path: Path) -> None:
    """In order, in one shell: signed in, booked for 120 dollars, refused twice, followed and confirmed."""
    with serving(tmp_path, f"sqlite+aiosqlite:///{tmp_path}/daybook.db") as server:
        sign_in, query, free, book, through_graphql, follow, listen, confirm = [
            block.replace("http://127.0.0.1:8000", server.url)
            .replace("127.0.0.1:8000", f"127.0.0.1:{server.port}")
            .replace(".venv/bin/python", sys.executable)
            for block in examples()
        ]
        follow = follow.replace("<<'END'\n", "> followed.txt <<'END' &\n", 1)
        listen = f"{listen.rstrip()} > listened.txt &\n"
        parts = [
            sign_in,
            query,
            free,
            book,
            book.rpartition("\n\n")[2],  # "send it again"
            through_graphql,
            follow,
            "FOLLOWER=$!",
            listen,
            "LISTENER=$!; sleep 3",
            confirm,
            "for _ in $(seq 100); do grep -q APPOINTMENT_CONFIRMED followed.txt && break; sleep 0.1; done",
            "kill $FOLLOWER $LISTENER",
        ]
        script = "\necho '=====';\n".join(parts)
        ran = subprocess.run(
            ["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
    told = ran.stdout.split("=====\n")
    assert '"totalCount": 88' in told[1]
    (day,) = json.loads(told[2])["data"]["availability"]["days"]
    assert f"{day['date']}T19:00:00Z" in [slot["startsAt"] for slot in day["slots"]]
    assert all(slot["providers"] for slot in day["slots"])
    assert '"available":true' in told[3]
    assert '"deposit_amount":120' in told[3]
    assert told[3].rstrip().endswith("201")
    assert told[4].rstrip().endswith("409")
    assert "A heron in the reeds" in told[5]
    assert '"notification_sent":true' in told[10]
    followed = (tmp_path / "followed.txt").read_text()
    assert re.findall(r'"type": "([A-Z_]+)"', followed) == ["DEPOSIT_REQUESTED", "APPOINTMENT_CONFIRMED"]
    listened = (tmp_path / "listened.txt").read_text()
    assert re.findall(r"^event: (\S+)$", listened, re.M) == ["deposit.requested", "appointment.confirmed"]


def test_every_link_of_the_pages_leads_somewhere() -> None:
    """Relative links in README and docs name files that exist."""
    for page in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), (page.name, target)
