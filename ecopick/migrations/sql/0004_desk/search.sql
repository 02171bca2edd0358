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

-- The stems of a word in each language that do not begin with the word itself.
create function app_word_stems(word text) returns text[]
language sql immutable parallel safe strict
set search_path = pg_catalog, public, pg_temp
as $$
    select array(
        select distinct stem
        from unnest(array['german_stem', 'french_stem', 'italian_stem', 'english_stem']) language,
            unnest(ts_lexize(language::regdictionary, word)) stem
        where not starts_with(stem, word)
    )
$$;

-- A word of a search: whatever begins with it or has one of its stems. As few words as say so:
-- each makes the database expect more rows.
create function app_word_query(word text) returns tsquery
language sql immutable parallel safe strict
set search_path = pg_catalog, public, pg_temp
as $$
    select to_tsquery('simple', array_to_string(
        quote_literal(word) || case when length(word) > 1 then ':*' else '' end
            || array(select quote_literal(stem) from unnest(app_word_stems(word)) stem),
        ' | '
    ))
$$;

-- Every word one typing error away from `word`: a letter left out, doubled or typed beside,
-- two of them swapped.
create function app_misspellings(word text) returns text[]
language sql immutable parallel safe strict
set search_path = pg_catalog, public, pg_temp
as $$
    select array_agg(distinct near) filter (where near <> word)
    from generate_series(0, length(word)) at
    cross join lateral (
        select substr(word, 1, at) as head, substr(word, at + 1) as rest
    ) parts
    cross join lateral (
        select head || substr(rest, 2) as near
        union all
        select head || substr(rest, 2, 1) || left(rest, 1) || substr(rest, 3)
        union all
        select head || letter || substr(rest, further)
        from unnest(string_to_array('abcdefghijklmnopqrstuvwxyz', null)) letter, (values (1), (2)) step (further)
    ) tried
$$;

-- Words of the owners' tickets that begin as `word` does but for one typing error, the commonest
-- first, at most three. Without the first letter they have more in common than meaning: it counts
-- only where it was swapped with the second. Words typed without umlauts count as such. None for
-- a word that ten tickets hold: nobody mistyped that.
create function similar_ticket_words(word text, owners uuid[]) returns text[]
language plpgsql stable
set search_path = pg_catalog, public, pg_temp
set enable_seqscan = off
set enable_indexscan = off
as $$
declare
    swapped constant text := substr(word, 2, 1) || left(word, 1) || substr(word, 3);
    plain constant text := regexp_replace(word, '([aou])e', '\1', 'g');
    near constant text[] := array(
        select distinct one from unnest(app_misspellings(word)) one
        where left(one, 1) = left(word, 1) or one = swapped
    );
    -- The beginnings of short words are everywhere.
    whole constant boolean := length(word) < 6;
    beginning constant text := case when whole then '' else ':*' end;
    wanted constant tsquery := to_tsquery('simple', array_to_string(
        array(select quote_literal(one) || beginning from unnest(near) one), ' | '
    ));
    -- The index of words alone: of the owners' tickets there may be a hundred thousand.
    held constant text := 'with near as materialized ('
        ' select t.property_owner_id from tickets t where t.search @@ $1'
        ') select count(*) from (select from near where property_owner_id = any ($2) limit 10) few';
    times integer;
    found text[];
begin
    execute held into times using app_word_query(word), owners;
    if times = 10 then
        return '{}';
    end if;
    execute 'with near as materialized ('
        ' select t.property_owner_id, t.search from tickets t where t.search @@ $1'
        '), words as ('
        ' select lexeme, count(*) as times'
        ' from (select search from near where property_owner_id = any ($2) limit 60) few, unnest(search)'
        ' where lexeme = any ($4) or not $5 and ('
        ' left(lexeme, $3 - 1) = any ($4) or left(lexeme, $3) = any ($4)'
        ' or left(lexeme, $3 + 1) = any ($4))'
        ' group by lexeme order by times desc, length(lexeme), lexeme limit 9'
        ') select array(select lexeme from words where not exists ('
        ' select from words shorter where shorter.lexeme <> words.lexeme'
        ' and starts_with(words.lexeme, shorter.lexeme)'
        ') order by times desc, lexeme limit 3)'
        into found using wanted, owners, length(word), near, whole;
    return found || array(select plain where plain <> word and plain <> all (found));
end
$$;

-- What one word of a search can mean, as a condition on tickets `t`: a word or a part of the
-- text, a place; with `people` also a vendor or whoever reported it.
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

-- The newest tickets `t` that fulfil `condition` or have this number, at most `most`.
-- What many fulfil is read from the newest on and no further than needed, what few fulfil
-- through the indexes of words: a look at the newest ones tells which is less to read.
create function newest_tickets(
    condition text, wanted bigint, owners uuid[], buildings uuid[], statuses text[], most integer
) returns uuid[]
language plpgsql stable
set search_path = pg_catalog, public, pg_temp
set enable_seqscan = off
as $$
declare
    looked_at constant integer := 1500;
    rows_in_all constant real := (select greatest(reltuples, 1) from pg_class where oid = 'tickets'::regclass);
    inside constant text := ' from tickets t where t.property_owner_id '
        || case cardinality(owners) when 1 then format('= %L', owners[1]) else '= any ($1)' end
        || case when buildings is null then '' else ' and t.building_id = any ($2)' end
        || case when statuses is null then '' else ' and t.status = any ($3)' end;
    newest constant text := ' order by t.created_at desc, t.id desc limit ';
    fits constant text := '(' || condition
        || case when wanted is null then '' else ' or t.number = $4' end || ')';
    hits integer;
    found uuid[];
begin
    if cardinality(owners) = 1 then
        execute 'select count(*) from (select t.*' || inside || newest || looked_at || ') t where ' || fits
            into hits using owners, buildings, statuses, wanted;
        if hits > looked_at * least(sqrt(most / rows_in_all), 1) then
            execute 'select array(select t.id from (select t.*' || inside || newest || '$5 * $6) t where '
                || fits || newest || '$5)'
                into found using owners, buildings, statuses, wanted, most, 2 * looked_at / hits;
            if cardinality(found) = most then
                return found;
            end if;
        end if;
    end if;
    execute 'with t as materialized (select t.id, t.created_at' || inside || ' and ' || fits || ')'
        ' select array(select t.id from t' || newest || '$5)'
        into found using owners, buildings, statuses, wanted, most;
    return found;
end
$$;

-- Tickets of the owners in the scope (narrowed to `owners` where given) that hold every word
-- of the query, or whose number it is: the best of the newest `max_results`, best first. Where
-- few are found, words that are one typing error away count too. `words` are those that were looked for.
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
    -- What a good match holds, and how much of one it makes.
    pieces text[] := '{}';
    weights real[] := '{}';
    likely text[];
    conditions text := 'true';
    word text;
    loose boolean;
    hits uuid[] := '{}';
begin
    if cardinality(allowed) = 0 or (cardinality(typed) = 0 and wanted is null) then
        return;
    end if;
    foreach loose in array array[false, true] loop
        conditions := 'true';
        pieces := '{}';
        weights := '{}';
        foreach word in array typed loop
            likely := '{}';
            if loose and word ~ '^[a-z]{4,24}$' then
                likely := similar_ticket_words(word, allowed);
                looked := looked || likely;
            end if;
            conditions := conditions || ' and '
                || ticket_word_condition(word, likely, allowed, people);
            pieces := pieces || word || app_word_stems(word) || likely;
            weights := weights || 1::real
                || array_fill(0.5::real, array[cardinality(app_word_stems(word)) + cardinality(likely)]);
        end loop;
        hits := newest_tickets(conditions, wanted, allowed, buildings, statuses, most);
        exit when cardinality(hits) >= 10 or wanted is not null;
    end loop;
    -- A word in the title counts five times as much as one in the text. The words stand at the
    -- beginning of `search_text`; the vector that ranks by itself is long to read.
    return query
        select t.id, t.property_owner_id,
            (case when t.number = wanted then 10 else 0 end
                + case when t.search_text like '%' || folded || '%' then 0.2 else 0 end
                + (
                    select coalesce(sum(
                        case
                            when position(piece in left(t.search_text, length(t.title))) > 0 then weight
                            when position(piece in t.search_text) > 0 then weight / 5
                            else 0
                        end
                    ), 0) from unnest(pieces, weights) ranked (piece, weight)
                ))::real as relevance,
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
        'app_stems(text)', 'ticket_search_text(text, text)', 'app_word_stems(text)', 'app_word_query(text)',
        'app_misspellings(text)', 'similar_ticket_words(text, uuid[])',
        'newest_tickets(text, bigint, uuid[], uuid[], text[], integer)',
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
