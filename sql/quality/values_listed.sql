-- Columns with a list of values hold one of the list. The rows that break this, and the rows looked at.
SELECT
  COUNT_IF(
    event_type NOT IN ('start', 'stop', 'pause', 'resume', 'complete')
    OR device_type NOT IN ('mobile', 'web', 'tv', 'tablet')
    OR device_os NOT IN ('iOS', 'Android', 'Windows', 'macOS', 'Linux', 'ChromeOS', 'Roku OS', 'Fire TV', 'Apple TV', 'Android TV', 'Smart TV OS')
    OR quality NOT IN ('SD', 'HD', '4K')
    OR country NOT IN ('United States', 'United Kingdom', 'Canada')
    OR connection_type NOT IN ('wifi', 'mobile', 'fiber', 'cable', 'dsl', 'satellite')
  ) AS offending,
  COUNT(*) AS total
FROM video_telemetry_json
