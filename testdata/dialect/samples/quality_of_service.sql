SELECT
    quality,
    device_type,
    AVG(buffering_events) AS avg_buffering,
    PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY bandwidth_mbps) AS median_bandwidth,
    PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY bandwidth_mbps) AS p95_bandwidth
FROM video_telemetry_json
WHERE year = 2025 AND month = 8 AND day = 11
GROUP BY quality, device_type
ORDER BY quality, device_type;
