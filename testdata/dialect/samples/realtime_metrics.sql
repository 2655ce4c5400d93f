SELECT
    COUNT(DISTINCT customer_id) AS active_users,
    COUNT(*) AS total_events,
    AVG(bandwidth_mbps) AS avg_bandwidth,
    SUM(watch_duration_seconds) / 3600.0 AS total_hours_watched
FROM video_telemetry_json
WHERE year = 2025 AND month = 8 AND day = 11 AND hour = 17;
