-- Hours unlike the same hour of other days. For every hour and every country, city,
-- device and provider: seven measures, each against its median over the days, in units
-- of its usual spread (the median absolute deviation, or the noise of so few events
-- where that is more). Of each hour and measure the value that stands out most is
-- shown; "also" counts the others that do. Hours are those of arrival, UTC. Fewer than
-- five days give no row: nothing is usual yet.
WITH delivered AS (
  SELECT
    *,
    -- Firehose names an object by the minute in which it took the first record; an
    -- event of an earlier minute was late. Of other names the folder's hour is known.
    COALESCE(
      regexp_replace(
        regexp_extract("$path", '\d{4}-\d{2}-\d{2}-\d{2}-\d{2}-\d{2}-[0-9a-f-]{36}[.][a-z]+$'),
        '^(\d{4}-\d{2}-\d{2})-(\d{2})-(\d{2}).*$',
        '$1T$2:$3'
      ),
      format('%04d-%02d-%02dT%02d', year, month, day, hour)
    ) AS opened
  FROM video_telemetry_json
),
counted AS (
  SELECT
    year,
    month,
    day,
    hour,
    country,
    city,
    device_type,
    isp,
    COUNT(*) AS events,
    COUNT(event_id) - COUNT(DISTINCT event_id) AS duplicates,
    SUM(bandwidth_mbps) AS bandwidth,
    COUNT(bandwidth_mbps) AS bandwidths,
    SUM(buffering_events) AS bufferings,
    SUM(error_count) AS errors,
    COUNT_IF(substr(event_timestamp, 1, 16) < opened) AS late,
    COUNT_IF(
      event_id IS NULL OR customer_id IS NULL OR title_id IS NULL OR session_id IS NULL OR event_type IS NULL
      OR event_timestamp IS NULL OR watch_duration_seconds IS NULL OR position_seconds IS NULL
      OR completion_percentage IS NULL OR device_type IS NULL OR device_id IS NULL OR device_os IS NULL
      OR app_version IS NULL OR quality IS NULL OR bandwidth_mbps IS NULL OR buffering_events IS NULL
      OR buffering_duration_seconds IS NULL OR error_count IS NULL OR ip_address IS NULL OR country IS NULL
      OR state IS NULL OR city IS NULL OR isp IS NULL OR connection_type IS NULL
    ) AS nulls
  FROM delivered
  GROUP BY year, month, day, hour, country, city, device_type, isp
),
stamped AS (
  SELECT
    CAST(format('%04d-%02d-%02d %02d:00:00.000', year, month, day, hour) AS timestamp) AS started,
    CASE
      WHEN GROUPING(city) = 0 THEN 'city'
      WHEN GROUPING(country) = 0 THEN 'country'
      WHEN GROUPING(device_type) = 0 THEN 'device_type'
      WHEN GROUPING(isp) = 0 THEN 'isp'
      ELSE 'all'
    END AS dimension,
    COALESCE(city, country, device_type, isp, 'all') AS value,
    CAST(SUM(events) AS double) AS events,
    SUM(bandwidth) / SUM(bandwidths) AS bandwidth_mbps,
    1e0 * SUM(bufferings) / SUM(events) AS buffering_events,
    1e0 * SUM(errors) / SUM(events) AS error_count,
    100e0 * SUM(late) / SUM(events) AS late_percent,
    100e0 * SUM(nulls) / SUM(events) AS null_percent,
    100e0 * SUM(duplicates) / SUM(events) AS duplicate_percent
  FROM counted
  GROUP BY GROUPING SETS (
    (year, month, day, hour),
    (year, month, day, hour, country),
    (year, month, day, hour, city),
    (year, month, day, hour, device_type),
    (year, month, day, hour, isp)
  )
),
-- An hour without an event has no row, and is the most telling one.
hours AS (
  SELECT started
  FROM (SELECT MIN(started) AS first_hour, MAX(started) AS last_hour FROM stamped)
  CROSS JOIN UNNEST(sequence(first_hour, last_hour, INTERVAL '1' HOUR)) AS h (started)
),
grid AS (
  SELECT
    h.started,
    v.dimension,
    v.value,
    COALESCE(s.events, 0e0) AS events,
    s.bandwidth_mbps,
    s.buffering_events,
    s.error_count,
    s.late_percent,
    s.null_percent,
    s.duplicate_percent
  FROM hours AS h
  CROSS JOIN (SELECT dimension, value FROM stamped GROUP BY dimension, value) AS v
  LEFT JOIN stamped AS s ON s.started = h.started AND s.dimension = v.dimension AND s.value = v.value
),
measures AS (
  SELECT started, dimension, value, events, measure, observed
  FROM grid
  CROSS JOIN UNNEST(
    ARRAY['events', 'bandwidth_mbps', 'buffering_events', 'error_count', 'late_percent', 'null_percent', 'duplicate_percent'],
    ARRAY[events, bandwidth_mbps, buffering_events, error_count, late_percent, null_percent, duplicate_percent]
  ) AS m (measure, observed)
  WHERE observed IS NOT NULL
),
collected AS (
  SELECT dimension, value, measure, hour(started) AS hour_of_day, array_sort(array_agg(observed)) AS seen, AVG(observed) AS average
  FROM measures
  GROUP BY dimension, value, measure, hour(started)
  HAVING COUNT(*) >= 5
),
usual AS (
  SELECT dimension, value, measure, hour_of_day, seen, average, seen[(cardinality(seen) + 1) / 2] AS expected
  FROM collected
),
spread AS (
  SELECT
    dimension,
    value,
    measure,
    hour_of_day,
    expected,
    GREATEST(expected, average) AS level,
    1.4826e0 * array_sort(transform(seen, x -> abs(x - expected)))[(cardinality(seen) + 1) / 2] AS deviation
  FROM usual
),
scored AS (
  SELECT
    m.started,
    m.dimension,
    m.value,
    m.measure,
    m.observed,
    s.expected,
    (m.observed - s.expected) / GREATEST(
      s.deviation,
      CASE
        -- What a session sends goes together, and a weekend is not a weekday.
        WHEN m.measure = 'events' THEN sqrt(4e0 * s.expected) + 0.05e0 * s.expected + 1e0
        WHEN m.measure = 'bandwidth_mbps' THEN 2.5e0 * s.expected / sqrt(m.events)
        WHEN m.measure IN ('buffering_events', 'error_count') THEN sqrt((12e0 * s.level + 0.1e0) / m.events)
        ELSE 100e0 * sqrt((s.level / 100 + 0.01e0) / m.events)
      END
    ) AS score
  FROM measures AS m
  JOIN spread AS s
    ON s.dimension = m.dimension AND s.value = m.value AND s.measure = m.measure AND s.hour_of_day = hour(m.started)
  WHERE m.measure = 'events' AND s.expected >= 30 OR m.measure <> 'events' AND m.events >= 60
),
unusual AS (
  SELECT
    started,
    dimension,
    value,
    measure,
    observed,
    expected,
    score,
    ROW_NUMBER() OVER (PARTITION BY started, measure ORDER BY abs(score) DESC, dimension, value) AS place,
    COUNT(*) OVER (PARTITION BY started, measure) - 1 AS also
  FROM scored
  WHERE
    measure = 'events' AND abs(score) >= 5 AND abs(observed - expected) >= 0.25e0 * expected
    OR measure = 'bandwidth_mbps' AND abs(score) >= 6 AND abs(observed - expected) >= 0.2e0 * expected
    OR measure = 'buffering_events' AND score >= 5 AND observed - expected >= 0.2e0
    OR measure = 'error_count' AND score >= 5 AND observed - expected >= 0.05e0
    OR measure IN ('late_percent', 'null_percent', 'duplicate_percent') AND score >= 5 AND observed - expected >= 1
)
SELECT started, measure, dimension, value, observed, expected, score, also
FROM unusual
WHERE place = 1
ORDER BY started, abs(score) DESC, measure
