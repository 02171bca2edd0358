"""SLA arithmetic: targets, warning, chip states."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecopick.domains.sla.targets import (
    TARGETS,
    SlaState,
    amber_below,
    clock_of,
    due_at,
    warn_at,
)

START = datetime(2026, 3, 12, 7, 12, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
PRIORITIES = st.sampled_from(sorted(TARGETS))


@pytest.mark.parametrize(
    ("priority", "minutes"), [("URGENT", 60), ("HIGH", 240), ("MEDIUM", 1440), ("LOW", 4320)]
)
def test_targets(priority: str, minutes: int) -> None:
    assert due_at(START, priority) == START + timedelta(minutes=minutes)


@given(MOMENTS, PRIORITIES, st.timedeltas(timedelta(0), timedelta(days=400)))
def test_paused_time_moves_the_due_time_and_the_warning_comes_before_it(
    created: datetime, priority: str, paused: timedelta
) -> None:
    due = due_at(created, priority, paused)
    assert due - created == TARGETS[priority] + paused
    assert created <= warn_at(created, due) < due


@pytest.mark.parametrize(
    ("target", "below"), [("URGENT", 40), ("HIGH", 60), ("MEDIUM", 360), ("LOW", 1080)]
)
def test_amber(target: str, below: int) -> None:
    assert amber_below(TARGETS[target]) == timedelta(minutes=below)


@given(
    PRIORITIES,
    st.timedeltas(timedelta(minutes=-5000), timedelta(minutes=5000)),
    st.sampled_from(["NEW", "IN_PROGRESS", "AWAITING_TENANT", "AWAITING_VENDOR"]),
)
def test_a_running_clock_is_in_exactly_the_state_that_its_time_says(
    priority: str, left: timedelta, status: str
) -> None:
    due = START + TARGETS[priority]
    clock = clock_of(
        status=status,
        priority=priority,
        due=due,
        breached_at=None,
        resolved_at=None,
        paused_at=None,
        now=due - left,
    )
    assert clock.left == left
    if status == "AWAITING_TENANT":
        assert clock.state is SlaState.PAUSED
    elif left <= timedelta(0):
        assert clock.state is SlaState.PAST_DUE
    else:
        amber = left <= amber_below(TARGETS[priority])
        assert clock.state is (SlaState.AT_RISK if amber else SlaState.RUNNING)


@given(st.timedeltas(timedelta(days=-9), timedelta(days=9)))
def test_solved_in_time_is_met(late: timedelta) -> None:
    due = START + TARGETS["LOW"]
    clock = clock_of(
        status="CLOSED",
        priority="LOW",
        due=due,
        breached_at=None,
        resolved_at=due + late,
        paused_at=None,
        now=due + timedelta(days=90),
    )
    assert clock.state is (SlaState.MET if late <= timedelta(0) else SlaState.MISSED)
