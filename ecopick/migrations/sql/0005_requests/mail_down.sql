drop function owners_with_mailed_requests(timestamptz);
drop function find_inbound_address(citext);
drop function find_reply_address(bytea);
drop table inbound_replies;
drop table reply_addresses;
drop table inbound_addresses;
