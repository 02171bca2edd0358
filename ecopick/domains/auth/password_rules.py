"""What a new password must be: long, not known, not built from what others know.

The list of known passwords and the estimate of how soon one is guessed come
with ``zxcvbn``; nothing is asked of anybody outside.
"""

import re
import unicodedata
from functools import cache

from ecopick.core.errors import Invalid, Text
from ecopick.core.text import lazy_gettext as _

# Characters in NFC. Alone a password must be long; a second factor makes up for the rest.
ONLY_FACTOR_LENGTH = 15
WITH_FACTOR_LENGTH = 8
MAX_LENGTH = 256
# Guesses that a knowing attacker needs; what takes fewer is a known password or a pattern.
FEWEST_GUESSES = 10**7
# The estimate takes long for long rows of look-alike signs: it sees so much at a time.
PIECE = 24
# Fewer different characters than this are a pattern, whatever they are.
FEWEST_DIFFERENT = 5
PRODUCT = "ecopick"
# An own word shorter than this says nothing.
SHORTEST_WORD = 3

_LOOK_ALIKES = str.maketrans("0134578@$!|€", "oieastbasiie")


def check_password(
    password: str, *, email: str = "", name: str = "", is_only_factor: bool = True
) -> None:
    """Refuse a weak new password: ``Invalid`` with one sentence under ``password``.

    At least 15 characters where nothing else protects the account, 8 with a
    second factor, at most 256, any script and blanks. Known passwords, simple
    patterns and those made of the person's own address or name, or of the
    product's name, are refused in any case and with look-alike signs.
    """
    refusal = weakness(password, email=email, name=name, is_only_factor=is_only_factor)
    if refusal is not None:
        raise Invalid(refusal, fields={"password": refusal})


def weakness(
    password: str, *, email: str = "", name: str = "", is_only_factor: bool = True
) -> Text | None:
    """The sentence that tells why a password is refused; None for a good one."""
    normal = unicodedata.normalize("NFC", password)
    least = ONLY_FACTOR_LENGTH if is_only_factor else WITH_FACTOR_LENGTH
    if len(normal) < least:
        return _(
            "At least %(count)s characters, please. A few words in a row are easy to remember.",
            count=least,
        )
    if len(normal) > MAX_LENGTH:
        return _("At most %(count)s characters, please.", count=MAX_LENGTH)
    if _is_own(normal, email, name, least // 2):
        return _(
            "Please do not build the password from your name, your email address or “Ecopick”."
        )
    if _is_known(normal):
        return _(
            "This password is too easy to guess: it is a known one or follows a simple pattern. "
            "Please choose another, such as a few words that have nothing to do with each other."
        )
    return None


def _folded(text: str) -> str:
    """Letters and digits alone: without case, accents and look-alike signs."""
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_LOOK_ALIKES)
    return "".join(char for char in plain if char.isalnum())


def _own_words(email: str, name: str) -> list[str]:
    """What others know of the person, longest first."""
    local, _at, domain = email.partition("@")
    found = {PRODUCT, local, domain, name}
    for text in (local, domain, name):
        found.update(re.split(r"[\W_]+", text))
    words = {_folded(word) for word in found}
    return sorted((word for word in words if len(word) >= SHORTEST_WORD), key=len, reverse=True)


def _is_own(password: str, email: str, name: str, least: int) -> bool:
    """Whether less than ``least`` characters remain without the own words."""
    rest = _folded(password)
    if not rest:
        return False
    before = rest
    for word in _own_words(email, name):
        rest = rest.replace(word, "").replace(word[::-1], "")
    return rest != before and len(rest) < least


@cache
def _known_passwords() -> frozenset[str]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(FREQUENCY_LISTS["passwords"])


def _is_known(password: str) -> bool:
    """Whether the password is on the list, as it is or undisguised, or soon guessed."""
    lowered = password.casefold()
    if len(set(lowered)) < FEWEST_DIFFERENT:
        return True
    bare = _folded(re.sub(r"[\d\W_]+$", "", lowered))
    if not _known_passwords().isdisjoint({lowered, lowered[::-1], _folded(password), bare}):
        return True
    pieces = (password[start : start + PIECE] for start in range(0, len(password), PIECE))
    return all(_guesses(piece) < FEWEST_GUESSES for piece in pieces)


def _guesses(piece: str) -> float:
    # Read at the first use: the lists take a while and some memory.
    from zxcvbn import zxcvbn

    # Its patterns do not see line breaks.
    return float(zxcvbn(" ".join(piece.splitlines()) or " ")["guesses"])
