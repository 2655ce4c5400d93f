package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"acme/telemetry/engine/report"
	"acme/telemetry/engine/stream"
	"acme/telemetry/schema"
	"acme/telemetry/tui"
)

// pipelineMonitor watches a pipeline for the screen: the one that runs in this
// program if there is one, else another by the figures that it serves, its topic, or
// both.
type pipelineMonitor struct {
	p       *program
	url     string         // of figures in Prometheus' format; empty for none
	cluster *stream.Config // of the topic to read; nil for none
	topic   string

	mu   sync.Mutex
	here *pipeline     // runs in this program
	end  *tui.Snapshot // of the one that has ended, until it is asked for
	seen tui.Snapshot  // the last figures that url gave
	puts putTrouble
	tail *topicTail
}

// attach takes the pipeline that runs here; nil says that it has ended. Its figures are
// taken then: those of the last look at it were of a moment when much was under way.
func (m *pipelineMonitor) attach(l *pipeline) {
	m.mu.Lock()
	defer m.mu.Unlock()
	was := m.here
	m.here, m.end = l, nil
	if was != nil && l == nil {
		m.end = &tui.Snapshot{At: m.p.now()}
		if st := was.status("ended"); st.Lag == 0 { // then no put is left that could fail
			m.puts = putTrouble{st.Metrics.Retries, -1}
		}
		m.local(was, m.end)
		if m.tail != nil {
			m.tail.take(m.end, string(m.tail.filter), m.tail.most)
		}
	}
	if m.tail != nil {
		m.tail.stop()
		m.tail = nil
	}
}

// close ends what is read.
func (m *pipelineMonitor) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.tail != nil {
		m.tail.stop()
	}
}

func (m *pipelineMonitor) Snapshot(ctx context.Context, filter string, most int) (tui.Snapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := tui.Snapshot{At: m.p.now(), Published: -1}
	var err error
	switch {
	case m.here != nil:
		m.local(m.here, &s)
	case m.end != nil:
		s, m.end = *m.end, nil
		return s, nil
	case m.url == "" && m.cluster == nil:
		return s, io.EOF
	default:
		s.Source = strings.TrimSpace(m.url + " " + m.topicName())
		if m.url != "" {
			err = m.figures(ctx, &s)
		}
	}
	if m.tail == nil {
		m.follow()
	}
	if m.tail != nil {
		m.tail.take(&s, filter, most)
	}
	return s, err
}

func (m *pipelineMonitor) topicName() string {
	if m.cluster == nil {
		return ""
	}
	return "topic " + m.topic
}

// follow begins to read the topic.
func (m *pipelineMonitor) follow() {
	c, topic := stream.Config{}, m.topic
	switch {
	case m.here != nil:
		c, topic = m.here.broker.Config(), m.here.o.broker.topic
	case m.cluster != nil:
		c = *m.cluster
	default:
		return
	}
	m.tail = startTail(c, topic, fmt.Sprintf("acme-tui-%d-%d", os.Getpid(), m.p.now().UnixNano()))
}

// local fills in how a pipeline of this program is.
func (m *pipelineMonitor) local(l *pipeline, s *tui.Snapshot) {
	st := l.status("running")
	speed := l.o.events.kafka.speed
	s.Source = fmt.Sprintf("pipeline of this program, %g times as fast", speed)
	s.Published, s.Last = st.Published, st.Last
	s.Latency = time.Duration(st.LatencyHere * float64(time.Second))
	s.Delivered, s.Bytes, s.Objects = st.Metrics.Records, st.Metrics.Bytes, st.Metrics.Objects
	s.Fresh = l.byClock(time.Duration(st.Metrics.Freshness * float64(time.Second)))
	for _, partition := range sortedKeys(st.Metrics.KafkaOffsetLag) {
		s.Lag = append(s.Lag, tui.PartitionLag{Partition: partition, Lag: st.Metrics.KafkaOffsetLag[partition]})
	}
	at := "starting"
	if st.Time.Year() > 1 {
		at = st.Time.Format("2006-01-02 15:04:05")
	}
	s.Stages = append([]tui.Stage{
		{Name: "generator", Text: at}, {Name: "kafka", Text: fmt.Sprintf("%d partitions", len(s.Lag))},
	}, m.puts.exportStages(s, st.Metrics.Retries, l.putError())...)
}

// putTrouble is what is remembered of puts that were tried again: they fail as long as
// nothing was stored since the last of them.
type putTrouble struct{ retries, objects int64 }

// exportStages are the parts behind the topic. err is why the last put failed, nil where
// that is not known.
func (k *putTrouble) exportStages(s *tui.Snapshot, retries int64, err error) []tui.Stage {
	if retries != k.retries { // fewer are those of an exporter that has begun anew
		*k = putTrouble{retries, s.Objects}
	}
	lag := int64(0)
	for _, l := range s.Lag {
		lag += l.Lag
	}
	export := tui.Stage{Name: "exporter", Text: "lag " + report.Count(lag)}
	full := errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
	switch {
	case retries > 0 && full:
		export.Grade = report.Warn
		export.Why = "the disk of the lake is full: " + report.Count(retries) + " puts were tried again"
		export.Next = "nothing is lost: reading the topic waits, and goes on by itself when there is room"
	case retries > 0 && s.Objects <= k.objects:
		export.Grade = report.Warn
		export.Why = report.Count(retries) + " puts were tried again, and nothing was stored since"
		export.Next = "nothing is lost: it goes on by itself when the store takes them; its log names the error"
	case retries > 0:
		export.Text += ", puts tried again: " + report.Count(retries)
	}
	lake := tui.Stage{Name: "lake", Text: report.Count(s.Objects) + " objects, " + report.Bytes(s.Bytes)}
	if s.Last != "" {
		lake.Text += ", last " + path.Base(s.Last)
	}
	return []tui.Stage{export, lake}
}

// figures fills in what url says. Where it says nothing the last figures stay, with a
// stage that is ill: the topic is followed all the same, and url asked again.
func (m *pipelineMonitor) figures(ctx context.Context, s *tui.Snapshot) error {
	err := m.remote(ctx, s)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil {
		m.seen = *s
		return nil
	}
	at, source := s.At, s.Source
	*s = m.seen
	s.At, s.Source, s.Published = at, source, -1
	ill := tui.Stage{Name: "exporter", Text: "does not answer", Grade: report.Error, Why: bare(err).Error(), Next: "it is asked again twice a second"}
	if !m.seen.At.IsZero() {
		ill.Next = "the figures are those of " + m.seen.At.UTC().Format("15:04:05") + " UTC, the last that it gave; " + ill.Next
	}
	s.Stages = slices.Clone(m.seen.Stages)
	if i := slices.IndexFunc(s.Stages, func(g tui.Stage) bool { return g.Name == ill.Name }); i >= 0 {
		s.Stages[i] = ill
	} else {
		s.Stages = append(s.Stages, ill)
	}
	return nil
}

// remote asks for the figures of another program.
func (m *pipelineMonitor) remote(ctx context.Context, s *tui.Snapshot) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.url, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", m.url, resp.Status)
	}
	v, lags := readPrometheus(io.LimitReader(resp.Body, 1<<20))
	if _, ok := v["DeliveryToS3_Records_total"]; !ok {
		return fmt.Errorf("GET %s: these are not the figures of an export", m.url)
	}
	s.Delivered, s.Bytes, s.Objects = int64(v["DeliveryToS3_Records_total"]), int64(v["DeliveryToS3_Bytes_total"]), int64(v["DeliveryToS3_ObjectCount_total"])
	s.Fresh = time.Duration(v["DeliveryToS3_DataFreshness"] * float64(time.Second))
	for _, partition := range sortedKeys(lags) {
		s.Lag = append(s.Lag, tui.PartitionLag{Partition: partition, Lag: lags[partition]})
	}
	s.Stages = append([]tui.Stage{{Name: "kafka", Text: fmt.Sprintf("%d partitions of this member", len(lags))}},
		m.puts.exportStages(s, int64(v["Retries_total"]), nil)...)
	return nil
}

// readPrometheus reads the figures that writePrometheus writes, by their names, and
// the lag by partition.
func readPrometheus(r io.Reader) (map[string]float64, map[int32]int64) {
	values, lags := map[string]float64{}, map[int32]int64{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		text := lines.Text()
		if strings.HasPrefix(text, "#") {
			continue
		}
		at := strings.LastIndexByte(text, ' ')
		if at < 0 {
			continue
		}
		f, err := strconv.ParseFloat(text[at+1:], 64)
		if err != nil {
			continue
		}
		name, labels, _ := strings.Cut(text[:at], "{")
		if name == "KafkaOffsetLag" {
			_, rest, _ := strings.Cut(labels, `Partition="`)
			number, _, _ := strings.Cut(rest, `"`)
			if n, err := strconv.ParseInt(number, 10, 32); err == nil {
				lags[int32(n)] = int64(f)
			}
			continue
		}
		values[name] = f
	}
	return values, lags
}

func sortedKeys(m map[int32]int64) []int32 {
	out := make([]int32, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// topicTail reads the end of a topic. It keeps the last events that the screen has
// not taken, and counts all.
type topicTail struct {
	cancel context.CancelFunc

	mu     sync.Mutex
	filter []byte
	most   int
	kept   []tui.LiveEvent
	came   int64 // since the last take
	total  int64
	err    error
}

// startTail begins to read what comes after now, as a group of its own that keeps no
// positions.
func startTail(c stream.Config, topic, group string) *topicTail {
	ctx, cancel := context.WithCancel(context.Background())
	t := &topicTail{cancel: cancel, most: 200}
	go func() {
		if err := caught(func() error { return t.read(ctx, c, topic, group) }); err != nil && ctx.Err() == nil {
			t.mu.Lock()
			t.err = err
			t.mu.Unlock()
		}
	}()
	return t
}

func (t *topicTail) stop() { t.cancel() }

func (t *topicTail) read(ctx context.Context, c stream.Config, topic, group string) error {
	consumer, err := stream.NewConsumer(ctx, stream.ConsumerConfig{Cluster: c, Topic: topic, Group: group, From: stream.ReadFrom{Now: true}})
	if err != nil {
		return err
	}
	defer consumer.Close()
	for ctx.Err() == nil {
		polled, err := consumer.Poll(ctx, func(context.Context, []int32) {})
		if err != nil {
			return err
		}
		for _, f := range polled.Fetched {
			t.add(f.Messages)
		}
	}
	return ctx.Err()
}

// eventMost bounds what is kept of an event.
const eventMost = 16 << 10

// add takes what was fetched of a partition.
func (t *topicTail) add(messages []schema.Message) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, msg := range messages {
		t.came++
		t.total++
		if len(t.filter) > 0 && !bytes.Contains(msg.Value, t.filter) {
			continue
		}
		value := msg.Value[:min(len(msg.Value), eventMost)]
		t.kept = append(t.kept, tui.LiveEvent{At: time.UnixMilli(msg.Arrival), Partition: msg.Partition, Offset: msg.Offset, Text: string(value)})
		if len(t.kept) >= 2*t.most {
			t.kept = append(t.kept[:0:0], t.kept[len(t.kept)-t.most:]...)
		}
	}
}

// take hands over what came since the last time.
func (t *topicTail) take(s *tui.Snapshot, filter string, most int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if filter != string(t.filter) {
		t.filter, t.kept = []byte(filter), nil // what was kept was kept for another question
	}
	t.most = most
	s.Events = t.kept[max(len(t.kept)-most, 0):]
	s.Skipped = t.came - int64(len(s.Events))
	if s.Published < 0 {
		s.Published = t.total
	}
	t.kept, t.came = nil, 0
	if t.err != nil {
		s.Stages = append(s.Stages, tui.Stage{Name: "tail", Text: "stopped", Grade: report.Warn, Why: "reading the topic: " + t.err.Error(), Next: kafkaHint(t.err)})
	}
}
