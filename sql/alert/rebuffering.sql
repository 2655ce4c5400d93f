-- Where viewers waited: hours and countries in which a session rebuffered more than
-- twice on average. A player counts upwards within a session, so that a session's
-- rebuffers are its greatest count.
WITH sessions AS (
  SELECT year, month, day, hour, country, session_id, MAX(buffering_events) AS rebuffers
  FROM video_telemetry_json
  WHERE session_id IS NOT NULL
  GROUP BY year, month, day, hour, country, session_id
)
SELECT
  year,
  month,
  day,
  hour,
  country,
  COUNT(*) AS sessions,
  AVG(rebuffers) AS rebuffers_per_session,
  COUNT_IF(rebuffers > 2) AS sessions_above
FROM sessions
GROUP BY year, month, day, hour, country
HAVING AVG(rebuffers) > 2
ORDER BY year, month, day, hour, country
