-- A start has a watch duration of 0. The rows that break this, and the rows looked at.
SELECT
  COUNT_IF(event_type = 'start' AND watch_duration_seconds <> 0) AS offending,
  COUNT(*) AS total
FROM video_telemetry_json
