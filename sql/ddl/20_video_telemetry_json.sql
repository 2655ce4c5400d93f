-- Video player events as Firehose delivers them: gzip JSON, partitioned by arrival hour (UTC).
-- Put your account in place of 123456789012.
CREATE EXTERNAL TABLE IF NOT EXISTS `acme_telemetry`.`video_telemetry_json` (
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
  `day` int,
  `hour` int
)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
WITH SERDEPROPERTIES ('ignore.malformed.json' = 'true')
STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION 's3://acme-telemetry-123456789012-eu-central-1/telemetry/'
TBLPROPERTIES ('classification' = 'json', 'compressionType' = 'gzip')
