-- No event is there twice. The rows that break this, and the rows looked at.
SELECT
  COUNT(event_id) - COUNT(DISTINCT event_id) AS offending,
  COUNT(*) AS total
FROM video_telemetry_json
