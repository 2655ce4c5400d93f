SELECT
    title_id,
    COUNT(DISTINCT customer_id) AS viewers,
    AVG(completion_percentage) AS avg_completion,
    SUM(CASE WHEN event_type = 'complete' THEN 1 ELSE 0 END) AS completions
FROM video_telemetry_json
WHERE year = 2025 AND month = 8 AND day = 11 AND hour = 17
GROUP BY title_id
ORDER BY viewers DESC
LIMIT 10;
