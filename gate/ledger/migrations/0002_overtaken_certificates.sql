-- What the gate said last of a candidate is what counts: a certificate is void once a later verdict about the same
-- candidate is none.

create function refuse_overtaken() returns trigger language plpgsql as $$
declare
    overtaken_by verdicts;
begin
    select later.* into overtaken_by from verdicts later join verdicts v on v.id = new.certificate
        where (later.gateway, later.candidate, later.identity) = (v.gateway, v.candidate, v.identity)
          and later.at > v.at and (later.outcome <> 'passed' or later.partial)
        order by later.at desc limit 1;
    if overtaken_by.id is not null then
        raise exception 'certificate % is overtaken: the gate has since said % of %', new.certificate,
            case when overtaken_by.partial then 'in part ' else '' end || overtaken_by.outcome, new.belt
            using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger c_overtaken before insert on moves for each row execute function refuse_overtaken();
