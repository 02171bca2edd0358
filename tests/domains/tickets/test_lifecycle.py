"""The transition tables: what they say, and that nothing escapes them."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecopick.core.errors import Conflict
from ecopick.domains.tickets.lifecycle import (
    ACTIVE,
    ASSIGNMENT_TRANSITIONS,
    PERMISSIONS,
    TERMINAL,
    TRANSITIONS,
    Action,
    AssignmentState,
    TicketStatus,
    advance,
    possible,
    settle,
)

S = TicketStatus


@dataclass
class Row:
    status: TicketStatus
    version: int = 1


@dataclass
class Work:
    state: AssignmentState
    version: int = 1


def test_every_action_has_arrows_and_a_permission() -> None:
    assert set(TRANSITIONS) == set(PERMISSIONS) == set(Action)


def test_nothing_leaves_a_terminal_state() -> None:
    assert all(possible(status) == () for status in TERMINAL)


def test_every_active_state_can_be_cancelled_and_can_wait_for_the_tenant() -> None:
    for status in ACTIVE:
        assert Action.CANCEL in possible(status)
        assert (Action.AWAIT_TENANT in possible(status)) == (status != S.AWAITING_TENANT)


def test_only_a_new_ticket_can_be_triaged() -> None:
    assert [s for s in S if Action.TRIAGE in possible(s)] == [S.NEW]


def test_there_is_no_completed_assignment() -> None:
    assert set(AssignmentState) == {"PENDING", "ACCEPTED", "DECLINED", "CANCELLED"}
    assert ASSIGNMENT_TRANSITIONS[AssignmentState.CANCELLED] == frozenset()


@given(st.sampled_from(S), st.sampled_from(Action), st.none() | st.sampled_from(S))
def test_advance_follows_the_table_or_refuses(
    status: TicketStatus, action: Action, to: TicketStatus | None
) -> None:
    row = Row(status)
    sources, targets = TRANSITIONS[action]
    target = to or (next(iter(targets)) if len(targets) == 1 else None)
    if status in sources and target in targets:
        advance(row, action, to)
        assert (row.status, row.version) == (target, 2)
    else:
        with pytest.raises(Conflict, match="illegal_transition"):
            advance(row, action, to)
        assert (row.status, row.version) == (status, 1)


@given(st.lists(st.sampled_from(AssignmentState), max_size=6))
def test_no_sequence_of_answers_leaves_the_machine(states: list[AssignmentState]) -> None:
    work = Work(AssignmentState.PENDING)
    for state in states:
        before = work.state
        if state in ASSIGNMENT_TRANSITIONS[before]:
            settle(work, state)
            assert work.state == state
        else:
            with pytest.raises(Conflict):
                settle(work, state)
            assert work.state == before
