-- 4K is played at 15 Mbps or more. The rows that break this, and the rows looked at.
SELECT
  COUNT_IF(quality = '4K' AND bandwidth_mbps < 15) AS offending,
  COUNT(*) AS total
FROM video_telemetry_json
