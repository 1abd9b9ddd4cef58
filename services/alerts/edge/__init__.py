"""What finds the searches a trip matches: tables of this service, and one query over them."""
