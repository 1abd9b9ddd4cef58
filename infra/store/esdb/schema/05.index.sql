-- Promises are kept for ever, and those that somebody has to finish are few.
create index concurrently promise_open on beside.promise (made_at) where append is not null;
