"""Every route is classified, and reading changes nothing."""

from flask import Flask

# Open to everybody, on purpose; each has its own protection.
PUBLIC = {
    "static",
    "health.healthz",
    "health.readyz",
    "auth.sign_in",
    "auth.submit_sign_in",
    "auth.sign_in_with",
    "auth.come_back",
    # A presigned upload: its address carries the proof.
    "attachments_api.receive",
    "auth_api.sign_in",
    # A forgotten password: the same answer for all, then a mailed link.
    "auth.forgot_password",
    "auth.submit_forgot_password",
    "auth.reset_password",
    "auth.submit_reset_password",
    "auth_api.request_password_reset",
    "auth_api.confirm_password_reset",
    # The address in a QR code leads to a public form.
    "place_codes.follow",
    # An invitation: its mailed link is the proof.
    "people.invitation",
    "people.submit_invitation",
    "people_api.view_invitation",
    "people_api.accept_invitation",
    "auth.second_step",
    "auth.submit_second_step",
    "auth.choose_way",
    "auth_api.start_second_step",
    "auth_api.verify_second_step",
    # The passkey's signature is the proof.
    "auth_api.ask_to_sign_in",
    "auth_api.sign_in_by_passkey",
    "security.blocked",
    "security_api.check_block",
    # Registering and signing in by mail: an address is proved first.
    "auth.register",
    "auth.submit_register",
    "auth.resend_register_code",
    "auth.register_code",
    "auth.submit_register_code",
    "auth.register_details",
    "auth.submit_register_details",
    "auth.magic_link",
    "auth.submit_magic_link",
    "auth.magic_link_sent",
    "auth.submit_magic_code",
    "auth.open_magic_link",
    "auth.follow_magic_link",
    "auth_api.send_register_code",
    "auth_api.verify_register_code",
    "auth_api.create_account",
    "auth_api.email_exists",
    "auth_api.ask_for_magic_link",
    "auth_api.verify_magic_link",
    # The refresh token is the proof.
    "auth_api.refresh",
    # What a browser reads to install the product, and its start page: nothing of anybody.
    "offline.start",
    "offline_api.manifest",
    "offline_api.worker",
}
PUBLIC_PREFIXES = (
    "open_jobs.",
    "vendor_link.",
    "public_requests.",
    "public_requests_api.",
    "dev.",
    "dev_api.",
)


def test_every_public_route_is_public_on_purpose(app: Flask) -> None:
    """Check 14: a route is private unless it says so, and those are listed here."""
    found = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if getattr(app.view_functions[rule.endpoint], "is_public", False)
        or rule.endpoint == "static"
    }
    unexpected = {
        endpoint for endpoint in found - PUBLIC if not endpoint.startswith(PUBLIC_PREFIXES)
    }
    assert unexpected == set()


def test_private_routes_turn_strangers_away(app: Flask) -> None:
    client = app.test_client()
    checked = 0
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if rule.endpoint == "static" or getattr(view, "is_public", False):
            continue
        values = {name: "en" if name == "locale" else "x" for name in rule.arguments}
        with app.test_request_context():
            path = (
                app.url_map.bind("localhost").build(
                    rule.endpoint, values, method=next(iter(rule.methods or {"GET"}))
                )
                if not _typed(rule)
                else None
            )
        if path is None:
            continue
        for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}:
            answer = client.open(path, method=method)
            checked += 1
            assert answer.status_code in (302, 303, 401), (method, path, answer.status_code)
    assert checked > 30


def _typed(rule: object) -> bool:
    converters = getattr(rule, "_converters", {})
    return any(
        type(c).__name__ not in ("UnicodeConverter", "PathConverter") for c in converters.values()
    )


def test_every_response_carries_the_headers(app: Flask) -> None:
    """Check 32: errors included."""
    client = app.test_client()
    for path in ("/en/login", "/nowhere", "/api/tickets", "/healthz", "/static/nothing.css"):
        headers = client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        for part in ("object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
            assert part in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Referrer-Policy" in headers
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_next_stays_here(app: Flask) -> None:
    """Check 33: a return address never leaves the site."""
    from ecopick.web.render import local_path

    for evil in ("//evil", "/\\evil", "https://evil", "/a\nb", "", None, "evil", "\\evil"):
        assert local_path(evil) == "/"
    assert local_path("/en/tickets?x=1") == "/en/tickets?x=1"
