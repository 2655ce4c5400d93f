-- How much was watched, by whom, and when: one row over the whole range.
SELECT
  COUNT(*) AS total_events,
  COUNT(DISTINCT customer_id) AS unique_customers,
  COUNT(DISTINCT session_id) AS unique_sessions,
  COUNT(DISTINCT title_id) AS unique_titles,
  MIN(event_timestamp) AS first_event,
  MAX(event_timestamp) AS last_event,
  AVG(bandwidth_mbps) AS avg_bandwidth_mbps,
  AVG(completion_percentage) AS avg_completion_percentage,
  AVG(buffering_events) AS avg_buffering_events,
  AVG(error_count) AS avg_errors
FROM video_telemetry_json
