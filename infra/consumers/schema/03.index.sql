-- It came with the column once; where it did, it is built anew.
create index concurrently parked_organisations on consumer.parked (consumer, organisation, stream);
