"""GraphiQL, served from the files in `web/static/graphiql`: pinned, hashed, and nothing from elsewhere."""

from __future__ import annotations

import json
from functools import cache
from html import escape
from pathlib import Path
from urllib.parse import quote

from starlette.responses import FileResponse, HTMLResponse, Response

FOLDER = Path(__file__).parents[2] / "web" / "static" / "graphiql"

_MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def ide_page(path: str) -> Response:
    """The page; `path` is where GraphQL is mounted."""
    tags = [_tag(name, file["integrity"], path) for name, file in _files().items()]
    html = (FOLDER / "index.html").read_text().replace("<!-- files -->", "\n    ".join(tags))
    return HTMLResponse(
        html,
        headers={
            "Content-Security-Policy": _POLICY,
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Vary": "Accept",
        },
    )


def ide_file(name: str) -> Response | None:
    """One of the files that the page names, or None for anything else."""
    if name not in _files():
        return None
    return FileResponse(
        FOLDER / name,
        media_type=_MEDIA_TYPES[Path(name).suffix],
        headers={"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"},
    )


@cache
def _files() -> dict[str, dict[str, str]]:
    """File name → package, version and hash, in the order in which the page needs them."""
    listed: dict[str, dict[str, str]] = json.loads((FOLDER / "manifest.json").read_text())
    return listed


def _tag(name: str, integrity: str, path: str) -> str:
    version = quote(integrity.removeprefix("sha384-")[:12], safe="")
    where = escape(f"{path}/assets/{name}?v={version}")
    if name.endswith(".css"):
        return f'<link rel="stylesheet" href="{where}" integrity="{integrity}">'
    return f'<script defer src="{where}" integrity="{integrity}"></script>'
