-- What was seen of a belt right after it was promoted. One that was seen to be wrong is barred: no certificate
-- promotes it again, unless the verdict says that the operator has lifted that very bar.

alter table results
    add column look text check (look in ('passed', 'failed', 'could not tell')),
    add column told text check (told <> ''),
    add constraint results_look_told check ((look is null) = (told is null)),
    add constraint results_look_served check (look is null or result = 'served');

create function refuse_barred() returns trigger language plpgsql as $$
declare
    bar text;
begin
    select m.belt || '-' || m.seq into bar
        from moves m join results r using (gateway, seq)
        where m.gateway = new.gateway and m.identity = new.identity and m.kind = 'promotion' and r.look = 'failed'
        order by m.seq desc limit 1;
    if bar is not null and new.kind = 'promotion'
       and not exists (select from verdicts where id = new.certificate and report ->> 'lifted' = bar) then
        raise exception '% is barred from promotion: right after move % it was seen to be wrong', new.belt, bar
            using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger d_barred before insert on moves for each row execute function refuse_barred();

-- Whoever is told of a promotion is told what the look after it has seen.
create or replace function announce() returns trigger language plpgsql as $$
declare
    move moves;
begin
    select * into strict move from moves where gateway = new.gateway and seq = new.seq;
    if new.result = 'served' and move.kind <> 'found' then
        insert into announcements (gateway, seq, key, payload) values (new.gateway, new.seq, gen_random_uuid(),
            jsonb_build_object('gateway', move.gateway, 'move', move.seq, 'kind', move.kind, 'belt', move.belt,
                               'from', move.from_belt, 'certificate', move.certificate, 'heights', move.heights,
                               'at', coalesce(move.moved_at, new.at))
            || case when new.look is null then '{}'
                    else jsonb_build_object('look', new.look, 'told', new.told) end);
    end if;
    return null;
end $$;
