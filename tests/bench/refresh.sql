-- refresh.sql - for pgbench: what a refresh changes, by one statement.
\set n random(1, :sessions)
UPDATE session SET generation = generation + 1, previous_hash = refresh_hash,
	refresh_hash = sha256(refresh_hash), rotated_at = now(),
	delivered_at = NULL, last_seen_at = now(),
	idle_expires_at = now() + interval '1 day'
WHERE id = ('00000000-0000-4000-8000-' || lpad(to_hex(:n::bigint), 12, '0'))::uuid
	AND revoked_at IS NULL AND idle_expires_at > now()
RETURNING account_id, generation, created_at, expires_at;
