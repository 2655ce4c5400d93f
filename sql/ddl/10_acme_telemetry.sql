-- The database of the tables below.
CREATE DATABASE IF NOT EXISTS `acme_telemetry`
