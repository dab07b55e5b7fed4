"""The interface as one plain page: made from its own description, nothing from the internet."""

from html import escape
from typing import Any

from steelyard.web.problems import TITLES

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "code{font-family:ui-monospace,monospace}td,th{text-align:left;vertical-align:top;padding:.2rem 1rem .2rem 0}"
    "@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}a{color:#8cf}}"
)


def documentation(schema: dict[str, Any]) -> str:
    """Return the page for an OpenAPI description."""
    rows = [
        f"<tr><td><code>{method.upper()}</code></td><td><code>{escape(path)}</code></td>"
        f"<td>{escape(operation.get('description', ''))}{_inputs(schema, operation)}</td></tr>"
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
    ]
    problems = [
        f'<tr id="{kind}"><td>{status}</td><td><code>{kind}</code></td><td>{escape(title["en"])}</td>'
        f'<td lang="ko">{escape(title["ko"])}</td></tr>'
        for kind, (status, title) in TITLES.items()
    ]
    info = schema["info"]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(info["title"])}</title>'
        f"<style>{STYLE}</style></head><body><h1>{escape(info['title'])} {escape(info['version'])}</h1>"
        f'<p>{escape(info["description"])} Machine-readable: <a href="openapi.json">openapi.json</a>.</p>'
        f"<h2>Addresses</h2><table>{''.join(rows)}</table>"
        f"<h2>Problems</h2><table>{''.join(problems)}</table></body></html>"
    )


def _inputs(schema: dict[str, Any], operation: dict[str, Any]) -> str:
    """Return the query parameters and the fields of the body of an operation."""
    names = [f"?{p['name']}" for p in operation.get("parameters", []) if p["in"] == "query"]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    model = schema["components"]["schemas"].get(body.get("$ref", "").rpartition("/")[2], {})
    names += [f"{name}" for name in model.get("properties", {})]
    return "<br><code>" + escape(", ".join(names)) + "</code>" if names else ""
