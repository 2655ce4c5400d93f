-- Quality of service in the form that Athena accepts: approx_percentile stands for
-- PERCENTILE_CONT, which Athena engine v3 does not have.
SELECT
    quality,
    device_type,
    AVG(buffering_events) AS avg_buffering,
    approx_percentile(bandwidth_mbps, 0.5) AS median_bandwidth,
    approx_percentile(bandwidth_mbps, 0.95) AS p95_bandwidth
FROM video_telemetry_json
WHERE year = 2025 AND month = 8 AND day = 11
GROUP BY quality, device_type
ORDER BY quality, device_type;
