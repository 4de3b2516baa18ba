-- What the gate said, and where the alias went. Nothing here is ever changed or removed: a correction is another row.

create table verdicts (
    id               uuid        primary key,
    gateway          text        not null check (gateway <> ''),
    stack            text        not null check (stack <> ''),
    who              text        not null check (who <> ''),
    at               timestamptz not null,
    valid_for        interval    not null check (valid_for > interval '0' and valid_for <= interval '1 hour'),
    candidate        text        not null check (candidate <> ''),
    identity         text        not null check (identity ~ '^[0-9a-f]{64}$'),
    serving          text,
    serving_identity text        check (serving_identity ~ '^[0-9a-f]{64}$'),
    outcome          text        not null check (outcome in ('passed', 'failed', 'could not tell')),
    partial          boolean     not null,
    mode             text        not null check (mode in ('parity', 'expansion', 'recovery')),
    policy_version   integer     not null check (policy_version > 0),
    policy_digest    text        not null check (policy_digest ~ '^[0-9a-f]{64}$'),
    policy           jsonb       not null,
    heights          jsonb       not null check (jsonb_typeof(heights) = 'object'),
    report           jsonb       not null check (jsonb_typeof(report) = 'object'),
    check ((serving is null) = (serving_identity is null))
);

create table moves (
    gateway       text        not null check (gateway <> ''),
    seq           integer     not null check (seq > 0),
    before        integer     generated always as (nullif(seq - 1, 0)) stored,
    kind          text        not null check (kind in ('promotion', 'rollback', 'found')),
    certificate   uuid        unique references verdicts,
    belt          text        not null check (belt <> ''),
    identity      text        not null check (identity ~ '^[0-9a-f]{64}$'),
    from_belt     text,
    from_identity text        check (from_identity ~ '^[0-9a-f]{64}$'),
    heights       jsonb       not null check (jsonb_typeof(heights) = 'object'),
    stack         text        not null check (stack <> ''),
    who           text        not null check (who <> ''),
    at            timestamptz not null,
    moved_at      timestamptz,
    primary key (gateway, seq),
    -- The moves of a gateway form one unbroken chain, so that at most one belt is the last.
    foreign key (gateway, before) references moves (gateway, seq),
    check ((kind = 'promotion') = (certificate is not null)),
    check ((from_belt is null) = (from_identity is null)),
    check (kind <> 'rollback' or from_identity is not null),
    check (kind = 'rollback' or moved_at is null)
);
comment on column moves.kind is 'found: somebody moved the alias past Belts, and this is where it was seen to lead.';
comment on column moves.moved_at is 'When a rollback was really made, if the ledger could not be reached then.';

create table results (
    gateway text        not null,
    seq     integer     not null,
    result  text        not null check (result in ('served', 'undone')),
    detail  text        not null,
    at      timestamptz not null,
    primary key (gateway, seq),
    foreign key (gateway, seq) references moves (gateway, seq)
);

create table announcements (
    gateway text        not null,
    seq     integer     not null,
    key     uuid        not null unique,
    payload jsonb       not null,
    at      timestamptz not null,
    primary key (gateway, seq),
    foreign key (gateway, seq) references results (gateway, seq)
);

create table deliveries (
    key     uuid        not null references announcements (key),
    attempt integer     not null check (attempt > 0),
    status  integer,
    error   text,
    at      timestamptz not null,
    primary key (key, attempt),
    check ((status is null) <> (error is null))
);
-- An announcement is delivered once.
create unique index one_delivery on deliveries (key) where status between 200 and 299;

create view serving as
    select distinct on (gateway) gateway, seq, kind, certificate, belt, identity, heights, who, stack, m.at
    from moves m join results r using (gateway, seq)
    where r.result = 'served'
    order by gateway, seq desc;


-- Appending only ------------------------------------------------------------------------------------------------

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'the ledger only grows: % of % is refused', lower(tg_op), tg_table_name
        using errcode = 'restrict_violation';
end $$;

-- Every row is dated by the database, never by whoever writes it, and never before the row that came before it.
create function stamp() returns trigger language plpgsql as $$
declare
    newest timestamptz;
begin
    execute format('select max(at) from %I', tg_table_name) into newest;
    new.at := clock_timestamp();
    if new.at < newest then
        raise exception 'the clock of the ledger went back: it is %, and a row is already dated %', new.at, newest
            using errcode = 'check_violation';
    end if;
    return new;
end $$;

do $$
declare
    name text;
begin
    foreach name in array array['migrations', 'verdicts', 'moves', 'results', 'announcements', 'deliveries'] loop
        execute format('create trigger append_only before update or delete on %I
                        for each row execute function refuse_change()', name);
        execute format('create trigger append_only_truncate before truncate on %I
                        for each statement execute function refuse_change()', name);
        -- Triggers fire in the order of their names: a row is dated before anything judges it.
        execute format('create trigger a_stamp before insert on %I
                        for each row execute function stamp()', name);
    end loop;
end $$;


-- What may move, and where to ----------------------------------------------------------------------------------

-- The belts that have led to today's, oldest first; the last one serves, and the one before it is where a rollback
-- returns to. A promotion adds the belt it moved to, a rollback takes away the belt it moved from: what was rolled
-- back from is never a target again. A belt that was found serving came there unproved: nobody returns to it.
create function standing(of_gateway text) returns text[] language plpgsql stable as $$
declare
    belts text[] := '{}';
    move  record;
begin
    for move in select m.kind, m.identity from moves m join results r using (gateway, seq)
                where gateway = of_gateway and r.result = 'served' order by seq loop
        belts := case move.kind
            when 'promotion' then
                case when belts[cardinality(belts)] = move.identity then belts else belts || move.identity end
            when 'rollback' then belts[:cardinality(belts) - 1]
            else array['found ' || move.identity]
        end;
    end loop;
    return belts;
end $$;

create function judge_move() returns trigger language plpgsql as $$
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
       and not (verdict.serving_identity is null and new.identity is not distinct from proved.identity) then
        raise exception 'certificate % was judged against %, and % serves now', verdict.id,
            coalesce(verdict.serving_identity, 'no serving belt'), coalesce(serves, 'no belt')
            using errcode = 'check_violation';
    elsif verdict.at < (select max(at) from moves where gateway = new.gateway and kind <> 'found') then
        raise exception 'certificate % is older than the last move', verdict.id using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger b_judge before insert on moves for each row execute function judge_move();

-- Whatever serves is announced: in the same transaction, so that a crash loses neither.
create function announce() returns trigger language plpgsql as $$
declare
    move moves;
begin
    select * into strict move from moves where gateway = new.gateway and seq = new.seq;
    if new.result = 'served' and move.kind <> 'found' then
        insert into announcements (gateway, seq, key, payload) values (new.gateway, new.seq, gen_random_uuid(),
            jsonb_build_object('gateway', move.gateway, 'move', move.seq, 'kind', move.kind, 'belt', move.belt,
                               'from', move.from_belt, 'certificate', move.certificate, 'heights', move.heights,
                               'at', coalesce(move.moved_at, new.at)));
    end if;
    return null;
end $$;
create trigger announce after insert on results for each row execute function announce();
