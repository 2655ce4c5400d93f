package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"acme/telemetry/engine/lake"
	"acme/telemetry/engine/query"
)

// metric is a figure that others watch. Its name is CloudWatch's where Amazon Data
// Firehose has the figure, and in its manner where it has not.
type metric struct {
	name  string
	help  string
	total bool // counts from the start of the process, and never goes back
	value float64
	// by gives a value for each value of a label, instead of value.
	label string
	by    map[int32]int64
}

// exportMetrics are the figures of an export. Of DataFreshness and KafkaOffsetLag AWS
// advises to raise alarms; so do the docs of this program.
func exportMetrics(s lake.ExportStats) []metric {
	count := func(name, help string, n int64) metric {
		return metric{name: name, help: help, total: true, value: float64(n)}
	}
	return []metric{
		count("DeliveryToS3.Records", "Records in objects of the table.", s.Records),
		count("DeliveryToS3.Bytes", "Bytes of all objects, as stored.", s.Bytes),
		count("DeliveryToS3.ObjectCount", "Objects.", s.Objects),
		{name: "DeliveryToS3.Success", help: "Puts that succeeded, of all puts.", value: s.Success},
		{name: "DeliveryToS3.DataFreshness", help: "Age by arrival of the oldest record that was read and is not delivered, in seconds.", value: s.Freshness},
		count("DataReadFromSource.Records", "Records read from the topic.", s.ReadRecords),
		count("DataReadFromSource.Bytes", "Bytes of keys and values read from the topic.", s.ReadBytes),
		count("DataReadFromSource.Backpressured", "Pauses in reading a partition that others were waited for.", s.Backpressured),
		{name: "KafkaOffsetLag", help: "Offsets that the group's position is behind the end of a partition that this member has.", label: "Partition", by: s.KafkaOffsetLag},
		count("FailedValidation.Records", "Records filed under errors: no JSON object, or no usable time where the event's time is asked for.", s.Poison),
		count("SucceedConversion.Records", "Records that became Parquet.", s.Converted),
		count("FailedConversion.Records", "Records filed under errors because they do not fit the table.", s.FailedConversion),
		{name: "PartitionCount", help: "Prefixes that are being gathered.", value: float64(s.Prefixes)},
		count("Retries", "Puts that were tried again.", s.Retries),
		count("Existing", "Objects that were there already, with the same records.", s.Existing),
		count("Redelivered", "Records that came again, and were dropped.", s.Redelivered),
		count("Replayed", "Plans of an exporter that ended, carried out by this one.", s.Replayed),
		count("Cuts", "Sets of objects that were written and committed.", s.Cuts),
		count("Commits", "Commits of positions.", s.Commits),
		count("Gaps", "Ranges that retention deleted before they were read.", s.Gaps),
		count("GapOffsets", "Offsets in those.", s.GapOffsets),
	}
}

// writePrometheus writes metrics in Prometheus' text format, version 0.0.4. A name has
// _ where CloudWatch's has a dot, and a counter ends in _total, as Prometheus wants it.
func writePrometheus(w io.Writer, stream string, ms []metric) error {
	var b strings.Builder
	for _, m := range ms {
		name, kind := strings.ReplaceAll(m.name, ".", "_"), "gauge"
		if m.total {
			name, kind = name+"_total", "counter"
		}
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n", name, escapeHelp(m.help), name, kind)
		if m.label == "" {
			fmt.Fprintf(&b, "%s{DeliveryStreamName=%s} %s\n", name, labelValue(stream), sample(m.value))
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(m.by)) {
			fmt.Fprintf(&b, "%s{DeliveryStreamName=%s,%s=\"%d\"} %d\n", name, labelValue(stream), m.label, key, m.by[key])
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func sample(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func escapeHelp(s string) string { return strings.NewReplacer(`\`, `\\`, "\n", `\n`).Replace(s) }

func labelValue(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`).Replace(strings.ToValidUTF8(s, "\uFFFD")) + `"`
}

// metricsLine is a line of figures: when, of which stream, and by CloudWatch's names.
type metricsLine struct {
	Time   time.Time        `json:"time"`
	Stream string           `json:"DeliveryStreamName"`
	State  string           `json:"state"`
	Stats  lake.ExportStats `json:"metrics"`
}

// sayMetrics writes the figures as a line of JSON on stderr.
func (p *program) sayMetrics(stream, state string, s lake.ExportStats) error {
	line, err := json.Marshal(metricsLine{p.now().UTC(), stream, state, s})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stderr, "%s\n", line)
	return err
}

// metricsServer answers GET /metrics.
type metricsServer struct {
	server  *http.Server
	address string
	done    chan error
}

// serveMetrics listens on an address, host:port, until it is closed; source is asked
// at each request.
func (p *program) serveMetrics(listen, stream string, source func() lake.ExportStats) (*metricsServer, error) {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return nil, usagef("--metrics-listen %s: want host:port, such as 127.0.0.1:9464", listen)
	}
	if host == "" {
		return nil, usagef("--metrics-listen %s: name the address; 0.0.0.0 for all of this machine", listen)
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return nil, withHint(exitFailed, "choose another address with --metrics-listen", fmt.Errorf("listen for metrics: %w", err))
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_ = writePrometheus(w, stream, exportMetrics(source())) // whoever asked has gone
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "metrics of acme: /metrics\n")
	})
	m := &metricsServer{
		server:  &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second},
		address: l.Addr().String(), done: make(chan error, 1),
	}
	go func() {
		err := m.server.Serve(l)
		if errors.Is(err, http.ErrServerClosed) {
			err = nil
		}
		m.done <- err
	}()
	p.note("acme: metrics on http://%s/metrics", query.Printable(m.address))
	return m, nil
}

// close answers the requests that are there, and no more.
func (m *metricsServer) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return errors.Join(m.server.Shutdown(ctx), <-m.done)
}
