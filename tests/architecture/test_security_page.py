"""``docs/security.md`` names the tests that are there."""

from scripts.security_page import PAGE, rendered


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == rendered()
