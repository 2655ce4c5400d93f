-- The catalogue: one row a title.
-- Put your account in place of 123456789012.
CREATE EXTERNAL TABLE IF NOT EXISTS `acme_streaming_data`.`titles` (
  `title_id` string,
  `title_name` string,
  `title_type` string,
  `genre` string,
  `release_date` string,
  `duration_minutes` int,
  `popularity_score` double
)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
WITH SERDEPROPERTIES ('ignore.malformed.json' = 'true')
STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION 's3://acme-telemetry-123456789012-eu-central-1/dimensions/titles/'
TBLPROPERTIES ('classification' = 'json', 'compressionType' = 'gzip')
