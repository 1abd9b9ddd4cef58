-- One row a mission: who drives for how much, the extra costs that were accepted, the delivery.
create or replace view missions as
select
  key as trip_id,
  any_value(mission_assigned.driver_id) as driver_id,
  any_value(mission_assigned.direct) as direct,
  any_value(mission_assigned.price.amount_minor) as price_minor,
  any_value(mission_assigned.price.currency) as currency,
  any_value(mission_assigned.from_day) as from_day,
  any_value(mission_assigned.until_day) as until_day,
  any_value(mission_assigned.assigned_at) as assigned_at,
  coalesce(sum(extra_cost_accepted.amount.amount_minor), 0)::bigint as extras_minor,
  any_value(delivery_confirmed.confirmed_at) as delivered_at
from trip_events
group by key
having bool_or(mission_assigned is not null);
