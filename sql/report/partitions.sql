-- Which hours there are, with the rows and the objects of each. Hours are those of
-- arrival, UTC: Firehose names the folder by when it took the first record.
SELECT
  year,
  month,
  day,
  hour,
  COUNT(*) AS row_count,
  COUNT(DISTINCT "$path") AS object_count
FROM video_telemetry_json
GROUP BY year, month, day, hour
ORDER BY year, month, day, hour
