drop function find_waiting_invitation(citext, timestamptz);
delete from auth_challenges where purpose = 'provider';
alter table auth_challenges
    drop constraint ck_auth_challenges_purpose_known,
    add constraint ck_auth_challenges_purpose_known check (purpose in
        ('register', 'sign_in', 'second_step', 'step_up'));
