drop function owners_awaiting_proof();
drop function audit_all_heads();
drop table audit_proofs;
