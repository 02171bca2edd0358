"""How a second step is refused, and what nobody does for another."""

from datetime import timedelta

from ecopick.core.errors import AppError, Forbidden, Text, TooManyRequests
from ecopick.core.text import lazy_gettext as _
from ecopick.core.text import ngettext


class SignInOver(AppError):
    """Unknown, somebody else's, over, used or guessed at too often: never told apart."""

    status = 401
    code = "sign_in_over"

    def __init__(self) -> None:
        super().__init__(_("This sign-in is no longer open. Please sign in again."))


class WrongCode(AppError):
    """Not the code; ``left`` guesses remain for this sign-in."""

    status = 401
    code = "wrong_code"

    def __init__(self, field: str, left: int) -> None:
        text: Text = _("That code is not right. Please sign in again.")
        if left:
            text = ngettext(
                "That code is not right. %(num)s attempt left.",
                "That code is not right. %(num)s attempts left.",
                left,
            )
        super().__init__(text, fields={field: text})
        self.left = left


class CodesClosed(TooManyRequests):
    """So many wrong codes in a row that waiting no longer helps."""

    code = "codes_closed"

    def __init__(self) -> None:
        super().__init__(
            _(
                "After many wrong codes this account takes no more of them. Please use a "
                "passkey or a recovery code, or reset your password."
            ),
            retry_after=int(timedelta(days=1).total_seconds()),
        )


class ActingAsSomebody(Forbidden):
    """An administrator acts as somebody: their sign-in and proofs of identity stay theirs."""

    def __init__(self) -> None:
        super().__init__(
            _("You are acting as somebody else. Their sign-in and account stay theirs."),
            code="acting_as_somebody",
        )
