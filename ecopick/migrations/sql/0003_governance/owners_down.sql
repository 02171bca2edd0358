drop function served_owners();
