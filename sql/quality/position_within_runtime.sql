-- The position is at most the runtime of the title. The rows that break this, and the rows looked at.
SELECT
  COUNT_IF(e.position_seconds > t.duration_minutes * 60) AS offending,
  COUNT(*) AS total
FROM video_telemetry_json e
JOIN acme_streaming_data.titles t ON t.title_id = e.title_id
