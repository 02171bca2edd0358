-- Codes that hang at places: whoever scans one comes to the form that knows the place.
create table place_codes (
    id uuid not null,
    property_owner_id uuid not null,
    building_id uuid not null,
    unit_id uuid,
    unit_section_id uuid,
    category text,
    code text not null,
    issued_by_id uuid,
    retired_at timestamptz,
    retired_by_id uuid,
    note text,
    replaced_by_id uuid,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_place_codes primary key (id),
    constraint uq_place_codes_code unique (code),
    constraint uq_place_codes_property_owner_id_id unique (property_owner_id, id),
    constraint fk_place_codes_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    constraint fk_place_codes_property_owner_id_building_id
        foreign key (property_owner_id, building_id) references buildings (property_owner_id, id),
    constraint fk_place_codes_property_owner_id_building_id_unit_id
        foreign key (property_owner_id, building_id, unit_id)
        references units (property_owner_id, building_id, id),
    constraint fk_place_codes_property_owner_id_unit_id_unit_section_id
        foreign key (property_owner_id, unit_id, unit_section_id)
        references unit_sections (property_owner_id, unit_id, id),
    constraint fk_place_codes_property_owner_id_replaced_by_id
        foreign key (property_owner_id, replaced_by_id)
        references place_codes (property_owner_id, id),
    constraint fk_place_codes_issued_by_id foreign key (issued_by_id) references users (id),
    constraint fk_place_codes_retired_by_id foreign key (retired_by_id) references users (id),
    constraint ck_place_codes_section_in_unit check (unit_section_id is null or unit_id is not null),
    constraint ck_place_codes_replaced_is_retired
        check (replaced_by_id is null or retired_at is not null)
);
-- A place has one code that counts, or one for each category.
create unique index ix_place_codes_live
    on place_codes (property_owner_id, building_id, unit_id, unit_section_id, category)
    nulls not distinct where retired_at is null;
create index ix_place_codes_building_id on place_codes (building_id);

alter table place_codes enable row level security;
alter table place_codes force row level security;
create policy owner on place_codes
    using (property_owner_id = any ((select app_owner_ids())::uuid[]))
    with check (property_owner_id = any ((select app_owner_ids())::uuid[]));
grant select, insert, update on place_codes to ecopick_app;

-- The place at which a code hangs, named as whoever stands there reads it. A retired code
-- tells the management's words and, where it was replaced, the code that counts now.
create function find_place_code(wanted text)
returns table (
    id uuid, property_owner_id uuid, building_id uuid, unit_id uuid, unit_section_id uuid,
    category text, retired_at timestamptz, note text, next_code text,
    building_name text, default_language text, unit_label text, unit_type text, section_name text
)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    with recursive later as (
        select p.id, p.code, p.replaced_by_id, p.retired_at, 0 as steps
        from place_codes p where p.code = wanted
        union all
        select n.id, n.code, n.replaced_by_id, n.retired_at, l.steps + 1
        from later l join place_codes n on n.id = l.replaced_by_id
        where l.steps < 100
    )
    select p.id, p.property_owner_id, p.building_id, p.unit_id, p.unit_section_id,
        p.category, p.retired_at, p.note,
        (select l.code from later l where l.steps > 0 and l.retired_at is null limit 1),
        b.name, b.default_language, u.label, u.unit_type, s.name
    from place_codes p
    join buildings b on b.id = p.building_id
    left join units u on u.id = p.unit_id
    left join unit_sections s on s.id = p.unit_section_id
    where p.code = wanted
$$;
grant select on place_codes, unit_sections to ecopick_definer;
revoke execute on function find_place_code(text) from public;
grant execute on function find_place_code(text)
    to ecopick_app, ecopick_definer, ecopick_migrator;
alter function find_place_code(text) owner to ecopick_definer;
