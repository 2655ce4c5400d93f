-- What players reported: events by type, as a share of all rows. A row without a
-- type counts in the whole but has no line of its own.
WITH counted AS (
  SELECT
    event_type,
    COUNT(*) AS events,
    100e0 * COUNT(*) / SUM(COUNT(*)) OVER () AS percent
  FROM video_telemetry_json
  GROUP BY event_type
)
SELECT event_type, events, percent
FROM counted
WHERE event_type IS NOT NULL
ORDER BY events DESC, event_type DESC
