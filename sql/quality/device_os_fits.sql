-- The operating system is one of the class of device. The rows that break this, and the rows looked at.
SELECT
  COUNT_IF(
    device_type = 'mobile' AND device_os NOT IN ('iOS', 'Android')
    OR device_type = 'web' AND device_os NOT IN ('Windows', 'macOS', 'Linux', 'ChromeOS')
    OR device_type = 'tv' AND device_os NOT IN ('Roku OS', 'Fire TV', 'Apple TV', 'Android TV', 'Smart TV OS')
    OR device_type = 'tablet' AND device_os NOT IN ('iOS', 'Android')
  ) AS offending,
  COUNT(*) AS total
FROM video_telemetry_json
