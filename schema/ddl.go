package schema

import (
	"strings"
)

// Bucket is the bucket that the DDL in sql/ddl names. 123456789012 is the
// account that AWS keeps for examples: who runs the DDL puts their own.
const Bucket = "acme-telemetry-123456789012-eu-central-1"

// Location gives the URI of t's objects in a bucket, with the slash that Athena wants at its end.
func (t Table) Location(bucket string) string { return "s3://" + bucket + "/" + t.Prefix }

// HiveDDL gives the statement that makes t in Athena over the objects at
// location. Athena's DDL is Hive's dialect: names in backquotes, no query types.
//
// ignore.malformed.json turns a line that is no JSON object into a row of NULLs
// instead of an error.
func HiveDDL(t Table, location string) string {
	var b strings.Builder
	b.WriteString("CREATE EXTERNAL TABLE IF NOT EXISTS `" + t.Database + "`.`" + t.Name + "` (\n")
	hiveColumns(&b, t.Columns)
	b.WriteString(")\n")
	if len(t.Partitions) > 0 {
		b.WriteString("PARTITIONED BY (\n")
		hiveColumns(&b, t.Partitions)
		b.WriteString(")\n")
	}
	if t.Parquet {
		b.WriteString("STORED AS PARQUET\n")
	} else {
		b.WriteString("ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'\n" +
			"WITH SERDEPROPERTIES ('ignore.malformed.json' = 'true')\n" +
			"STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat'\n" +
			"OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'\n")
	}
	b.WriteString("LOCATION '" + location + "'\n")
	b.WriteString("TBLPROPERTIES (" + properties(t) + ")\n")
	return b.String()
}

// HiveProjectionDDL is HiveDDL with partition projection: Athena computes the
// hours from the ranges instead of asking Glue for them, so that no MSCK REPAIR
// is needed, and SHOW PARTITIONS shows nothing.
func HiveProjectionDDL(t Table, location string) string {
	var b strings.Builder
	b.WriteString("TBLPROPERTIES (\n  " + strings.ReplaceAll(properties(t), ", ", ",\n  ") + ",\n  'projection.enabled' = 'true',\n")
	for _, p := range t.Partitions {
		lo, hi, digits := decimal(p.Min), decimal(p.Max), "2"
		if p.Name == "year" {
			lo, hi, digits = "2024", "2035", "4"
		}
		key := "  'projection." + p.Name
		b.WriteString(key + ".type' = 'integer',\n" + key + ".range' = '" + lo + "," + hi + "',\n" + key + ".digits' = '" + digits + "',\n")
	}
	template := location
	for _, p := range t.Partitions {
		template += p.Name + "=${" + p.Name + "}/"
	}
	b.WriteString("  'storage.location.template' = '" + template + "'\n)\n")
	ddl := HiveDDL(t, location)
	return ddl[:strings.Index(ddl, "TBLPROPERTIES")] + b.String()
}

func properties(t Table) string {
	if t.Parquet {
		return "'classification' = 'parquet', 'parquet.compression' = 'ZSTD'"
	}
	return "'classification' = 'json', 'compressionType' = 'gzip'"
}

func hiveColumns(b *strings.Builder, columns []Column) {
	for i, c := range columns {
		b.WriteString("  `" + c.Name + "` " + c.Type.String())
		if i < len(columns)-1 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
}
