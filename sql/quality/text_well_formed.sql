-- Timestamps are ISO 8601 in UTC with microseconds, versions X.Y.Z, addresses IPv4. The rows that break this, and the rows looked at.
SELECT
  COUNT_IF(
    NOT regexp_like(event_timestamp, '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{6}Z$')
    OR NOT regexp_like(app_version, '^[0-9]+[.][0-9]+[.][0-9]+$')
    OR NOT regexp_like(ip_address, '^((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])([.](25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){3}|hmac:[0-9a-f]{8}:[A-Za-z0-9_-]{43})$')
  ) AS offending,
  COUNT(*) AS total
FROM video_telemetry_json
