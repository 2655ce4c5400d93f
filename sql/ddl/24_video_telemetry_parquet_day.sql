-- The same events as Parquet, a partition a day: fewer and larger objects.
-- Put your account in place of 123456789012.
CREATE EXTERNAL TABLE IF NOT EXISTS `acme_telemetry`.`video_telemetry_parquet_day` (
  `event_id` string,
  `customer_id` string,
  `title_id` string,
  `session_id` string,
  `event_type` string,
  `event_timestamp` string,
  `watch_duration_seconds` int,
  `position_seconds` int,
  `completion_percentage` double,
  `device_type` string,
  `device_id` string,
  `device_os` string,
  `app_version` string,
  `quality` string,
  `bandwidth_mbps` double,
  `buffering_events` int,
  `buffering_duration_seconds` int,
  `error_count` int,
  `ip_address` string,
  `country` string,
  `state` string,
  `city` string,
  `isp` string,
  `connection_type` string
)
PARTITIONED BY (
  `year` int,
  `month` int,
  `day` int
)
STORED AS PARQUET
LOCATION 's3://acme-telemetry-123456789012-eu-central-1/telemetry_parquet_day/'
TBLPROPERTIES ('classification' = 'parquet', 'parquet.compression' = 'ZSTD')
