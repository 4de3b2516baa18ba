-- A backup does not know what was done after it. So a restore voids every certificate that the backup holds and that no
-- move of it has used: it may have been used since, in the ledger that was lost. By its number, as clocks may differ.

create table voided (
    id uuid        primary key references verdicts,
    at timestamptz not null default clock_timestamp()
);
create trigger append_only before update or delete on voided for each row execute function refuse_change();
create trigger append_only_truncate before truncate on voided for each statement execute function refuse_change();

create function refuse_voided() returns trigger language plpgsql as $$
begin
    if exists (select from voided where id = new.certificate) then
        raise exception 'certificate % is void: this ledger was restored, and it may have been used since its backup',
            new.certificate using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger e_voided before insert on moves for each row execute function refuse_voided();
