"""Pages: one HTML file that needs no network and no server.

A page holds its data compressed, and a script that shows it. What came from a model is data: scripts make text nodes of it, and the
page's policy forbids it the network and any other script.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
from collections.abc import Iterable


def html_page(template: str, *, title: str, style: str, scripts: Iterable[str], data: object) -> str:
    """Fills a template, in which `%POLICY%`, `%TITLE%`, `%STYLE%`, `%SCRIPT%` and `%DATA%` stand for the parts.

    Args:
        template: The HTML.
        title: Of the page.
        style: CSS.
        scripts: Parts of one script, in order. `readPayload()` of explorer/page/elements.js reads the data.
        data: What the script works on, as JSON.
    """
    script = f'"use strict";\n(() => {{\n{"".join(scripts)}}})();\n'
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    packed = json.dumps(data, separators=(",", ":"), allow_nan=False).encode("ascii")
    parts = {
        "POLICY": policy,
        "TITLE": html.escape(title),
        "STYLE": style,
        "SCRIPT": script,
        "DATA": base64.b64encode(gzip.compress(packed, 6, mtime=0)).decode("ascii"),
    }
    head, *rest = template.split("%")
    text = [head]
    for index, piece in enumerate(rest):  # the odd ones are names of parts
        text.append(piece if index % 2 else parts[piece])
    return "".join(text).encode("utf-8", "replace").decode("utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}"
