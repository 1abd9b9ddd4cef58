"""An earlier release and this one at work together on the same databases and topics."""
