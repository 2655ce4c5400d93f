package conformance_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"acme/telemetry/engine/dialect"
)

// byHand are queries with the DuckDB SQL that one would write for the same
// meaning: 64-bit sums, integer division, Athena's order statistic.
var byHand = []struct{ name, athena, duckdb string }{
	{"realtime_metrics", `SELECT COUNT(DISTINCT customer_id) AS active_users, COUNT(*) AS total_events, AVG(bandwidth_mbps) AS avg_bandwidth, SUM(watch_duration_seconds) / 3600.0 AS total_hours_watched
		FROM video_telemetry_json WHERE year = 2025 AND month = 8 AND day = 11 AND hour = 17`,
		`SELECT count(DISTINCT customer_id), count(*), avg(bandwidth_mbps), CAST(CAST(sum(watch_duration_seconds) AS BIGINT) / 3600.0 AS DECIMAL(21,1))
		FROM events WHERE year = 2025 AND month = 8 AND day = 11 AND hour = 17`},
	{"content_performance", `SELECT title_id, COUNT(DISTINCT customer_id) AS viewers, AVG(completion_percentage) AS avg_completion, SUM(CASE WHEN event_type = 'complete' THEN 1 ELSE 0 END) AS completions
		FROM video_telemetry_json WHERE year = 2025 AND month = 8 AND day = 11 AND hour = 17 GROUP BY title_id ORDER BY viewers DESC LIMIT 10`,
		`SELECT title_id, count(DISTINCT customer_id) AS viewers, avg(completion_percentage), CAST(sum(CASE WHEN event_type = 'complete' THEN 1 ELSE 0 END) AS BIGINT)
		FROM events WHERE year = 2025 AND month = 8 AND day = 11 AND hour = 17 GROUP BY title_id ORDER BY viewers DESC LIMIT 10`},
	{"quality_of_service", `SELECT quality, device_type, AVG(buffering_events) AS avg_buffering, approx_percentile(bandwidth_mbps, 0.5) AS median_bandwidth, approx_percentile(bandwidth_mbps, 0.95) AS p95_bandwidth
		FROM video_telemetry_json WHERE year = 2025 AND month = 8 AND day = 11 GROUP BY quality, device_type ORDER BY quality, device_type`,
		`SELECT quality, device_type, avg(buffering_events), quantile_disc(bandwidth_mbps, 0.5), quantile_disc(bandwidth_mbps, 0.95)
		FROM events WHERE year = 2025 AND month = 8 AND day = 11 GROUP BY quality, device_type ORDER BY quality, device_type`},
	{"user_behavior", `WITH user_metrics AS (SELECT customer_id, COUNT(DISTINCT session_id) AS sessions, COUNT(DISTINCT title_id) AS titles_watched, SUM(watch_duration_seconds) / 3600.0 AS total_hours
		FROM video_telemetry_json WHERE year = 2025 AND month = 8 AND day = 11 GROUP BY customer_id)
		SELECT CASE WHEN total_hours < 1 THEN 'Light' WHEN total_hours < 5 THEN 'Regular' ELSE 'Heavy' END AS user_segment, COUNT(*) AS user_count, AVG(sessions) AS avg_sessions, AVG(titles_watched) AS avg_titles
		FROM user_metrics GROUP BY CASE WHEN total_hours < 1 THEN 'Light' WHEN total_hours < 5 THEN 'Regular' ELSE 'Heavy' END`,
		`WITH user_metrics AS (SELECT customer_id, count(DISTINCT session_id) AS sessions, count(DISTINCT title_id) AS titles_watched, CAST(CAST(sum(watch_duration_seconds) AS BIGINT) / 3600.0 AS DECIMAL(21,1)) AS total_hours
		FROM events WHERE year = 2025 AND month = 8 AND day = 11 GROUP BY customer_id)
		SELECT CASE WHEN total_hours < 1 THEN 'Light' WHEN total_hours < 5 THEN 'Regular' ELSE 'Heavy' END AS user_segment, count(*), avg(sessions), avg(titles_watched) FROM user_metrics GROUP BY user_segment`},
	{"divide_and_compare", `SELECT device_type, sum(position_seconds / 60) AS minutes, count_if(bandwidth_mbps > 10) AS fast, max_by(title_id, completion_percentage) AS best FROM video_telemetry_json GROUP BY device_type`,
		`SELECT device_type, CAST(sum(position_seconds // 60) AS BIGINT), count(*) FILTER (WHERE bandwidth_mbps > 10), arg_max_null(title_id, completion_percentage) FROM events GROUP BY device_type`},
	{"time", `SELECT date_trunc('minute', from_iso8601_timestamp(event_timestamp)) AS minute, count(*) AS n FROM video_telemetry_json GROUP BY 1`,
		`SELECT date_trunc('minute', CAST(event_timestamp AS TIMESTAMPTZ)), count(*) FROM events GROUP BY 1`},
	{"window", `SELECT count(*) AS n, sum(gap) AS total FROM (SELECT position_seconds - lag(position_seconds) OVER (PARTITION BY session_id ORDER BY event_timestamp) AS gap FROM video_telemetry_json WHERE hour = 17) WHERE gap > 0`,
		`SELECT count(*), CAST(sum(gap) AS BIGINT) FROM (SELECT position_seconds - lag(position_seconds) OVER (PARTITION BY session_id ORDER BY event_timestamp) AS gap FROM events WHERE hour = 17) WHERE gap > 0`},
	{"text", `SELECT upper(substr(country, 1, 2)) AS c, regexp_extract(ip_address, '^\d+') AS net, count(*) AS n FROM video_telemetry_json WHERE city LIKE '%a%' GROUP BY 1, 2`,
		`SELECT upper(substr(country, 1, 2)), nullif(regexp_extract(ip_address, '^\d+'), ''), count(*) FROM events WHERE city LIKE '%a%' GROUP BY 1, 2`},
}

// BenchmarkLowered runs queries over Parquet as the dialect lowers them and as one
// would write them by hand, in one run. ACME_ROWS is the number of rows, a million
// where not set.
func BenchmarkLowered(b *testing.B) {
	e := openEngine(b)
	n := setting(b, "ACME_ROWS", 1_000_000)
	file := filepath.Join(b.TempDir(), "events.parquet")
	e.exec(b, fmt.Sprintf(eventsParquet, n, file))
	e.exec(b, "DROP TABLE events")
	e.exec(b, fmt.Sprintf(`CREATE VIEW events AS SELECT *, '%[1]s' AS "$path" FROM read_parquet('%[1]s')`, file))
	for _, q := range byHand {
		tr, err := dialect.Translate(q.athena, dialect.Options{Database: "acme_telemetry", Catalog: e.catalog})
		if err != nil {
			b.Fatalf("%s: %v", q.name, err)
		}
		if err := e.scans(tr); err != nil {
			b.Fatal(err)
		}
		for _, side := range []struct{ name, sql string }{{"hand", q.duckdb}, {"acme", tr.SQL}} {
			b.Run(q.name+"/"+side.name, func(b *testing.B) {
				for b.Loop() {
					if err := drain(e, side.sql); err != nil {
						b.Fatalf("%s: %v", strings.Join(strings.Fields(side.sql), " "), err)
					}
				}
			})
		}
	}
}

// drain runs a statement to its end.
func drain(e *engine, sql string) error {
	rows, err := e.conn.QueryContext(context.Background(), sql)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
	}
	return rows.Err()
}

// eventsParquet makes %d rows in the shape of the table, from their number alone.
const eventsParquet = `COPY (SELECT 'EVENT_' || i AS event_id, 'CUST_' || (((i * 2654435761 * 7) >> 7) %% 50000) AS customer_id, 'TITLE_' || (((i * 2654435761 * 11) >> 7) %% 500) AS title_id,
	'SESS_' || (i // 20) AS session_id, ['start', 'progress', 'pause', 'complete', 'stop'][1 + ((i * 2654435761) >> 7) %% 5] AS event_type,
	strftime(TIMESTAMP '2025-08-11 16:00:00' + to_milliseconds(CAST(i %% 7200000 AS BIGINT)), '%%Y-%%m-%%dT%%H:%%M:%%S.%%gZ') AS event_timestamp,
	CAST(((i * 2654435761 * 3) >> 7) %% 4000 AS INTEGER) AS watch_duration_seconds, CAST(((i * 2654435761 * 5) >> 7) %% 7200 AS INTEGER) AS position_seconds, (((i * 2654435761 * 13) >> 7) %% 10000) / 100.0::DOUBLE AS completion_percentage,
	['mobile', 'tv', 'web', 'tablet'][1 + ((i * 2654435761 * 17) >> 7) %% 4] AS device_type, 'DEV_' || (((i * 2654435761 * 19) >> 7) %% 60000) AS device_id, 'Android' AS device_os, '4.2.1' AS app_version,
	['SD', 'HD', 'UHD'][1 + ((i * 2654435761 * 23) >> 7) %% 3] AS quality, (((i * 2654435761 * 29) >> 7) %% 50000) / 1000.0::DOUBLE AS bandwidth_mbps, CAST(((i * 2654435761 * 31) >> 7) %% 4 AS INTEGER) AS buffering_events,
	CAST(((i * 2654435761 * 37) >> 7) %% 30 AS INTEGER) AS buffering_duration_seconds, CAST(((i * 2654435761 * 41) >> 7) %% 2 AS INTEGER) AS error_count, (((i * 2654435761 * 43) >> 7) %% 223) || '.0.2.1' AS ip_address,
	['Germany', 'France', 'Spain', 'Italy'][1 + ((i * 2654435761 * 47) >> 7) %% 4] AS country, 'State' AS state, ['Paris', 'Madrid', 'Rom', 'Köln'][1 + ((i * 2654435761 * 53) >> 7) %% 4] AS city, 'ISP' AS isp, 'wifi' AS connection_type,
	2025 AS year, 8 AS month, 11 AS day, CAST(16 + i %% 2 AS INTEGER) AS hour FROM range(%[1]d) t(i)) TO '%[2]s' (FORMAT parquet, ROW_GROUP_SIZE 122880)`
