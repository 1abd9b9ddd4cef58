-- One row a trip: what was published, and how far it is. Days are days in its time zone.
create or replace view trip_events as
select * from read_parquet('export/relais.missions.trip.v1/*.parquet', union_by_name = true);

create or replace view trips as
select
  key as trip_id,
  any_value(published.organisation_id) as organisation_id,
  any_value(published.client_brand) as client_brand,
  any_value(published.departure.city) as departure_city,
  any_value(published.arrival.city) as arrival_city,
  any_value(published.distance_km) as distance_km,
  any_value(published.from_slot.date) as from_day,
  any_value(published.until_slot.date) as until_day,
  any_value(published.time_zone) as time_zone,
  any_value(published.published_at) as published_at,
  case
    when bool_or(delivery_confirmed is not null) then 'delivered'
    when bool_or(mission_assigned is not null) then 'assigned'
    when bool_or(expired is not null) then 'expired'
    else 'open'
  end as status
from trip_events
group by key
having bool_or(published is not null);
