-- How long people had watched when the event was sent, in five ranges, as a share
-- of all rows. The ELSE takes rows without a duration too, as the report always did.
WITH bucketed AS (
  SELECT
    CASE
      WHEN watch_duration_seconds < 300 THEN '< 5 min'
      WHEN watch_duration_seconds < 900 THEN '5-15 min'
      WHEN watch_duration_seconds < 1800 THEN '15-30 min'
      WHEN watch_duration_seconds < 3600 THEN '30-60 min'
      ELSE '> 60 min'
    END AS duration_range,
    completion_percentage
  FROM video_telemetry_json
)
SELECT
  duration_range,
  COUNT(*) AS sessions,
  100e0 * COUNT(*) / SUM(COUNT(*)) OVER () AS percent,
  AVG(completion_percentage) AS avg_completion_percentage
FROM bucketed
GROUP BY duration_range
ORDER BY sessions DESC, duration_range DESC
