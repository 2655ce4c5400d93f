-- Which classes of device people watch on, and how well it goes there.
SELECT
  device_type,
  COUNT(DISTINCT customer_id) AS users,
  AVG(bandwidth_mbps) AS avg_bandwidth_mbps,
  AVG(completion_percentage) AS avg_completion_percentage
FROM video_telemetry_json
WHERE device_type IS NOT NULL
GROUP BY device_type
ORDER BY users DESC, device_type DESC
