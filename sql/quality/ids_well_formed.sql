-- Every identifier is there and is its prefix and hexadecimal digits. The rows that break this, and the rows looked at.
SELECT
  COUNT_IF(
    event_id IS NULL
    OR NOT regexp_like(event_id, '^EVENT_[0-9A-Fa-f]+$')
    OR customer_id IS NULL
    OR NOT regexp_like(customer_id, '^CUST_[0-9A-Fa-f]+$')
    OR title_id IS NULL
    OR NOT regexp_like(title_id, '^TITLE_[0-9A-Fa-f]+$')
    OR session_id IS NULL
    OR NOT regexp_like(session_id, '^SESSION_[0-9A-Fa-f]+$')
    OR device_id IS NULL
    OR NOT regexp_like(device_id, '^DEVICE_[0-9A-Fa-f]+$')
  ) AS offending,
  COUNT(*) AS total
FROM video_telemetry_json
