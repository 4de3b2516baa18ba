"""The fault that the demo plants into green and repairs: rows that a gap in a provider would lose."""

from belts.runtimes.process.files import secrets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.parts import postgres
from belts.runtimes.process.wire import recorded
from demo.place import Place

CHAIN, ROWS = 8453, 7
PLANTED = f"{ROWS} transfers of chain {CHAIN} are gone from green, as if a provider had left them out"


def plant(place: Place) -> None:
    """Removes some rows, unless they are removed already; raises if green does not have them yet."""
    _as_superuser(
        place,
        f"""create table if not exists belts.planted as
              select * from "Transfer" where "chainId" = {CHAIN} order by id limit {ROWS};
            do $$ begin
              delete from "Transfer" where id in (select id from belts.planted);
              if (select count(*) from belts.planted) < {ROWS} then
                raise 'green has no {ROWS} transfers of chain {CHAIN} yet';
              end if;
            end $$""",  # noqa: S608 -- constants
    )


def mend(place: Place) -> None:
    """Restores removed rows, even those of an earlier demo that was interrupted."""
    _as_superuser(
        place,
        """do $$ begin
             if to_regclass('belts.planted') is not null then
               insert into "Transfer" select * from belts.planted on conflict do nothing;
               drop table belts.planted;
             end if;
           end $$""",
    )


def _as_superuser(place: Place, statements: str) -> None:
    green = Layout(root=place.hosts, belt="green")
    ports = [request.body.ports[0] for request in recorded.of_belt(green) if request.part == "postgres"]
    if not ports:
        return  # green has never been made
    with postgres.connect(green, ports[0], secrets.known(green), database=postgres.DATABASE) as connection:
        connection.execute(statements.encode())
