-- Search in four languages: stems of each, beginnings and parts of words, names, typing errors.

-- The words of a text as they stand and as each language stems them, all without accents.
create function app_stems(value text) returns tsvector
language sql immutable parallel safe strict
set search_path = pg_catalog, public, pg_temp
as $$
    select to_tsvector('simple', folded) || to_tsvector('german', folded)
        || to_tsvector('french', folded) || to_tsvector('italian', folded)
        || to_tsvector('english', folded)
    from app_fold(value) folded
$$;

create or replace function ticket_search_vector(number bigint, title text, description text)
returns tsvector
language sql immutable parallel safe
set search_path = pg_catalog, public, pg_temp
as $$
    select setweight(to_tsvector('simple', number::text), 'A')
        || setweight(app_stems(title), 'A')
        || setweight(coalesce(app_stems(description), ''), 'C')
$$;

-- The text in which parts of words and similar words are looked for.
create function ticket_search_text(title text, description text) returns text
language sql immutable parallel safe
set search_path = pg_catalog, public, pg_temp
as $$ select app_fold(title || coalesce(' ' || left(description, 500), '')) $$;

alter table tickets
    alter column search
        set expression as (ticket_search_vector(number, title, description)),
    add column search_text text
        generated always as (ticket_search_text(title, description)) stored not null;
drop index ix_tickets_title_trigrams;
create index ix_tickets_search_text_trigrams on tickets using gin (search_text gin_trgm_ops);

-- A word of a search: whatever begins with it or has one of its stems.
create function app_word_query(word text) returns tsquery
language sql immutable parallel safe strict
set search_path = pg_catalog, public, pg_temp
set client_min_messages = warning
as $$
    select to_tsquery('simple', quote_literal(word) || case when length(word) > 1 then ':*' else '' end)
        || plainto_tsquery('german', word) || plainto_tsquery('french', word)
        || plainto_tsquery('italian', word) || plainto_tsquery('english', word)
$$;

-- Words of the owners' tickets that look like `word`, the likeliest first, at most three.
create function similar_ticket_words(word text, owners uuid[]) returns text[]
language sql stable
set search_path = pg_catalog, public, pg_temp
set pg_trgm.word_similarity_threshold = 0.35
as $$
    with near as (
        select t.search_text from tickets t
        where t.property_owner_id = any (owners) and word <% t.search_text
        limit 200
    ), words as (
        select found, max(similarity(word, left(found, length(word)))) as likeness
        from near, regexp_split_to_table(search_text, '[^[:alnum:]]+') found
        where length(found) >= 3
        group by found
    )
    select coalesce(array_agg(found), '{}') from (
        select found from words
        where likeness >= 0.3 and likeness >= 0.75 * (select max(likeness) from words)
        order by likeness desc, length(found), found
        limit 3
    ) likely
$$;

-- What one word of a search can mean, as a condition on tickets `t`: a word or a part of the
-- text, a place, a vendor; with `people` also whoever reported it.
create function ticket_word_condition(
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
        found := array(
            select o.id from owner_vendors v join vendor_orgs o on o.id = v.vendor_org_id
            where v.property_owner_id = any (owners) and app_fold(o.name) like part
        );
        if cardinality(found) > 0 then
            condition := condition || format(' or t.vendor_org_id = any (%L::uuid[])', found);
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
            select u.id from users u
            where u.id in (
                select m.user_id from memberships m where m.property_owner_id = any (owners)
                union
                select h.user_id from user_units h where h.property_owner_id = any (owners)
                union
                select t.reporter_id from tickets t
                where t.property_owner_id = any (owners) and t.channel in ('public', 'email')
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

-- Tickets of the owners in the scope (narrowed to `owners` where given) that hold every word
-- of the query, or whose number it is: the best of the newest `max_results`, best first. Where
-- few are found, words that look alike count too. `words` are those that were looked for.
-- The caller reads the rows themselves under row security.
drop function search_tickets(text, uuid[], integer);
create function search_tickets(
    query text, owners uuid[], max_results integer default 200,
    buildings uuid[] default null, statuses text[] default null, people boolean default false
)
returns table (ticket_id uuid, property_owner_id uuid, rank real, words text[])
language plpgsql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    allowed constant uuid[] := array(
        select unnest(app_owner_ids()) intersect select unnest(coalesce(owners, app_owner_ids()))
    );
    folded constant text := btrim(app_fold(left(query, 200)));
    wanted constant bigint := substring(folded from '^(?:[a-z]{1,8}-|#)?([0-9]{1,15})$');
    typed constant text[] := array(
        select word from (
            select btrim(piece, '.-_') as word, at
            from regexp_split_to_table(folded, '[^[:alnum:]._-]+') with ordinality pieces(piece, at)
        ) pieces
        where word ~ '[[:alnum:]]'
        order by at limit 8
    );
    most constant integer := least(max_results, 1000);
    looked text[] := typed;
    likely text[];
    conditions text := 'true';
    asked tsquery := '';
    word text;
    loose boolean;
    hits uuid[] := '{}';
begin
    if cardinality(allowed) = 0 or (cardinality(typed) = 0 and wanted is null) then
        return;
    end if;
    foreach loose in array array[false, true] loop
        conditions := 'true';
        asked := '';
        foreach word in array typed loop
            likely := '{}';
            if loose and length(word) >= 4 and word ~ '[a-z]' then
                likely := similar_ticket_words(word, allowed);
                looked := looked || likely;
            end if;
            conditions := conditions || ' and '
                || ticket_word_condition(word, likely, allowed, people);
            asked := asked || app_word_query(word);
        end loop;
        execute 'with found as materialized ('
            ' select t.id, t.created_at from tickets t'
            ' where t.property_owner_id = any ($1)'
            ' and ($2 is null or t.building_id = any ($2))'
            ' and ($3 is null or t.status = any ($3))'
            ' and (t.number = $4 or (' || conditions || '))'
            ') select array(select id from found order by created_at desc, id desc limit $5)'
            into hits using allowed, buildings, statuses, wanted, most;
        exit when cardinality(hits) >= 10 or wanted is not null;
    end loop;
    return query
        select t.id, t.property_owner_id,
            (case when t.number = wanted then 10 else 0 end
                + case when t.search_text like '%' || folded || '%' then 0.2 else 0 end
                + ts_rank(t.search, asked))::real as relevance,
            looked
        from tickets t
        where t.id = any (hits) and t.property_owner_id = any (allowed)
        order by relevance desc, t.id desc;
end
$$;

do $$
declare
    signature regprocedure;
begin
    foreach signature in array array[
        'app_stems(text)', 'ticket_search_text(text, text)', 'app_word_query(text)',
        'similar_ticket_words(text, uuid[])',
        'ticket_word_condition(text, text[], uuid[], boolean)',
        'search_tickets(text, uuid[], integer, uuid[], text[], boolean)'
    ]::regprocedure[] loop
        execute format('revoke execute on function %s from public', signature);
        execute format(
            'grant execute on function %s to ecopick_app, ecopick_definer, ecopick_migrator',
            signature
        );
    end loop;
end
$$;
grant select on buildings, vendor_orgs to ecopick_definer;
alter function search_tickets(text, uuid[], integer, uuid[], text[], boolean)
    owner to ecopick_definer;
