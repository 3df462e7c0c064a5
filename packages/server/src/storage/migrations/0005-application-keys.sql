-- The private half of `verify_key`, sealed: signs what is sent to an application over HTTP.
ALTER TABLE applications ADD COLUMN signing_key bytea NOT NULL;
