-- One row a trip and driver: the price that was said last, by whom, and what became of the quote.
create or replace view quote_events as
select
  key as trip_id,
  version,
  business_time,
  coalesce(
    quote_submitted.driver_id, quote_modified.driver_id, quote_withdrawn.driver_id,
    quote_refused.driver_id, quote_expired.driver_id, counter_offered.driver_id,
    counter_accepted.driver_id, counter_declined.driver_id, quote_accepted.driver_id
  ) as driver_id,
  coalesce(quote_submitted.price, quote_modified.price, counter_accepted.price) as price,
  case
    when quote_submitted is not null or quote_modified is not null then 'submitted'
    when quote_withdrawn is not null then 'withdrawn'
    when quote_refused is not null then 'refused'
    when quote_expired is not null then 'expired'
    when counter_offered is not null then 'countered'
    when counter_accepted is not null then 'counter accepted'
    when counter_declined is not null then 'counter declined'
    when quote_accepted is not null then 'accepted'
  end as status
from trip_events;

create or replace view quotes as
select
  trip_id,
  driver_id,
  min(business_time) filter (where status = 'submitted') as submitted_at,
  arg_max(price.amount_minor, version) filter (where price is not null) as price_minor,
  arg_max(price.currency, version) filter (where price is not null) as currency,
  arg_max(status, version) as status,
  max(business_time) as changed_at
from quote_events
where status is not null
group by trip_id, driver_id;
