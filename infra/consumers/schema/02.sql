-- Whose record it is: what one organisation has parked stops nobody else (docs/adr/0040). Empty on
-- records that do not say it, and on those that a release before this step parks.
alter table consumer.parked add column organisation text not null default '';
create index parked_organisations on consumer.parked (consumer, organisation, stream);
