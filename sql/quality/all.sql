-- Every rule that one pass over the events can count: the rows that break it, and
-- the rows looked at. One query, since Athena bills 10 MB at least for each.
SELECT
  COUNT(*) AS total,
  COUNT_IF(
    event_id IS NULL
    OR NOT regexp_like(event_id, '^EVENT_[0-9A-Fa-f]+$')
    OR customer_id IS NULL
    OR NOT regexp_like(customer_id, '^CUST_[0-9A-Fa-f]+$')
    OR title_id IS NULL
    OR NOT regexp_like(title_id, '^TITLE_[0-9A-Fa-f]+$')
    OR session_id IS NULL
    OR NOT regexp_like(session_id, '^SESSION_[0-9A-Fa-f]+$')
    OR device_id IS NULL
    OR NOT regexp_like(device_id, '^DEVICE_[0-9A-Fa-f]+$')
  ) AS ids_well_formed,
  COUNT_IF(event_type = 'start' AND watch_duration_seconds <> 0) AS start_watched_nothing,
  COUNT_IF(buffering_events = 0 AND buffering_duration_seconds <> 0) AS buffering_consistent,
  COUNT_IF(quality = '4K' AND bandwidth_mbps < 15) AS uhd_bandwidth,
  COUNT_IF(
    event_type NOT IN ('start', 'stop', 'pause', 'resume', 'complete')
    OR device_type NOT IN ('mobile', 'web', 'tv', 'tablet')
    OR device_os NOT IN ('iOS', 'Android', 'Windows', 'macOS', 'Linux', 'ChromeOS', 'Roku OS', 'Fire TV', 'Apple TV', 'Android TV', 'Smart TV OS')
    OR quality NOT IN ('SD', 'HD', '4K')
    OR country NOT IN ('United States', 'United Kingdom', 'Canada')
    OR connection_type NOT IN ('wifi', 'mobile', 'fiber', 'cable', 'dsl', 'satellite')
  ) AS values_listed,
  COUNT_IF(
    device_type = 'mobile' AND device_os NOT IN ('iOS', 'Android')
    OR device_type = 'web' AND device_os NOT IN ('Windows', 'macOS', 'Linux', 'ChromeOS')
    OR device_type = 'tv' AND device_os NOT IN ('Roku OS', 'Fire TV', 'Apple TV', 'Android TV', 'Smart TV OS')
    OR device_type = 'tablet' AND device_os NOT IN ('iOS', 'Android')
  ) AS device_os_fits,
  COUNT_IF(
    watch_duration_seconds NOT BETWEEN 0 AND 86400
    OR position_seconds NOT BETWEEN 0 AND 86400
    OR completion_percentage NOT BETWEEN 0 AND 100
    OR bandwidth_mbps NOT BETWEEN 0 AND 1000
    OR buffering_events NOT BETWEEN 0 AND 1000
    OR buffering_duration_seconds NOT BETWEEN 0 AND 3600
    OR error_count NOT BETWEEN 0 AND 100
  ) AS numbers_in_range,
  COUNT_IF(
    NOT regexp_like(event_timestamp, '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{6}Z$')
    OR NOT regexp_like(app_version, '^[0-9]+[.][0-9]+[.][0-9]+$')
    OR NOT regexp_like(ip_address, '^((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])([.](25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){3}|hmac:[0-9a-f]{8}:[A-Za-z0-9_-]{43})$')
  ) AS text_well_formed,
  COUNT(event_id) - COUNT(DISTINCT event_id) AS event_id_unique
FROM video_telemetry_json
