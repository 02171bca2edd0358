drop function owners_awaiting(text);
drop function audit_all_heads();
drop table case_files;
drop table audit_proofs;
