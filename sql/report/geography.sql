-- Where people watch: viewers and cities by country, with bandwidth and rebuffering.
SELECT
  country,
  COUNT(DISTINCT customer_id) AS users,
  COUNT(DISTINCT city) AS cities,
  AVG(bandwidth_mbps) AS avg_bandwidth_mbps,
  AVG(buffering_events) AS avg_buffering_events
FROM video_telemetry_json
WHERE country IS NOT NULL
GROUP BY country
ORDER BY users DESC, country DESC
