WITH user_metrics AS (
    SELECT
        customer_id,
        COUNT(DISTINCT session_id) AS sessions,
        COUNT(DISTINCT title_id) AS titles_watched,
        SUM(watch_duration_seconds) / 3600.0 AS total_hours
    FROM video_telemetry_json
    WHERE year = 2025 AND month = 8 AND day = 11
    GROUP BY customer_id
)

SELECT
    CASE
        WHEN total_hours < 1 THEN 'Light (< 1 hr)'
        WHEN total_hours < 5 THEN 'Regular (1-5 hrs)'
        ELSE 'Heavy (> 5 hrs)'
    END AS user_segment,
    COUNT(*) AS user_count,
    AVG(sessions) AS avg_sessions,
    AVG(titles_watched) AS avg_titles
FROM user_metrics
GROUP BY
    CASE
        WHEN total_hours < 1 THEN 'Light (< 1 hr)'
        WHEN total_hours < 5 THEN 'Regular (1-5 hrs)'
        ELSE 'Heavy (> 5 hrs)'
    END;
