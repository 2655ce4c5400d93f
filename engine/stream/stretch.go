package stream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"

	"acme/telemetry/schema"
)

// Span is a stretch of arrivals, in milliseconds since the Unix epoch: from From to
// before To.
type Span struct{ From, To int64 }

// unknownBegin is the From of a position that says no begin: one that is older than
// those that do.
const unknownBegin = -1

// Open says whether a stretch has begun and is not finished.
func (p *Progress) Open() bool { return p.Within > 0 }

// begin opens a stretch.
func (p *Progress) begin(from int64) { p.From, p.Within = from, 0 }

// finish closes the open stretch at to.
func (p *Progress) finish(to int64) {
	done := append(slices.Clone(p.Done), Span{p.From, to})
	slices.SortFunc(done, func(a, b Span) int { return cmp.Compare(a.From, b.From) })
	p.Done = done[:1]
	for _, s := range done[1:] {
		if last := &p.Done[len(p.Done)-1]; s.From <= last.To {
			last.To = max(last.To, s.To)
			continue
		}
		p.Done = append(p.Done, s)
	}
	p.From, p.Within = to, 0
}

// spansText writes stretches as FROM-TO,FROM-TO; "-" where there is none.
func spansText(spans []Span) string {
	if len(spans) == 0 {
		return "-"
	}
	var b strings.Builder
	for i, s := range spans {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatInt(s.From, 36) + "-" + strconv.FormatInt(s.To, 36))
	}
	return b.String()
}

func parseSpans(text string) ([]Span, error) {
	if text == "-" {
		return nil, nil
	}
	var out []Span
	for part := range strings.SplitSeq(text, ",") {
		from, to, _ := strings.Cut(part, "-")
		a, err := strconv.ParseInt(from, 36, 64)
		b, err2 := strconv.ParseInt(to, 36, 64)
		if err := errors.Join(err, err2); err != nil {
			return nil, err
		}
		if a >= b || len(out) > 0 && a <= out[len(out)-1].To {
			return nil, fmt.Errorf("the stretches %s are not in order", text)
		}
		out = append(out, Span{a, b})
	}
	return out, nil
}

// Begin opens a stretch of a run of stretches: what is published next arrives at from
// or later. It is not for a stretch that was found open, which goes on.
func (p *Producer) Begin(from int64) { p.sent.begin(from) }

// Finish ends the open stretch at to: that nothing more of it comes is committed by the
// transaction that has its last record. A stretch without any record has none: its end
// comes with the next transaction, if there is one.
func (p *Producer) Finish(ctx context.Context, to int64) error {
	if len(p.kept) > 0 {
		last := p.kept
		p.kept = nil
		if err := p.send(ctx, last); err != nil {
			return err
		}
	}
	p.sent.finish(to)
	return p.Commit(ctx)
}

// keep sends records but for the last, which waits for what comes behind it: so there is
// one when the end of a stretch is to be committed.
func (p *Producer) keep(ctx context.Context, records []schema.Record) error {
	if err := p.send(ctx, p.kept); err != nil {
		return err
	}
	n := len(records) - 1
	if err := p.send(ctx, records[:n]); err != nil {
		return err
	}
	last := records[n]
	last.Key, last.Value = slices.Clone(last.Key), slices.Clone(last.Value)
	p.kept = []schema.Record{last}
	return nil
}

// Run is a run of the generator whose position the cluster keeps.
type Run struct {
	Name     string
	Progress Progress
}

// Holding is what is known of what a topic holds.
type Holding struct {
	Topic Topic
	Runs  []Run // by name
	Empty bool  // the topic has nothing at all
}

// Holds gives the runs that have published into a topic, by the positions that the
// cluster keeps; it takes none of them over. What other programs have published has no
// position.
func (c Config) Holds(ctx context.Context, topic string) (Holding, error) {
	var h Holding
	s, err := c.connect(ctx)
	if err != nil {
		return h, err
	}
	defer s.Close()
	if h.Topic, err = s.describe(ctx, topic); err != nil {
		return h, err
	}
	err = s.patiently(ctx, "read the positions in topic "+topic, func(ctx context.Context) error {
		if h.Runs, err = s.runs(ctx, h.Topic); err != nil {
			return err
		}
		all := make([]int32, h.Topic.Partitions)
		for i := range all {
			all[i] = int32(i)
		}
		bounds, err := s.bounds(ctx, topic, all)
		h.Empty = true
		for _, b := range bounds {
			h.Empty = h.Empty && b.First == b.End
		}
		return err
	})
	return h, err
}

// runs asks every group of a run where it stands in the topic.
func (s *session) runs(ctx context.Context, topic Topic) ([]Run, error) {
	groups, err := kadm.NewClient(s.Client).ListGroups(ctx)
	if err != nil {
		return nil, err
	}
	var out []Run
	for _, name := range groups.Groups() {
		if !strings.HasPrefix(name, runPrefix) {
			continue
		}
		positions, err := s.fetchPositions(ctx, name, topic, []int32{positionPartition})
		if err != nil {
			return nil, fmt.Errorf("run %s: %w", name, err)
		}
		at, ok := positions[positionPartition]
		if !ok {
			continue
		}
		progress, err := parseProgress(at.Offset, at.Metadata, topic.ID)
		if err != nil {
			return nil, fmt.Errorf("run %s: %w", name, err)
		}
		if progress.Records > 0 {
			out = append(out, Run{name, progress})
		}
	}
	return out, nil
}

// Taken gives the stretches of which the run has published something, each whole up to
// the last arrival of the one that is open.
func (p *Progress) Taken() []Span {
	out := slices.Clone(p.Done)
	if p.Open() {
		out = append(out, Span{max(p.From, 0), p.Arrival + 1})
	}
	return out
}
