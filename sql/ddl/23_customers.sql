-- The audience: one row a customer.
-- Put your account in place of 123456789012.
CREATE EXTERNAL TABLE IF NOT EXISTS `acme_streaming_data`.`customers` (
  `customer_id` string,
  `subscription_tier` string,
  `country` string,
  `signup_date` string,
  `is_active` boolean,
  `lifetime_value` double
)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
WITH SERDEPROPERTIES ('ignore.malformed.json' = 'true')
STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION 's3://acme-telemetry-123456789012-eu-central-1/dimensions/customers/'
TBLPROPERTIES ('classification' = 'json', 'compressionType' = 'gzip')
