//go:build unix

package duckdb

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"acme/telemetry/engine/dialect"
	"acme/telemetry/schema"
)

// lowered are queries with the DuckDB SQL that one would write for the same meaning,
// with the same values and failures for the same rows: 64-bit sums, integer division,
// Athena's order statistic, NaN where Athena has it. loose is what one would write
// without a care for those, where that is another text; many says that groups below
// digestLimit are answered by Trino's digest, which no SQL is.
var lowered = []struct {
	name, athena, duckdb, loose string
	many                        bool
}{
	{"realtime_metrics", `SELECT COUNT(DISTINCT customer_id) AS active_users, COUNT(*) AS total_events, AVG(bandwidth_mbps) AS avg_bandwidth, SUM(watch_duration_seconds) / 3600.0 AS total_hours_watched
		FROM video_telemetry_json WHERE year = 2025 AND month = 8 AND day = 11 AND hour = 17`,
		`SELECT count(DISTINCT customer_id), count(*), avg(bandwidth_mbps), CAST(CAST(sum(watch_duration_seconds) AS BIGINT) / 3600.0 AS DECIMAL(21,1))
		FROM events WHERE year = 2025 AND month = 8 AND day = 11 AND hour = 17`, "", false},
	{"content_performance", `SELECT title_id, COUNT(DISTINCT customer_id) AS viewers, AVG(completion_percentage) AS avg_completion, SUM(CASE WHEN event_type = 'complete' THEN 1 ELSE 0 END) AS completions
		FROM video_telemetry_json WHERE year = 2025 AND month = 8 AND day = 11 AND hour = 17 GROUP BY title_id ORDER BY viewers DESC LIMIT 10`,
		`SELECT title_id, count(DISTINCT customer_id) AS viewers, avg(completion_percentage), CAST(sum(CASE WHEN event_type = 'complete' THEN 1 ELSE 0 END) AS BIGINT)
		FROM events WHERE year = 2025 AND month = 8 AND day = 11 AND hour = 17 GROUP BY title_id ORDER BY viewers DESC LIMIT 10`, "", false},
	{"quality_of_service", `SELECT quality, device_type, AVG(buffering_events) AS avg_buffering, approx_percentile(bandwidth_mbps, 0.5) AS median_bandwidth, approx_percentile(bandwidth_mbps, 0.95) AS p95_bandwidth
		FROM video_telemetry_json WHERE year = 2025 AND month = 8 AND day = 11 GROUP BY quality, device_type ORDER BY quality, device_type`,
		`SELECT quality, device_type, avg(buffering_events), quantile_disc(bandwidth_mbps, -0.5), quantile_disc(bandwidth_mbps, -0.05), CASE WHEN isfinite(min(bandwidth_mbps)) AND isfinite(max(bandwidth_mbps)) THEN 0 ELSE error('value must be finite') END
		FROM events WHERE year = 2025 AND month = 8 AND day = 11 GROUP BY quality, device_type ORDER BY quality, device_type`,
		// One rank lower where a share is a whole number of values.
		`SELECT quality, device_type, avg(buffering_events), quantile_disc(bandwidth_mbps, 0.5), quantile_disc(bandwidth_mbps, 0.95)
		FROM events WHERE year = 2025 AND month = 8 AND day = 11 GROUP BY quality, device_type ORDER BY quality, device_type`, true},
	{"user_behavior", `WITH user_metrics AS (SELECT customer_id, COUNT(DISTINCT session_id) AS sessions, COUNT(DISTINCT title_id) AS titles_watched, SUM(watch_duration_seconds) / 3600.0 AS total_hours
		FROM video_telemetry_json WHERE year = 2025 AND month = 8 AND day = 11 GROUP BY customer_id)
		SELECT CASE WHEN total_hours < 1 THEN 'Light' WHEN total_hours < 5 THEN 'Regular' ELSE 'Heavy' END AS user_segment, COUNT(*) AS user_count, AVG(sessions) AS avg_sessions, AVG(titles_watched) AS avg_titles
		FROM user_metrics GROUP BY CASE WHEN total_hours < 1 THEN 'Light' WHEN total_hours < 5 THEN 'Regular' ELSE 'Heavy' END`,
		`WITH user_metrics AS (SELECT customer_id, count(DISTINCT session_id) AS sessions, count(DISTINCT title_id) AS titles_watched, CAST(CAST(sum(watch_duration_seconds) AS BIGINT) / 3600.0 AS DECIMAL(21,1)) AS total_hours
		FROM events WHERE year = 2025 AND month = 8 AND day = 11 GROUP BY customer_id)
		SELECT CASE WHEN total_hours < 1 THEN 'Light' WHEN total_hours < 5 THEN 'Regular' ELSE 'Heavy' END AS user_segment, count(*), avg(sessions), avg(titles_watched) FROM user_metrics GROUP BY user_segment`, "", false},
	{"divide_and_compare", `SELECT device_type, sum(position_seconds / 60) AS minutes, count_if(bandwidth_mbps > 10) AS fast, max_by(title_id, completion_percentage) AS best FROM video_telemetry_json GROUP BY device_type`,
		`SELECT device_type, CAST(sum(position_seconds // 60) AS BIGINT), count(*) FILTER (WHERE bandwidth_mbps > 10 AND NOT isnan(bandwidth_mbps)), arg_min_null(title_id, -completion_percentage) FROM events GROUP BY device_type`,
		// NaN is above 10 and the greatest of all.
		`SELECT device_type, CAST(sum(position_seconds // 60) AS BIGINT), count(*) FILTER (WHERE bandwidth_mbps > 10), arg_max_null(title_id, completion_percentage) FROM events GROUP BY device_type`, false},
	{"time", `SELECT date_trunc('minute', from_iso8601_timestamp(event_timestamp)) AS minute, count(*) AS n FROM video_telemetry_json GROUP BY 1`,
		`SELECT make_timestamptz(epoch_us(date_trunc('minute', CASE WHEN regexp_full_match(event_timestamp, '\d{4}-\d\d-\d\dT([01]\d|2[0-3]):\d\d:\d\d(\.\d+)?Z') THEN CAST(event_timestamp AS TIMESTAMP) ELSE error('Invalid format: ' || event_timestamp) END))), count(*) FROM events GROUP BY 1`,
		// Takes blanks, hour 24 and texts without a T, and fails with other words.
		`SELECT date_trunc('minute', CAST(event_timestamp AS TIMESTAMPTZ)), count(*) FROM events GROUP BY 1`, false},
	{"day_and_hour", `SELECT date(from_iso8601_timestamp(event_timestamp)) AS d, hour(from_iso8601_timestamp(event_timestamp)) AS h, max(bandwidth_mbps) AS top FROM video_telemetry_json GROUP BY 1, 2`,
		`SELECT CAST(t AS DATE), hour(t), -min(-bandwidth_mbps) FROM (SELECT bandwidth_mbps, CASE WHEN regexp_full_match(event_timestamp, '\d{4}-\d\d-\d\dT([01]\d|2[0-3]):\d\d:\d\d(\.\d+)?Z') THEN CAST(event_timestamp AS TIMESTAMP) ELSE error('Invalid format: ' || event_timestamp) END AS t FROM events) GROUP BY 1, 2`,
		`SELECT CAST(t AS DATE), hour(t), max(bandwidth_mbps) FROM (SELECT bandwidth_mbps, CAST(event_timestamp AS TIMESTAMPTZ) AS t FROM events) GROUP BY 1, 2`, false},
	{"window", `SELECT count(*) AS n, sum(gap) AS total FROM (SELECT position_seconds - lag(position_seconds) OVER (PARTITION BY session_id ORDER BY event_timestamp) AS gap FROM video_telemetry_json WHERE hour = 17) WHERE gap > 0`,
		`SELECT count(*), CAST(sum(gap) AS BIGINT) FROM (SELECT position_seconds - lag(position_seconds) OVER (PARTITION BY session_id ORDER BY event_timestamp) AS gap FROM events WHERE hour = 17) WHERE gap > 0`, "", false},
	{"text", `SELECT upper(substr(country, 1, 2)) AS c, regexp_extract(ip_address, '^\d+') AS net, count(*) AS n FROM video_telemetry_json WHERE city LIKE '%a%' GROUP BY 1, 2`,
		`SELECT upper(substr(country, 1, 2)), nullif(regexp_extract(ip_address, '^\d+'), ''), count(*) FROM events WHERE city LIKE '%a%' GROUP BY 1, 2`, "", false},
	{"patterns", `SELECT count_if(regexp_like(event_timestamp, 'T1[67]:\d5')) AS n, count(DISTINCT regexp_replace(device_id, '_\d+$', '')) AS kinds, max(regexp_extract(customer_id, '^CUST_(\d+)$', 1)) AS last FROM video_telemetry_json`,
		`SELECT count(*) FILTER (WHERE regexp_matches(event_timestamp, 'T1[67]:\d5')), count(DISTINCT regexp_replace(device_id, '_\d+$', '', 'g')), max(nullif(regexp_extract(customer_id, '^CUST_(\d+)$', 1), '')) FROM events`, "", false},
	{"few_values", `SELECT sum(CAST(replace(customer_id, 'CUST_', '') AS integer)) AS ids, sum(CASE WHEN quality <> 'SD' THEN CAST(split_part(ip_address, '.', 1) AS integer) END) AS networks FROM video_telemetry_json`,
		`SELECT CAST(sum(CASE WHEN regexp_full_match(id, '[+-]?\d+') THEN CAST(id AS INTEGER) ELSE error('Cannot cast ' || id || ' to INT') END) AS BIGINT), CAST(sum(CASE WHEN quality <> 'SD' THEN CASE WHEN regexp_full_match(net, '[+-]?\d+') THEN CAST(net AS INTEGER) ELSE error('Cannot cast ' || net || ' to INT') END END) AS BIGINT)
		FROM (SELECT quality, replace(customer_id, 'CUST_', '') AS id, split_part(ip_address, '.', 1) AS net FROM events)`,
		// Takes blanks, 1.5, 1e3 and 1_000.
		`SELECT CAST(sum(CAST(replace(customer_id, 'CUST_', '') AS INTEGER)) AS BIGINT), CAST(sum(CASE WHEN quality <> 'SD' THEN CAST(split_part(ip_address, '.', 1) AS INTEGER) END) AS BIGINT) FROM events`, false},
}

// BenchmarkLowered runs queries over Parquet as the dialect lowers them, with its
// functions as the engine registers them, and as one would write them by hand, by
// turns, and gives the medians of both and their ratio, of time and of the processors'
// time, which other work on the machine moves less.
// ACME_ROWS is the number of rows, two million where not set.
func BenchmarkLowered(b *testing.B) {
	n := 2_000_000
	if text := os.Getenv("ACME_ROWS"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			b.Fatalf("ACME_ROWS: %v", err)
		}
	}
	s, catalog := loweredSession(b, n)
	for _, q := range lowered {
		tr, err := dialect.Translate(q.athena, dialect.Options{Database: schema.TelemetryDatabase, Catalog: catalog})
		if err != nil {
			b.Fatalf("%s: %v", q.name, err)
		}
		for _, scan := range tr.Scans {
			if err := s.exec("CREATE OR REPLACE TEMP VIEW " + scan.Relation + " AS SELECT * FROM events"); err != nil {
				b.Fatal(err)
			}
		}
		if !q.many || n > 1_500_000 {
			s.agree(b, tr.SQL, q.duckdb, len(tr.Columns))
		}
		b.Run(q.name, func(b *testing.B) {
			sides := map[string]string{"hand": q.duckdb, "acme": tr.SQL}
			if q.loose != "" {
				sides["loose"] = q.loose
			}
			s.compare(b, sides)
		})
	}
}

// loweredSession is a DuckDB with the dialect's functions and a view of n events in
// Parquet, and the catalog that has the events' table.
func loweredSession(b *testing.B, n int) (*session, dialect.Catalog) {
	s, err := openSession()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.close)
	if err := s.registerScalars(dialect.Functions()...); err != nil {
		b.Fatal(err)
	}
	file := filepath.Join(b.TempDir(), "events.parquet")
	for _, sql := range slices.Concat([]string{"SET TimeZone = 'UTC'", "SET preserve_insertion_order = false", "SET threads = 2"}, dialect.Prelude(),
		[]string{fmt.Sprintf(eventsParquet, n, file), fmt.Sprintf(`CREATE VIEW events AS SELECT *, '%[1]s' AS "$path" FROM read_parquet('%[1]s')`, file)}) {
		if err := s.exec(sql); err != nil {
			b.Fatalf("%.300s: %v", sql, err)
		}
	}
	return s, oneTable{eventsTable()}
}

// oneTable is a catalog of one table.
type oneTable struct{ table *dialect.Table }

func (c oneTable) Databases() []string    { return []string{c.table.Database} }
func (c oneTable) Tables(string) []string { return []string{c.table.Name} }
func (c oneTable) Table(_, name string) *dialect.Table {
	if name != c.table.Name {
		return nil
	}
	return c.table
}

// compare times statements by turns.
func (s *session) compare(b *testing.B, sides map[string]string) {
	wall, cpu := map[string][]float64{}, map[string][]float64{}
	for b.Loop() {
		for name, sql := range sides {
			began, used := time.Now(), processorTime(b)
			if err := s.exec(sql); err != nil {
				b.Fatalf("%s: %v", strings.Join(strings.Fields(sql), " "), err)
			}
			wall[name] = append(wall[name], time.Since(began).Seconds())
			cpu[name] = append(cpu[name], (processorTime(b) - used).Seconds())
		}
	}
	b.ReportMetric(0, "ns/op")
	for name := range sides {
		b.ReportMetric(1000*median(wall[name]), name+"-ms")
		if name != "acme" {
			b.ReportMetric(median(wall["acme"])/median(wall[name]), "x-"+name)
			b.ReportMetric(median(cpu["acme"])/median(cpu[name]), "cpu-x-"+name)
		}
	}
}

func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}

// processorTime is what the process has used of all processors.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// agree fails where two statements give other rows, in their first columns; numbers to
// nine digits. One thread reads: which of equals an aggregate takes depends on their order.
func (s *session) agree(b *testing.B, x, y string, columns int) {
	b.Helper()
	if err := s.exec("SET threads = 1"); err != nil {
		b.Fatal(err)
	}
	var names, shown []string
	for i := range columns {
		names = append(names, fmt.Sprintf("c%d", i))
		shown = append(shown, fmt.Sprintf("coalesce(format('{:.9g}', TRY_CAST(CAST(c%[1]d AS VARCHAR) AS DOUBLE)), CAST(c%[1]d AS VARCHAR), 'NULL')", i))
	}
	var got [2][]string
	for i, sql := range []string{x, y} {
		var err error
		got[i], err = s.texts("SELECT concat_ws(' | ', " + strings.Join(shown, ", ") + ") FROM (" + sql + ") AS t(" + strings.Join(names, ", ") + ")")
		if err != nil {
			b.Fatalf("%s: %v", sql, err)
		}
		slices.Sort(got[i])
	}
	if len(got[0]) == 0 || !slices.Equal(got[0], got[1]) {
		b.Fatalf("%s\ngives %.600q\n%s\ngives %.600q", x, got[0], y, got[1])
	}
	if err := s.exec("SET threads = 2"); err != nil {
		b.Fatal(err)
	}
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
