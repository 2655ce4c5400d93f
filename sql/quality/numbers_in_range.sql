-- Numbers lie in the range of their column. The rows that break this, and the rows looked at.
SELECT
  COUNT_IF(
    watch_duration_seconds NOT BETWEEN 0 AND 86400
    OR position_seconds NOT BETWEEN 0 AND 86400
    OR completion_percentage NOT BETWEEN 0 AND 100
    OR bandwidth_mbps NOT BETWEEN 0 AND 1000
    OR buffering_events NOT BETWEEN 0 AND 1000
    OR buffering_duration_seconds NOT BETWEEN 0 AND 3600
    OR error_count NOT BETWEEN 0 AND 100
  ) AS offending,
  COUNT(*) AS total
FROM video_telemetry_json
