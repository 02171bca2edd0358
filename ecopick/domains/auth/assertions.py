"""What passkeys are asked and what they answer, judged by the rules of WebAuthn.

Answers come from browsers and may hold anything: whatever is wrong with one
ends in ``Unproved`` with its reason, never in another error.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import options_to_json_dict, parse_client_data_json
from webauthn.helpers.base64url_to_bytes import base64url_to_bytes
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

TIMEOUT_MILLISECONDS = 300_000
LONGEST_ID = 1023
# How the library's refusals begin, and what the audit calls them.
REASONS = (
    ("Unexpected client data origin", "wrong_origin"),
    ("Unexpected RP ID hash", "wrong_rp_id"),
    ("User verification is required", "not_verified"),
    ("User was not present", "not_present"),
    ("User presence was required", "not_present"),
    ("Client data challenge", "wrong_challenge"),
    ("Could not verify authentication signature", "wrong_signature"),
)


class Unproved(Exception):
    """An answer that proves nothing; its text is the reason for the audit."""


@dataclass(frozen=True)
class RelyingParty:
    """For which site passkeys are made, and from which address they may be used."""

    id: str
    origin: str


@dataclass(frozen=True)
class KnownKey:
    """A passkey of a person, as its browser finds it again."""

    credential_id: bytes
    transports: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What an answer claims, before anything of it is proved."""

    raw: dict[str, Any]
    credential_id: bytes
    challenge: bytes
    user_handle: bytes | None


@dataclass(frozen=True)
class Used:
    """A proved use of a passkey by the person whom it verified."""

    counter: int
    is_backed_up: bool


@dataclass(frozen=True)
class Made:
    """A proved new passkey."""

    credential_id: bytes
    public_key: bytes
    counter: int
    transports: list[str]
    aaguid: str
    is_backed_up: bool


def questions(party: RelyingParty, challenge: bytes, keys: Iterable[KnownKey]) -> dict[str, Any]:
    """What the browser needs to use a passkey; without ``keys`` any of this site."""
    return options_to_json_dict(
        generate_authentication_options(
            rp_id=party.id,
            challenge=challenge,
            timeout=TIMEOUT_MILLISECONDS,
            allow_credentials=_described(keys),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def instructions(
    party: RelyingParty,
    challenge: bytes,
    keys: Iterable[KnownKey],
    person: UUID,
    names: tuple[str, str],
) -> dict[str, Any]:
    """What the browser needs to make a passkey; one that keeps a key of ``keys`` refuses.

    ``names`` are the address and the name under which the person finds it again.
    """
    return options_to_json_dict(
        generate_registration_options(
            rp_id=party.id,
            rp_name="Ecopick",
            user_id=person.bytes,
            user_name=names[0],
            user_display_name=names[1] or names[0],
            challenge=challenge,
            timeout=TIMEOUT_MILLISECONDS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=_described(keys),
        )
    )


def _described(keys: Iterable[KnownKey]) -> list[PublicKeyCredentialDescriptor]:
    known = {str(way.value) for way in AuthenticatorTransport}
    return [
        PublicKeyCredentialDescriptor(
            id=key.credential_id,
            transports=[AuthenticatorTransport(way) for way in key.transports if way in known],
        )
        for key in keys
    ]


def read(raw: dict[str, Any]) -> Answer:
    """Which key answers which challenge; ``Unproved`` for what nobody can read."""
    try:
        response = raw["response"]
        credential_id = base64url_to_bytes(raw["rawId"])
        told = base64url_to_bytes(response["clientDataJSON"])
        client = parse_client_data_json(told)
        crossed = json.loads(told).get("crossOrigin")
        handle = response.get("userHandle")
        user_handle = base64url_to_bytes(handle) if handle else None
    except Exception as error:  # The library lets errors of its parsers through.
        raise Unproved("malformed") from error
    if not 0 < len(credential_id) <= LONGEST_ID or not client.challenge:
        raise Unproved("malformed")
    if crossed:
        raise Unproved("cross_origin")
    return Answer(raw, credential_id, client.challenge, user_handle)


def check_use(party: RelyingParty, answer: Answer, public_key: bytes) -> Used:
    """Whether the key's holder, verified by their device, answered; ``Unproved`` if not.

    The counter is judged by whoever stores it, after everything else is proved.
    """
    try:
        proved = verify_authentication_response(
            credential=answer.raw,
            expected_challenge=answer.challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except Exception as error:  # The library lets errors of its parsers through.
        raise Unproved(_reason(error)) from error
    return Used(proved.new_sign_count, proved.credential_backed_up)


def check_new(party: RelyingParty, answer: Answer) -> Made:
    """The new passkey, made for this site by a person whom it verified; ``Unproved`` if not."""
    try:
        proved = verify_registration_response(
            credential=answer.raw,
            expected_challenge=answer.challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except Exception as error:  # The library lets errors of its parsers through.
        raise Unproved(_reason(error)) from error
    if proved.credential_id != answer.credential_id:
        raise Unproved("malformed")
    known = {str(way.value) for way in AuthenticatorTransport}
    told = answer.raw["response"].get("transports")
    return Made(
        credential_id=proved.credential_id,
        public_key=proved.credential_public_key,
        counter=proved.sign_count,
        transports=sorted({way for way in told if isinstance(way, str)} & known)
        if isinstance(told, list)
        else [],
        aaguid=proved.aaguid,
        is_backed_up=proved.credential_backed_up,
    )


def _reason(error: Exception) -> str:
    text = str(error)
    return next((reason for begins, reason in REASONS if text.startswith(begins)), "malformed")
