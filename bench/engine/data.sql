create table account (key text primary key, name text not null, balance numeric not null);
create table transfer (
  key text primary key, account_key text not null references account (key),
  n int not null, amount numeric not null, block int not null, memo text
);
insert into account
  select 'a' || lpad(i::text, 6, '0'), 'name ' || i, i * 1.25 from generate_series(0, 9999) i;
insert into transfer
  select 't' || lpad(i::text, 7, '0'), 'a' || lpad((i % 10000)::text, 6, '0'), i % 1000,
         i::numeric * 1000000000000000001, i / 10, 'memo ' || i
  from generate_series(0, 199999) i;
create index on transfer (account_key, key);
create index on transfer (n, key);
vacuum analyze;
