drop function search_tickets(text, uuid[], integer, uuid[], text[], boolean);
drop function newest_tickets(text, bigint, uuid[], uuid[], text[], integer);
drop function ticket_word_condition(text, text[], uuid[], boolean);
drop function similar_ticket_words(text, uuid[]);
drop function app_misspellings(text);
drop function app_word_query(text);
drop function app_word_stems(text);
create or replace function ticket_search_vector(number bigint, title text, description text) returns tsvector
language sql immutable parallel safe
set search_path = pg_catalog, public, pg_temp
as $$
    select setweight(to_tsvector('simple', number::text), 'A')
        || setweight(to_tsvector('simple', app_fold(title)), 'A')
        || setweight(to_tsvector('simple', coalesce(app_fold(description), '')), 'B')
$$;

alter table tickets
    alter column search set expression as (ticket_search_vector(number, title, description)),
    drop column search_text;
create index ix_tickets_title_trigrams on tickets using gin (app_fold(title) gin_trgm_ops);
drop function ticket_search_text(text, text);
drop function app_stems(text);
-- Tickets of the owners in the scope (narrowed to `owners` where given) that match:
-- whole words, the beginning of the last word, a part of the title, or the number.
-- The caller reads the rows themselves under row security.
create function search_tickets(query text, owners uuid[], max_results integer default 200)
returns table (ticket_id uuid, property_owner_id uuid, rank real)
language plpgsql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    allowed uuid[] := array(
        select unnest(app_owner_ids()) intersect select unnest(coalesce(owners, app_owner_ids()))
    );
    folded text := btrim(app_fold(left(query, 200)));
    words tsquery := websearch_to_tsquery('simple', folded);
    last_word text := substring(folded from '([[:alnum:]]+)$');
    beginning tsquery := to_tsquery('simple', quote_literal(last_word) || ':*');
    before_last tsquery := websearch_to_tsquery('simple', regexp_replace(folded, '[[:alnum:]]+$', ''));
    pattern text := '%' || regexp_replace(folded, '([\\%_])', '\\\1', 'g') || '%';
    wanted text := substring(folded from '^(?:[a-z]{1,8}-|#)?([0-9]{1,15})$');
begin
    if cardinality(allowed) = 0 or coalesce(folded, '') = '' then
        return;
    end if;
    if last_word is null then
        beginning := words;
    elsif numnode(before_last) > 0 then
        beginning := before_last && beginning;
    end if;
    return query
        select t.id, t.property_owner_id,
            case when t.number = wanted::bigint then 10 else ts_rank(t.search, words || beginning) end::real
                as relevance
        from tickets t
        where t.property_owner_id = any (allowed)
            and (
                t.search @@ (words || beginning)
                or app_fold(t.title) like pattern
                or t.search @@ to_tsquery('simple', wanted)
            )
        order by relevance desc, t.created_at desc, t.id desc
        limit least(max_results, 1000);
end
$$;

revoke execute on function search_tickets(text, uuid[], integer) from public;
grant execute on function search_tickets(text, uuid[], integer)
    to ecopick_app, ecopick_definer, ecopick_migrator;
alter function search_tickets(text, uuid[], integer) owner to ecopick_definer;
revoke select on buildings, vendor_orgs from ecopick_definer;
