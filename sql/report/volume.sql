-- How many rows Athena sees, and in how many objects it sees them. Far fewer rows
-- than events sent means that the records of an object are not on lines of their own.
SELECT
  COUNT(*) AS row_count,
  COUNT(DISTINCT "$path") AS object_count
FROM video_telemetry_json
