package lake

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"strings"

	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// fate is what becomes of a plan that somebody has left.
type fate uint8

const (
	carryOut fate = iota // its records are there: the same objects are made again
	carried              // all its objects are in the lake, and its commit is all that lacks
	givenUp              // some records are gone, and none of its objects is there
)

// fates tells what becomes of the plans that positions carry, by their text; of those
// that are not in it, carryOut. A plan whose records retention has begun to delete
// cannot be carried out any more. Where gaps are allowed the export goes on without it:
// what is left of its ranges goes into other objects. That doubles nothing only if none
// of the plan's objects is there and nobody else goes on with it, so all of its
// partitions must be this member's.
func (e *Exporter) fates(given []schema.Assignment) (map[string]fate, error) {
	out := map[string]fate{}
	owned := map[int32]schema.Assignment{}
	for _, a := range given {
		owned[a.Partition] = a
	}
	for _, a := range given {
		n, err := parseNote(a.Metadata)
		if err != nil || n == nil || n.plan == nil || a.First <= a.Offset || n.topic != e.c.TopicID {
			continue // what is wrong assign says
		}
		if _, known := out[a.Metadata]; known {
			continue
		}
		if out[a.Metadata], err = e.fateOf(n.plan, a, owned); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// fateOf tells what becomes of a plan of which the partition that is assigned has lost
// records.
func (e *Exporter) fateOf(p *plan, lost schema.Assignment, owned map[int32]schema.Assignment) (fate, error) {
	gap := &RetentionGapError{e.c.Topic, lost.Partition, lost.Offset, lost.First, e.c.Now()}
	d, err := e.deliveryOf(p.layout)
	if err != nil {
		return 0, err
	}
	for _, s := range p.spans {
		a, ok := owned[s.Partition]
		switch {
		case !ok:
			return 0, fmt.Errorf("carrying out a plan of the group %s: %w. Partition %d, which is in the plan too, another member has: stop the others and run one alone, with gaps allowed", e.c.Group, gap, s.Partition)
		case a.Offset >= s.To:
			return carried, nil // somebody has committed its end, behind the last of its objects
		}
	}
	topics, err := readCoverage(e.ctx, e.c.Store)
	if err != nil {
		return 0, fmt.Errorf("looking whether a plan of the group %s was carried out: %w", e.c.Group, err)
	}
	name := cutName{e.c.Topic, hex.EncodeToString(e.c.TopicID[:]), path.Base(RecordKey("", manifestOf(p.id(e.c.Topic, e.c.TopicID))))}
	if _, ok := topics.cuts[name]; ok {
		return carried, nil // manifests come behind the last object
	}
	if !e.c.AllowGaps {
		return 0, gap
	}
	key, err := e.objectOf(e.ctx, p, d)
	if err == nil && key == "" {
		if err = e.giveUp(e.ctx, p); err == nil {
			key, err = e.objectOf(e.ctx, p, d)
		}
	}
	if err != nil {
		return 0, err
	}
	if key != "" {
		return 0, fmt.Errorf("carrying out a plan of the group %s: %w. %s is of this plan, and whether it is all of it cannot be told any more; see with verify what the lake has, and set the group's positions behind the plan, without metadata", e.c.Group, gap, key)
	}
	e.c.Warn(Warning(fmt.Sprintf("%s: a plan of the group %s cannot be carried out, since partition %d has lost records of it; what is left goes into other objects", e.c.Topic, e.c.Group, lost.Partition)))
	return givenUp, nil
}

// objectOf finds an object of a plan in the lake, whose records nobody knows; "" where
// there is none. When its records came, which is in its key, nobody knows either, but
// its UUID follows from the plan and the prefix.
func (e *Exporter) objectOf(ctx context.Context, p *plan, d *delivery) (string, error) {
	id := p.id(e.c.Topic, e.c.TopicID)
	if d.layout.PartitionBy == ByEvent && (d.layout.Format != JSON || d.json.prefix.has(randomString)) {
		return "", fmt.Errorf("carrying out a plan of the group %s: records of it are gone, and whether its objects are in the lake cannot be told where they are filed by event, as Parquet or under a random prefix: see with verify what the lake has, and set the group's positions behind the plan, without metadata", e.c.Group)
	}
	kinds := []struct{ kind, extension string }{
		{"json", d.layout.Extension}, {"parquet", ".parquet"}, {string(FormatConversionFailed), ""}, {string(ProcessingFailed), ""}, {string(MetadataExtractionFailed), ""},
	}
	for info, err := range e.c.Store.List(ctx, "") {
		if err != nil {
			return "", fmt.Errorf("looking for objects of a plan: %w", err)
		}
		for _, k := range kinds {
			begin := len(info.Key) - len(d.json.Object(0, [16]byte{}, k.extension))
			if begin < 0 {
				continue
			}
			for _, prefix := range []string{"", info.Key[:begin]} {
				if strings.HasSuffix(info.Key, uuidText(planned(d, id, k.kind, prefix))+k.extension) {
					return info.Key, nil
				}
			}
		}
	}
	return "", nil
}

// A member that was stopped for longer than the topic keeps its records, between
// reading a plan and putting its objects, does not know that the plan was given up
// meanwhile, and the store would take the objects: what was left of the plan's records
// would be there twice. So whoever gives a plan up first leaves a mark, and looks for
// objects of the plan only then; and whoever puts objects looks for the mark behind
// them, and takes them back where it is there. One of the two sees the other, in
// whatever order they come, since a store shows what it has taken. (Before the objects
// it is looked for too, so that readers seldom see them.) A member that is killed
// between object and look, or has no store then, leaves an object that no manifest
// speaks of: verify finds it.

// givenUpPrefix is where marks of plans lie that were given up.
const givenUpPrefix = "_acme/given-up/"

// givenUpFile is such a mark.
type givenUpFile struct {
	Version int    `json:"version"` // 1
	Topic   string `json:"topic"`
	TopicID string `json:"topic_id"`
}

func givenUpKey(plan []byte) string { return givenUpPrefix + manifestOf(plan) + ".json" }

// giveUp leaves the mark of a plan.
func (e *Exporter) giveUp(ctx context.Context, p *plan) error {
	mark := givenUpFile{1, e.c.Topic, hex.EncodeToString(e.c.TopicID[:])}
	if err := putJSON(ctx, e.c.Store, givenUpKey(p.id(e.c.Topic, e.c.TopicID)), mark); err != nil {
		return fmt.Errorf("giving a plan of the group %s up: %w", e.c.Group, err)
	}
	return nil
}

// GivenUpError says that a member of the group gave a plan up that another was about
// to carry out.
type GivenUpError struct{ Topic, Group string }

func (e *GivenUpError) Error() string {
	return fmt.Sprintf("exporting %s: this member of the group %s was away for so long that retention has deleted records of what it had planned, and another has gone on without them. What it had is not in the lake; run it again", e.Topic, e.Group)
}

// allowed is nil where a plan was not given up.
func (e *Exporter) allowed(ctx context.Context, plan []byte) error {
	_, err := e.c.Store.Stat(ctx, givenUpKey(plan))
	switch {
	case err == nil:
		return &GivenUpError{e.c.Topic, e.c.Group}
	case errors.Is(err, store.ErrNotFound):
		return nil
	}
	return fmt.Errorf("looking whether a plan was given up: %w", err)
}

// reconsider removes the objects of a plan if it was given up. That is done also for a
// member that is told just now that it has no partitions any more.
func (e *Exporter) reconsider(ctx context.Context, plan []byte, products []product) error {
	err := e.untilStored(ctx, 1, func() error { return e.allowed(ctx, plan) })
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), finishWithin)
		defer cancel()
		err = e.untilStored(ctx, 1, func() error { return e.allowed(ctx, plan) })
	}
	if !errors.As(err, new(*GivenUpError)) {
		return err
	}
	for i := range products {
		failed := e.untilStored(ctx, 1, func() error { return e.c.Store.Delete(ctx, products[i].key) })
		if failed != nil && !errors.Is(failed, store.ErrNotFound) {
			err = errors.Join(err, fmt.Errorf("taking back %s, whose records other objects have too: %w. Remove it", products[i].key, failed))
		}
	}
	return err
}
