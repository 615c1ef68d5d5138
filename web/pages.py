"""Pages rendered from the templates beside this file; nothing on them comes from another host."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    undefined=StrictUndefined,
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"


def page(name: str, **facts: Any) -> HTMLResponse:
    """The page of a template, under a policy that lets it load nothing."""
    html = _templates.get_template(f"{name}.html").render(facts)
    return HTMLResponse(html, headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"})
