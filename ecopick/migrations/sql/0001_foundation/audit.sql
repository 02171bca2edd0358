-- Append-only streams: monthly partitions, refusal of changes, seals at commit.

create sequence outbox_stream_ids;

create function audit_refuse() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception 'the audit is append-only: % on % refused', tg_op, tg_table_name
        using errcode = 'insufficient_privilege';
end
$$;

-- Makes the partitions of every stream from a day's month to `months_ahead` months
-- later and answers how many it made. A month of which rows already stand in the
-- default partition stays there. Run by the scheduler; bounded at five years.
create function ensure_audit_partitions(months_ahead integer, from_day date default current_date)
returns integer
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    stream text;
    partition text;
    first_day date;
    made integer := 0;
begin
    perform pg_advisory_xact_lock(45000002);
    foreach stream in array
        array['audit_events', 'auth_audit_events', 'access_events', 'access_decisions']
    loop
        for ahead in 0 .. least(months_ahead, 60) loop
            first_day := date_trunc('month', from_day::timestamp) + make_interval(months => ahead);
            partition := format('%s_p%s', stream, to_char(first_day, 'YYYY_MM'));
            continue when to_regclass(format('public.%I', partition)) is not null;
            begin
                execute format(
                    'create table public.%I partition of public.%I for values from (%L) to (%L)',
                    partition, stream, first_day || ' 00:00:00+00',
                    (first_day + interval '1 month')::date || ' 00:00:00+00'
                );
            exception when check_violation then
                continue;
            end;
            perform audit_close_partition(partition);
            made := made + 1;
        end loop;
    end loop;
    return made;
end
$$;

-- A partition is reached through its stream only: nobody has rights on it, row
-- security lets nothing through, and it cannot be emptied.
create function audit_close_partition(partition text) returns void
language plpgsql
set search_path = pg_catalog, public, pg_temp
as $$
begin
    execute format('alter table public.%I enable row level security', partition);
    execute format('alter table public.%I force row level security', partition);
    execute format(
        'create trigger append_only_truncate before truncate on public.%I'
        ' for each statement execute function public.audit_refuse()', partition
    );
end
$$;

-- Seals at commit. The first call in a transaction seals all of its entries, owners
-- and streams in sorted order so that two transactions never wait for each other in a
-- circle; the row lock of the head keeps the writers of one chain in one line. It looks
-- a day around its entry, which spares it all but two partitions (three times as many
-- commits a second); entries of another time, as history that is loaded, are sealed by
-- their own calls.
create function audit_seal() returns trigger
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    first_moment timestamptz := new.created_at - interval '1 day';
    last_moment timestamptz := new.created_at + interval '1 day';
    entry record;
    chain_owner uuid;
    chain_stream text;
    head_seq bigint;
    head_hash bytea;
    next_hash bytea;
begin
    if exists (select from audit_seals where entry_id = new.id) then
        return null;
    end if;
    for entry in
        select e.* from (
            select property_owner_id, 'access_decisions' as stream, created_at, id, content_hash
                from access_decisions where xid = pg_current_xact_id()
                    and created_at between first_moment and last_moment
            union all
            select property_owner_id, 'access_events', created_at, id, content_hash
                from access_events where xid = pg_current_xact_id()
                    and created_at between first_moment and last_moment
            union all
            select property_owner_id, 'audit_events', created_at, id, content_hash
                from audit_events where xid = pg_current_xact_id()
                    and created_at between first_moment and last_moment
            union all
            select property_owner_id, 'auth_audit_events', created_at, id, content_hash
                from auth_audit_events where xid = pg_current_xact_id()
                    and created_at between first_moment and last_moment
        ) e
        where not exists (select from audit_seals s where s.entry_id = e.id)
        order by e.property_owner_id, e.stream, e.created_at, e.id
    loop
        if (entry.property_owner_id, entry.stream) is distinct from (chain_owner, chain_stream) then
            update audit_heads set seq = head_seq, hash = head_hash
                where property_owner_id = chain_owner and stream = chain_stream;
            chain_owner := entry.property_owner_id;
            chain_stream := entry.stream;
            insert into audit_heads (property_owner_id, stream, seq, hash)
                values (chain_owner, chain_stream, 0, decode(repeat('00', 32), 'hex'))
                on conflict do nothing;
            select seq, hash into strict head_seq, head_hash from audit_heads
                where property_owner_id = chain_owner and stream = chain_stream
                for update;
        end if;
        head_seq := head_seq + 1;
        next_hash := sha256(head_hash || entry.content_hash || int8send(head_seq));
        insert into audit_seals (
            property_owner_id, stream, seq, entry_id, entry_created_at,
            content_hash, prev_hash, hash
        ) values (
            chain_owner, chain_stream, head_seq, entry.id, entry.created_at,
            entry.content_hash, head_hash, next_hash
        );
        head_hash := next_hash;
    end loop;
    update audit_heads set seq = head_seq, hash = head_hash
        where property_owner_id = chain_owner and stream = chain_stream;
    return null;
end
$$;

do $$
declare
    stream text;
begin
    foreach stream in array
        array['audit_events', 'auth_audit_events', 'access_events', 'access_decisions']
    loop
        execute format(
            'create table public.%I partition of public.%I default', stream || '_rest', stream
        );
        perform audit_close_partition(stream || '_rest');
        execute format(
            'create trigger append_only before update or delete on public.%I'
            ' for each row execute function public.audit_refuse()', stream
        );
        execute format(
            'create trigger append_only_truncate before truncate on public.%I'
            ' for each statement execute function public.audit_refuse()', stream
        );
        execute format(
            'create constraint trigger seal after insert on public.%I'
            ' deferrable initially deferred for each row execute function public.audit_seal()', stream
        );
    end loop;
end
$$;

create trigger append_only before update or delete on audit_seals
    for each row execute function audit_refuse();
create trigger append_only_truncate before truncate on audit_seals
    for each statement execute function audit_refuse();

select ensure_audit_partitions(18, date '2026-06-01');
