-- Without buffering events there is no buffering duration. The rows that break this, and the rows looked at.
SELECT
  COUNT_IF(buffering_events = 0 AND buffering_duration_seconds <> 0) AS offending,
  COUNT(*) AS total
FROM video_telemetry_json
