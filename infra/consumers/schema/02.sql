-- Whose record it is: what one organisation has parked stops nobody else (docs/adr/0040). Empty on
-- records that do not say it, and on those that a release before this step parks.
-- Released as d674566edd682f6254121e11e5216cc0036ab42316614bcd6be959998bfa885c
alter table consumer.parked add column organisation text not null default '';
