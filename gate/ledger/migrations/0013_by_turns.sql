-- What came first is told by a number, and no longer by dates. A clock that was ahead and is put right would keep every later
-- row out for as long as it was ahead: no move that was cut off could be ended, and nothing promoted. A date is what the clock
-- said when the row was written, and no more.

create sequence turns;

alter table verdicts add column turn bigint;
alter table moves add column turn bigint;
alter table verdicts disable trigger append_only;
alter table moves disable trigger append_only;
do $$
declare
    written record;
begin
    for written in select 'verdicts' as of_table, tableoid, ctid, at from verdicts
                   union all select 'moves', tableoid, ctid, at from moves order by at, of_table desc loop
        execute format('update %I set turn = nextval(''turns'') where ctid = $1', written.of_table) using written.ctid;
    end loop;
end $$;
alter table verdicts enable trigger append_only;
alter table moves enable trigger append_only;
alter table verdicts alter column turn set not null;
alter table moves alter column turn set not null;

create or replace function stamp() returns trigger language plpgsql as $$
begin
    new.at := clock_timestamp();
    return new;
end $$;

create function take_turn() returns trigger language plpgsql as $$
begin
    new.turn := nextval('turns');
    return new;
end $$;
create trigger a_turn before insert on verdicts for each row execute function take_turn();
create trigger a_turn before insert on moves for each row execute function take_turn();

create or replace function refuse_strange(of_table regclass, given jsonb) returns void language plpgsql stable as $$
declare
    strange text;
begin
    select string_agg(key, ', ') into strange from jsonb_object_keys(given) key
        where key in ('at', 'turn') or not exists (
            select from pg_attribute where attrelid = of_table and attname = key and attnum > 0 and attgenerated = '');
    if strange is not null then
        raise exception 'a row of % has no %', of_table, strange using errcode = 'check_violation';
    end if;
end $$;

-- Verdicts that are not out of date, whatever the clock did meanwhile. One that is dated after now was written by a clock that
-- has been put back since: how old it is nobody knows. One whose time was seen to be over by a later row stays out of date.
create view fresh as
    select v.* from verdicts v
    where v.at <= clock_timestamp() + interval '3 seconds' and clock_timestamp() < v.at + v.valid_for
      and not exists (select from verdicts later where later.turn > v.turn and later.at >= v.at + v.valid_for)
      and not exists (select from moves later where later.turn > v.turn and later.at >= v.at + v.valid_for);

create or replace function refuse_overtaken() returns trigger language plpgsql as $$
declare
    overtaken_by verdicts;
begin
    select later.* into overtaken_by from verdicts later join verdicts v on v.id = new.certificate
        where (later.gateway, later.candidate, later.identity) = (v.gateway, v.candidate, v.identity)
          and later.turn > v.turn and (later.outcome <> 'passed' or later.partial)
        order by later.turn desc limit 1;
    if overtaken_by.id is not null then
        raise exception 'certificate % is overtaken: the gate has since said % of %', new.certificate,
            case when overtaken_by.partial then 'in part ' else '' end || overtaken_by.outcome, new.belt
            using errcode = 'check_violation';
    end if;
    return new;
end $$;

-- As before, but for what was told by dates.
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
    elsif verdict.at > new.at + interval '3 seconds' then
        raise exception 'certificate % is dated %, and it is % now: the clock of the ledger was put back since',
            verdict.id, verdict.at, new.at using errcode = 'check_violation';
    elsif verdict.at + verdict.valid_for <= new.at or not exists (select from fresh where id = verdict.id) then
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
    elsif verdict.turn < (select max(turn) from moves where gateway = new.gateway and kind <> 'found') then
        raise exception 'certificate % is older than the last move', verdict.id using errcode = 'check_violation';
    end if;
    return new;
end $$;
