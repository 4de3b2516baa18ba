-- Rows come only through functions that check them. The tables belong to the ledger's owner; the role that a gateway
-- logs in with may read them and call these functions, and nothing else.

-- A row is sealed with a key that the gateway's host keeps, and the ledger does not: whoever can write here, by whatever
-- right, still cannot make a certificate.
alter table verdicts add column seal text not null check (seal ~ '^[0-9a-f]{64}$');
alter table moves add column seal text not null check (seal ~ '^[0-9a-f]{64}$');
alter table results add column seal text not null check (seal ~ '^[0-9a-f]{64}$');

-- Every key is a column, and what only the ledger itself knows is none of them.
create function refuse_strange(of_table regclass, given jsonb) returns void language plpgsql stable as $$
declare
    strange text;
begin
    select string_agg(key, ', ') into strange from jsonb_object_keys(given) key
        where key = 'at' or not exists (
            select from pg_attribute where attrelid = of_table and attname = key and attnum > 0 and attgenerated = '');
    if strange is not null then
        raise exception 'a row of % has no %', of_table, strange using errcode = 'check_violation';
    end if;
end $$;

-- A passed verdict is a certificate, so its report has to say the same: every claim passed, by the same policy.
create function record_verdict(given jsonb) returns void language plpgsql
    security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    verdict verdicts := jsonb_populate_record(null::verdicts, given);
begin
    perform refuse_strange('verdicts', given);
    if verdict.outcome = 'passed' and not verdict.partial then
        if verdict.report ->> 'outcome' is distinct from 'passed'
           or verdict.report -> 'partial' is distinct from '[]'::jsonb
           or verdict.report #>> '{policy,digest}' is distinct from verdict.policy_digest then
            raise exception 'verdict % is no certificate: its report says something else', verdict.id
                using errcode = 'check_violation';
        elsif jsonb_typeof(verdict.report -> 'claims') is distinct from 'array'
              or jsonb_array_length(verdict.report -> 'claims') = 0
              or exists (select from jsonb_array_elements(verdict.report -> 'claims') claim
                         where claim ->> 'outcome' is distinct from 'passed'
                           and claim -> 'accepted' is distinct from 'true'::jsonb) then
            raise exception 'verdict % is no certificate: not every claim of its report has passed', verdict.id
                using errcode = 'check_violation';
        end if;
    end if;
    insert into verdicts select verdict.*;
end $$;

create function begin_move(given jsonb) returns void language plpgsql
    security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    move moves := jsonb_populate_record(null::moves, given);
begin
    perform refuse_strange('moves', given);
    insert into moves (gateway, seq, kind, certificate, belt, identity, from_belt, from_identity, heights, stack, who,
                       moved_at, seal)
        values (move.gateway, move.seq, move.kind, move.certificate, move.belt, move.identity, move.from_belt,
                move.from_identity, move.heights, move.stack, move.who, move.moved_at, move.seal);
end $$;

create function end_move(given jsonb) returns void language plpgsql
    security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    result results := jsonb_populate_record(null::results, given);
begin
    perform refuse_strange('results', given);
    insert into results select result.*;
end $$;

create function record_delivery(given jsonb) returns void language plpgsql
    security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    delivery deliveries := jsonb_populate_record(null::deliveries, given);
begin
    perform refuse_strange('deliveries', given);
    insert into deliveries select delivery.*;
end $$;

-- As before, and: where nobody serves yet by this ledger, a certificate may have been judged against the belt that
-- served until an earlier gateway ended, which asks more of the candidate than nothing.
create or replace function judge_move() returns trigger language plpgsql as $$
declare
    belts     text[] := standing(new.gateway);
    serves    text   := replace(belts[cardinality(belts)], 'found ', '');
    verdict   verdicts;
    last_move moves;
    proved    moves;  -- the last move that was ours
begin
    select * into last_move from moves where gateway = new.gateway order by seq desc limit 1;
    if new.seq <> coalesce(last_move.seq, 0) + 1 then
        raise exception 'move % of % does not follow move %', new.seq, new.gateway, coalesce(last_move.seq, 0)
            using errcode = 'check_violation';
    end if;
    if last_move.seq is not null
       and not exists (select from results where gateway = new.gateway and seq = last_move.seq) then
        raise exception 'move % of % to % has not ended', last_move.seq, new.gateway, last_move.belt
            using errcode = 'check_violation';
    end if;
    if new.from_identity is distinct from serves then
        raise exception 'the move says it leaves %, the ledger says % serves', new.from_identity, serves
            using errcode = 'check_violation';
    end if;

    if new.kind = 'rollback' then
        if cardinality(belts) < 2 or new.identity <> belts[cardinality(belts) - 1] then
            raise exception '% is not the belt that served before the current one', new.belt
                using errcode = 'check_violation';
        end if;
        return new;
    elsif new.kind = 'found' then
        return new;
    end if;

    select * into verdict from verdicts where id = new.certificate;
    if verdict.id is null then
        raise exception 'there is no certificate %', new.certificate using errcode = 'foreign_key_violation';
    elsif verdict.outcome <> 'passed' or verdict.partial then
        raise exception 'verdict % is no certificate: it is %', verdict.id,
            case when verdict.partial then 'partial' else verdict.outcome end using errcode = 'check_violation';
    elsif verdict.at + verdict.valid_for <= new.at then
        raise exception 'certificate % expired at %', verdict.id, verdict.at + verdict.valid_for using errcode = 'check_violation';
    elsif (verdict.gateway, verdict.candidate, verdict.identity) <> (new.gateway, new.belt, new.identity) then
        raise exception 'certificate % is for % at %, not for % at %', verdict.id, verdict.candidate, verdict.gateway,
            new.belt, new.gateway using errcode = 'check_violation';
    end if;
    select m.* into proved from moves m join results r using (gateway, seq)
        where gateway = new.gateway and kind <> 'found' and result = 'served' order by seq desc limit 1;
    -- The way back to the belt that we ourselves last moved to has nobody to be compared with but itself.
    if verdict.serving_identity is distinct from serves
       and not (serves is null and proved.seq is null)
       and not (verdict.serving_identity is null and new.identity is not distinct from proved.identity) then
        raise exception 'certificate % was judged against %, and % serves now', verdict.id,
            coalesce(verdict.serving_identity, 'no serving belt'), coalesce(serves, 'no belt')
            using errcode = 'check_violation';
    elsif verdict.at < (select max(at) from moves where gateway = new.gateway and kind <> 'found') then
        raise exception 'certificate % is older than the last move', verdict.id using errcode = 'check_violation';
    end if;
    return new;
end $$;
