"""The agreed routes of accounts: each is there, and tested for success, refusal and abuse."""

import ast
import functools
from pathlib import Path

import pytest
from flask import Flask

ROOT = Path(__file__).parents[1]
A = "api/test_auth.py"
FACTORS = "api/test_factors.py"
KEYS = "api/test_passkeys.py"
REGISTER = "api/test_registration.py"
RESET = "api/test_reset.py"
SESSIONS = "api/test_sessions.py"
STEP = "api/test_second_step.py"
WATCH = "/api/admin/security_and_monitoring/blocked_sources"
ADMIN = "api/test_security_admin.py"

# (method, path): a success, a refusal, an abuse.
TESTED: dict[tuple[str, str], tuple[str, str, str]] = {
    ("POST", "/api/auth/login"): (
        f"{A}::test_sign_in_answers_the_person",
        f"{A}::test_wrong_pair",
        "api/test_guessing.py::test_parallel_guesses_of_a_distributed_attack",
    ),
    ("POST", "/api/auth/register"): (
        f"{REGISTER}::test_three_steps_to_an_account",
        f"{REGISTER}::test_without_a_verified_code_there_is_no_account",
        f"{REGISTER}::test_a_proof_makes_one_account_of_many_tries_at_once",
    ),
    ("POST", "/api/auth/register/send-code"): (
        f"{REGISTER}::test_three_steps_to_an_account",
        f"{REGISTER}::test_a_second_mail_has_to_wait",
        f"{REGISTER}::test_known_and_unknown_addresses_get_one_answer",
    ),
    ("POST", "/api/auth/register/verify-code"): (
        f"{REGISTER}::test_three_steps_to_an_account",
        f"{REGISTER}::test_wrong_codes_and_wrong_proofs_get_one_answer",
        f"{REGISTER}::test_hundred_guesses_at_once",
    ),
    ("POST", "/api/auth/logout"): (
        f"{A}::test_signing_out",
        f"{A}::test_change_without_csrf_token",
        "api/test_refresh.py::test_signing_out_while_refreshing_ends_the_successor_too",
    ),
    ("POST", "/api/auth/refresh"): (
        "api/test_refresh.py::test_a_refresh_makes_new_rows_of_the_same_family",
        "api/test_refresh.py::test_unknown_tokens",
        "api/test_refresh.py::test_a_copied_token_ends_the_family_and_raises_an_alert",
    ),
    ("GET", "/api/auth/me"): (
        f"{A}::test_me_of_a_resident",
        f"{A}::test_forged_cookie",
        f"{A}::test_me_never_tells_secrets",
    ),
    ("POST", "/api/auth/password/change"): (
        "api/test_password.py::test_change_ends_the_other_sessions_and_renews_this_one",
        "api/test_password.py::test_refusals",
        "api/test_password.py::test_guessing_the_current_password_is_slow",
    ),
    ("POST", "/api/auth/password-reset/request"): (
        f"{RESET}::test_link_sets_the_password_once",
        f"{RESET}::test_malformed_request",
        f"{RESET}::test_two_addresses_mail_only_the_stored_one",
    ),
    ("POST", "/api/auth/security"): (
        f"{FACTORS}::test_setting_up_an_app",
        f"{FACTORS}::test_changes_need_a_fresh_proof_of_identity",
        f"{FACTORS}::test_guessing_at_switching_off_is_limited",
    ),
    ("POST", "/api/auth/verify-access-password"): (
        f"{FACTORS}::test_the_code_of_the_app_is_a_proof_once",
        "domains/auth/test_step_up.py::test_without_a_password_none_is_right",
        "domains/auth/test_step_up.py::test_parallel_guesses_are_counted",
    ),
    ("POST", "/api/auth/2fa/start"): (
        f"{STEP}::test_mailed_code_opens_the_session",
        f"{STEP}::test_ways_that_the_person_does_not_have",
        f"{STEP}::test_mails_are_limited_over_all_sign_ins",
    ),
    ("POST", "/api/auth/2fa/verify"): (
        f"{STEP}::test_app_code_opens_the_session",
        f"{STEP}::test_wrong_codes_count_down_and_end_the_sign_in",
        "api/test_second_step_races.py::test_one_app_code_for_many_sign_ins",
    ),
    ("GET", "/api/auth/email/exists"): (
        f"{REGISTER}::test_whoever_proved_the_address_learns_the_truth",
        f"{REGISTER}::test_nobody_learns_who_has_an_account",
        f"{REGISTER}::test_asking_for_many_addresses_is_stopped",
    ),
    ("POST", "/api/auth/passkeys/register/options"): (
        f"{KEYS}::test_registration",
        f"{KEYS}::test_changes_need_a_fresh_proof",
        f"{KEYS}::test_at_most_twenty",
    ),
    ("POST", "/api/auth/passkeys/register/verify"): (
        f"{KEYS}::test_registration",
        f"{KEYS}::test_forged_registrations",
        f"{KEYS}::test_a_key_belongs_to_one_person",
    ),
    ("POST", "/api/auth/passkeys/login/options"): (
        f"{KEYS}::test_sign_in_without_password",
        f"{KEYS}::test_unknown_second_step",
        f"{KEYS}::test_a_challenge_serves_one_purpose",
    ),
    ("POST", "/api/auth/passkeys/login/verify"): (
        f"{KEYS}::test_sign_in_without_password",
        f"{KEYS}::test_forged_answers",
        f"{KEYS}::test_one_challenge_in_parallel",
    ),
    ("GET", "/api/auth/passkeys/available"): (
        f"{KEYS}::test_renaming",
        f"{KEYS}::test_routes_are_for_people_who_are_signed_in",
        f"{KEYS}::test_foreign_and_missing_are_the_same",
    ),
    ("DELETE", "/api/auth/passkeys/<passkey_id>"): (
        f"{KEYS}::test_removing",
        f"{KEYS}::test_the_last_strong_factor_stays",
        f"{KEYS}::test_foreign_and_missing_are_the_same",
    ),
    ("GET", "/api/auth/sessions"): (
        f"{SESSIONS}::test_the_list_marks_this_session",
        f"{SESSIONS}::test_ended_and_idle_sessions_are_not_listed",
        f"{SESSIONS}::test_foreign_ended_missing_and_malformed_sessions",
    ),
    ("DELETE", "/api/auth/sessions/<session_id>"): (
        f"{SESSIONS}::test_ending_one_session",
        f"{SESSIONS}::test_foreign_ended_missing_and_malformed_sessions",
        "security/test_auth_attacks.py::test_nobody_ends_or_sees_the_sessions_of_others",
    ),
    ("GET", WATCH): (
        f"{ADMIN}::test_a_blocked_network",
        f"{ADMIN}::test_nobody_else_gets_in",
        f"{ADMIN}::test_pages_by_key_show_every_row_once",
    ),
    ("POST", WATCH): (
        f"{ADMIN}::test_a_blocked_device_is_one_device",
        f"{ADMIN}::test_writing_needs_a_fresh_proof_of_identity",
        f"{ADMIN}::test_nobody_shuts_themselves_out",
    ),
    ("POST", f"{WATCH}/<block_id>/unblock"): (
        f"{ADMIN}::test_blocks_end",
        f"{ADMIN}::test_what_is_not_there",
        f"{ADMIN}::test_nobody_else_gets_in",
    ),
    ("POST", "/api/auth/2fa/recovery-codes"): (
        f"{FACTORS}::test_new_recovery_codes_void_the_old_ones",
        f"{FACTORS}::test_recovery_codes_need_a_second_step",
        f"{FACTORS}::test_secrets_are_never_kept_for_a_repeat",
    ),
    ("POST", "/api/auth/password-reset/confirm"): (
        f"{RESET}::test_link_sets_the_password_once",
        f"{RESET}::test_unknown_link",
        f"{RESET}::test_parallel_uses_of_a_link",
    ),
}
COUNT = 22


@functools.cache
def names_in(file: str) -> frozenset[str]:
    """The names of all tests in a file."""
    tree = ast.parse((ROOT / file).read_text())
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


def test_the_agreed_routes_are_listed() -> None:
    assert sum(path.startswith("/api/auth/") for _method, path in TESTED) == COUNT + 2


@pytest.mark.parametrize(("method", "path"), TESTED)
def test_a_route_is_there_and_tested(app: Flask, method: str, path: str) -> None:
    """Exactly this method at exactly this path, and three tests that exist."""
    found = {m for r in app.url_map.iter_rules() if r.rule == path for m in r.methods or ()}
    assert method in found
    assert len(set(TESTED[method, path])) == 3
    for test in TESTED[method, path]:
        file, name = test.split("::")
        assert name in names_in(file), test
