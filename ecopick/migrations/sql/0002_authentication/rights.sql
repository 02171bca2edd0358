-- The new functions look past row security; only the application may call them.

do $$
declare
    signature regprocedure;
begin
    foreach signature in array array[
        'find_pending_login(uuid)', 'find_email_verification(uuid, bytea)',
        'find_passkey(bytea)', 'find_identity(text, text)',
        'find_waiting_invitation(citext, timestamptz)',
        'people_of_alerts(uuid[])', 'account_protection()',
        'find_unit_place(uuid)', 'find_tenant_company(uuid)'
    ]::regprocedure[] loop
        execute format('revoke execute on function %s from public', signature);
        execute format(
            'grant execute on function %s to ecopick_app, ecopick_definer, ecopick_migrator',
            signature
        );
        execute format('alter function %s owner to ecopick_definer', signature);
    end loop;
end
$$;
