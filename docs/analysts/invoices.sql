-- One row an invoice that was approved. Amounts are minor units; VAT rates are basis points.
create or replace view invoice_events as
select * from read_parquet('export/relais.invoices.invoice.v1/*.parquet', union_by_name = true);

create or replace view invoices as
select
  key as invoice_id,
  any_value(approved.trip_id) as trip_id,
  any_value(approved.organisation_id) as organisation_id,
  any_value(approved.driver_id) as driver_id,
  any_value(numbered.number) as number,
  any_value(approved.net.amount_minor) as net_minor,
  any_value(approved.tax.rate) as tax_basis_points,
  any_value(approved.tax.amount.amount_minor) as tax_minor,
  any_value(approved.total.amount_minor) as total_minor,
  any_value(approved.total.currency) as currency,
  any_value(approved.approved_at) as approved_at,
  any_value(approved.due_on) as due_on,
  any_value(paid.paid_at) as paid_at
from invoice_events
group by key
having bool_or(approved is not null);
