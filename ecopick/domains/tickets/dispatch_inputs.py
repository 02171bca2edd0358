"""A vendor's answer as the API takes it."""

from pydantic import Field

from ecopick.domains.tickets.inputs import RespondAssignment


class DispatchAnswer(RespondAssignment):
    """The answer with the ticket that it is about."""

    ticket_id: str = Field(min_length=1, max_length=100)

    @property
    def answer(self) -> RespondAssignment:
        """The answer alone."""
        return RespondAssignment(
            accept=self.accept,
            arrival_from=self.arrival_from,
            arrival_until=self.arrival_until,
            reason=self.reason,
        )
