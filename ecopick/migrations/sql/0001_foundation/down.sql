-- Back to an empty schema: tables take their policies, triggers and partitions along.

do $$
declare
    name text;
begin
    for name in
        select c.relname from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
            and not c.relispartition and c.relname <> 'alembic_version'
    loop
        execute format('drop table %I cascade', name);
    end loop;
end
$$;

drop sequence outbox_stream_ids;

do $$
declare
    each record;
begin
    for each in
        select p.oid::regprocedure as signature from pg_proc p
        where p.pronamespace = 'public'::regnamespace and p.prokind = 'f'
            and not exists (
                select from pg_depend d
                where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
            )
        order by p.proname desc
    loop
        execute format('drop function %s cascade', each.signature);
    end loop;
end
$$;
revoke select on alembic_version from ecopick_app;
