drop function owners_with_approvals(timestamptz, timestamptz);
drop table approval_delegates;
revoke select on access_request_tasks from ecopick_definer;
