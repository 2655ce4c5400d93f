-- Which quality is played, as a share of all rows, with bandwidth and rebuffering.
-- A stream is one row here. A row without a quality counts in the whole only.
WITH counted AS (
  SELECT
    quality,
    COUNT(*) AS streams,
    100e0 * COUNT(*) / SUM(COUNT(*)) OVER () AS percent,
    AVG(bandwidth_mbps) AS avg_bandwidth_mbps,
    AVG(buffering_events) AS avg_buffering_events
  FROM video_telemetry_json
  GROUP BY quality
)
SELECT quality, streams, percent, avg_bandwidth_mbps, avg_buffering_events
FROM counted
WHERE quality IS NOT NULL
ORDER BY streams DESC, quality
