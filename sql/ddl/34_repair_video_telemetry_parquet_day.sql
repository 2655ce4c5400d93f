-- Registers the hours that lie in the bucket and that Glue does not know yet.
MSCK REPAIR TABLE `acme_telemetry`.`video_telemetry_parquet_day`
