"""The servers Relais stands on, PostgreSQL and a Kafka broker, as children of this process."""
