-- What one word of a search can mean, as a condition on tickets `t`: a word or a part of the
-- text, a place; with `people` also a vendor or whoever reported it, through a code on a wall
-- too.
create or replace function ticket_word_condition(
    word text, alternatives text[], owners uuid[], people boolean
) returns text
language plpgsql stable
set search_path = pg_catalog, public, pg_temp
as $$
declare
    part constant text := '%' || regexp_replace(word, '([\\%_])', '\\\1', 'g') || '%';
    long constant boolean := length(word) >= 3;
    wanted tsquery := app_word_query(word);
    other text;
    found uuid[];
    condition text;
begin
    foreach other in array alternatives loop
        wanted := wanted || app_word_query(other);
    end loop;
    condition := format('t.search @@ %L::tsquery', wanted);
    if long then
        condition := condition || format(' or t.search_text like %L', part);
        found := array(
            select b.id from buildings b
            where b.property_owner_id = any (owners) and app_fold(b.name) like part
        );
        if cardinality(found) > 0 then
            condition := condition || format(' or t.building_id = any (%L::uuid[])', found);
        end if;
    end if;
    found := array(
        select u.id from units u
        where u.property_owner_id = any (owners)
            and (lower(u.label) = word or (length(word) > 1 and app_fold(u.label) like substr(part, 2)))
        limit 500
    );
    if cardinality(found) > 0 then
        condition := condition || format(' or t.unit_id = any (%L::uuid[])', found);
    end if;
    if people and long then
        found := array(
            select o.id from owner_vendors v join vendor_orgs o on o.id = v.vendor_org_id
            where v.property_owner_id = any (owners) and app_fold(o.name) like part
        );
        if cardinality(found) > 0 then
            condition := condition || format(' or t.vendor_org_id = any (%L::uuid[])', found);
        end if;
        found := array(
            select u.id from users u
            where u.id in (
                select m.user_id from memberships m where m.property_owner_id = any (owners)
                union
                select h.user_id from user_units h where h.property_owner_id = any (owners)
                union
                select t.reporter_id from tickets t
                where t.property_owner_id = any (owners) and t.channel in ('public', 'email', 'qr')
            )
            and (
                lower(u.name) like part
                or (u.name ~ '[^[:ascii:]]' and app_fold(u.name) like part)
            )
            limit 500
        );
        if cardinality(found) > 0 then
            condition := condition || format(' or t.reporter_id = any (%L::uuid[])', found);
        end if;
    end if;
    return '(' || condition || ')';
end
$$;
