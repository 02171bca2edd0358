"""Which columns name a person, and which of them an export tells.

Every column that refers to ``users`` is either told or left out for a reason, and
every text column is searched by an erasure or left alone for one; tests compare
this with all tables, so a new one cannot be forgotten.
"""

from collections.abc import Iterator

from sqlalchemy import Column, MetaData, Table
from sqlalchemy.dialects.postgresql import ARRAY, CITEXT, JSONB, TSVECTOR
from sqlalchemy.types import LargeBinary, String, Text

from ecopick.core.db import Base, EnumText

STREAMS = ("audit_events", "auth_audit_events", "access_events", "access_decisions")
# Streams have no foreign keys: who was there is told by these columns.
STREAM_PEOPLE = {
    "audit_events": "actor_id",
    "auth_audit_events": "user_id",
    "access_events": "user_id",
    "access_decisions": "user_id",
}

# Not told in an export, with the reason.
NOT_EXPORTED: dict[str, str] = {
    "account_mails": "mails on their way to the person, gone within thirty days",
    "audit_proofs": "a check of the log, which says nothing about whoever asked for it",
    "auth_challenges": "random numbers that are used up within minutes",
    "auth_email_verifications": "hashes of mailed codes, gone once used",
    "auth_pending_logins": "hashes of codes, gone once signed in",
    "auth_recovery_codes": "hashes of recovery codes; telling them would weaken the account",
    "auth_refresh_tokens": "hashes of tokens; the sessions are told",
    "blocked_sources": "measures against attacks, which telling would defeat",
    "idempotency_keys": "copies of answers that the person got, gone within a week",
    "inbound_replies": "that a message came by mail; the message itself is told",
    "privacy_holds": "decisions of the owner about its own duties",
    "reply_addresses": "hashes of addresses for answers, which the person's mails hold",
    "rate_limit_attempts": "counters against guessing, gone within a week",
    "rate_limit_violations": "counters against guessing, gone within a week",
    "security_alerts": "measures against attacks, which telling would defeat",
    "opportunity_links": "the link's recipient is told by the mail itself",
    "vendor_links": "the link's recipient is told by the mail itself",
}
# Only that somebody else's row was touched by the person: the row is about others.
ONLY_TOUCHED = frozenset(
    {
        "access_requests.approver_id",
        "ai_insights.accepted_by_id",
        "ai_insights.dismissed_by_id",
        "ai_insights.flagged_by_id",
        "assignments.responded_by_id",
        "case_files.asked_by_id",
        "inbound_addresses.issued_by_id",
        "incident_runs.asked_by_id",
        "invitations.invited_by",
        "invoices.approved_by_id",
        "invoices.cancelled_by_id",
        "invoices.created_by_id",
        "invoices.disputed_by_id",
        "invoices.first_approved_by_id",
        "invoices.paid_by_id",
        "invoices.submitted_by_id",
        "memberships.ended_by_id",
        "owner_vendors.blocked_by_id",
        "place_codes.issued_by_id",
        "place_codes.retired_by_id",
        "privacy_erasures.asked_by_id",
        "privacy_exports.asked_by_id",
        "quotes.accepted_by_id",
        "quotes.decided_by_id",
        "resource_permissions.granted_by_id",
        "ticket_links.created_by_id",
        "ticket_stakeholders.added_by_id",
        "vendor_certificates.added_by_id",
        "vendor_certificates.verified_by_id",
        "vendor_performances.rated_by_id",
        "visit_checks.ticked_by_id",
    }
)
# Secrets and places in the storage: of no meaning outside.
UNTOLD_COLUMNS = frozenset(
    {
        "body",
        "content_hash",
        "hash",
        "password_hash",
        "public_key",
        "search",
        "search_text",
        "sha256",
        "storage_key",
        "thumbnail_key",
        "token_hash",
        "totp_last_step",
        "totp_pending_enc",
        "totp_secret_enc",
        "xid",
    }
)

# Text that no person writes: codes, addresses of objects, rules of calendars.
CODES = frozenset(
    {
        "category",
        "charset",
        "code",
        "code_hash",
        "code_salt",
        "content_type",
        "correlation_id",
        "country",
        "currency",
        "default_language",
        "delimiter",
        "first_factor",
        "language",
        "message_id",
        "method",
        "model_id",
        "path",
        "prompt_version",
        "request_id",
        "route",
        "rrule",
        "salt",
        "storage_key",
        "thumbnail_key",
        "time_zone",
        "token_hash",
        "totp_pending_enc",
        "totp_secret_enc",
    }
)
# Searched by nobody here: append-only under keys of their own, or emptied row by row.
NOT_SEARCHED: dict[str, str] = {
    **dict.fromkeys(STREAMS, "append-only; what is personal stands under keys"),
    "audit_heads": "numbers and hashes",
    "audit_seals": "numbers and hashes",
    "subject_keys": "keys, which erasure destroys",
    "users": "the person's row is emptied; other rows are other people",
    "auth_challenges": "deleted with the account",
    "auth_email_verifications": "deleted with the account",
    "auth_identities": "deleted with the account",
    "auth_pending_logins": "deleted with the account",
    "auth_recovery_codes": "deleted with the account",
    "auth_refresh_tokens": "emptied with the account",
    "auth_sessions": "emptied with the account",
    "inbound_addresses": "addresses made of a building's name",
    "idempotency_keys": "deleted with the account, all others within a week",
    "import_errors": "sentences of the product about lines of a file, gone within a week",
    "notification_preferences": "deleted with the account",
    "user_onboardings": "deleted with the account",
    "user_settings": "deleted with the account",
    "webauthn_credentials": "deleted with the account",
    "privacy_erasures": "holds no text on anybody",
    "privacy_exports": "holds no text on anybody; its files are removed",
}
# Of organisations: only the end of a whole account reaches them.
ORGANISATIONS = frozenset({"vendor_orgs"})
# Without row security, about no owner: searched once, for the whole installation.
EVERYWHERE = frozenset(
    {"blocked_sources", "rate_limit_attempts", "rate_limit_violations", "security_alerts"}
)


def tables() -> MetaData:
    """Every table of the product."""
    return Base.metadata


def people_columns(table: Table) -> Iterator[Column[object]]:
    """Columns that refer to a person."""
    known = STREAM_PEOPLE.get(table.name)
    for column in table.columns:
        if column.name == known or any(
            key.column.table.name == "users" for key in column.foreign_keys
        ):
            yield column


def told_columns(table: Table) -> list[Column[object]]:
    """Columns by which a row of the table belongs into a person's export."""
    if table.name in NOT_EXPORTED:
        return []
    return [
        column
        for column in people_columns(table)
        if f"{table.name}.{column.name}" not in ONLY_TOUCHED
    ]


def text_columns(table: Table) -> list[Column[object]]:
    """Columns in which somebody may have written a name."""
    return [
        column
        for column in table.columns
        if column.name not in CODES
        and column.computed is None
        and not isinstance(column.type, (EnumText, LargeBinary, TSVECTOR))
        and (
            isinstance(column.type, (String, Text, CITEXT, JSONB))
            or (isinstance(column.type, ARRAY) and isinstance(column.type.item_type, String))
        )
    ]


def owned_tables() -> list[Table]:
    """Tables whose rows belong to an owner and may name a person."""
    return [
        table
        for table in tables().sorted_tables
        if "property_owner_id" in table.columns and table.name not in NOT_SEARCHED
    ]
