-- +goose Up

-- Who follows what became of a delivery needs the W3C trace context that it came with; empty:
-- nobody traces.
alter table subjects add column trace text not null default '';           -- of what raised it last
alter table subject_deliveries add column trace text not null default ''; -- of the delivery

-- What is owed to GitHub is counted at every look at the metrics.
create index publications_owed on publications (wanted_at) where wanted_digest <> said_digest;
