"""Every blueprint and where it is mounted, in one table."""

from importlib import import_module

from flask import Blueprint, Flask

# (module, attribute, prefix). Pages stand below their language.
MOUNTS: tuple[tuple[str, str, str], ...] = (
    ("health", "api", ""),
    ("offline", "pages", "/<locale>"),
    ("offline", "api", ""),
    ("auth", "pages", "/<locale>"),
    ("auth", "api", "/api/auth"),
    ("reports", "pages", "/<locale>"),
    ("reports", "api", "/api"),
    ("tickets", "pages", "/<locale>"),
    ("tickets", "api", "/api"),
    ("search", "pages", "/<locale>"),
    ("search", "api", "/api"),
    ("attachments", "pages", "/<locale>"),
    ("attachments", "api", "/api"),
    ("vendor_link", "pages", "/<locale>/jobs"),
    ("open_jobs", "pages", "/<locale>/open-jobs"),
    ("public_requests", "pages", "/<locale>"),
    ("public_requests", "api", "/api"),
    ("billing", "pages", "/<locale>"),
    ("billing", "api", "/api"),
    ("quotes", "pages", "/<locale>"),
    ("quotes", "api", "/api"),
    ("vendors", "pages", "/<locale>"),
    ("vendors", "api", "/api"),
    ("vendors.directory", "pages", "/<locale>"),
    ("vendors.directory", "api", "/api"),
    ("vendors.own", "pages", "/<locale>"),
    ("people", "pages", "/<locale>"),
    ("people", "api", "/api"),
    ("residents", "pages", "/<locale>"),
    ("residents", "api", "/api"),
    ("property", "pages", "/<locale>"),
    ("property", "api", "/api"),
    ("codes", "links", ""),
    ("codes", "pages", "/<locale>"),
    ("codes", "api", "/api"),
    ("request_form", "pages", "/<locale>"),
    ("request_form", "api", "/api"),
    ("imports", "pages", "/<locale>"),
    ("imports", "api", "/api"),
    ("mailbox", "pages", "/<locale>"),
    ("mailbox", "api", "/api"),
    ("security", "pages", "/<locale>"),
    ("security", "api", "/api"),
    ("notifications", "pages", "/<locale>"),
    ("notifications", "api", "/api"),
    ("governance", "pages", "/<locale>"),
    ("governance", "api", "/api"),
    ("audit", "pages", "/<locale>"),
    ("audit", "api", "/api"),
    ("audit.case_files", "pages", "/<locale>"),
    ("audit.case_files", "api", "/api"),
    ("support", "pages", "/<locale>"),
    ("support", "api", "/api"),
    ("privacy", "pages", "/<locale>"),
    ("privacy", "api", "/api"),
    ("events", "api", "/api"),
)
# Development aids; absent in production.
DEVELOPMENT: tuple[tuple[str, str, str], ...] = (
    ("dev", "pages", "/dev"),
    ("dev", "api", "/api/dev"),
)


def register_blueprints(app: Flask, *, production: bool) -> None:
    """Mount the table above."""
    for module, attribute, prefix in MOUNTS + (() if production else DEVELOPMENT):
        blueprint: Blueprint = getattr(import_module(f"{__name__}.{module}"), attribute)
        app.register_blueprint(blueprint, url_prefix=prefix or None)
