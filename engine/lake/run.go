package lake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"acme/telemetry/engine/store"
)

// State is what a lake holds of a run.
type State uint8

const (
	// New is a run that the lake has nothing of.
	New State = iota
	// Interrupted is a run that began and did not finish: running it again
	// writes what is missing.
	Interrupted
	// Complete is a run whose every object is there: there is nothing to do.
	Complete
)

// A lake's runs are a log: files _acme/runs/000001.json and on, each with one
// run's claim on its hours. Who wants hours reads the log, and if nothing in it
// is against it puts the next number. A store refuses a key that is taken, so of
// several that want the next number one gets it, and the others read on: what it
// claims is there for all of them to see before they try again. Nothing has to be
// taken back.

// claim is a run's place in a lake: the hours it writes, and what from.
type claim struct {
	from, to      int64
	source        string // 16 hexadecimal digits
	shard, shards int
	wide          bool // partitions of other days too: by the events' own time
}

var claimName = regexp.MustCompile(`^(\d{8}T\d{6}(?:\.\d{3})?Z)-(\d{8}T\d{6}(?:\.\d{3})?Z)-([0-9a-f]{16})-(\d+)of(\d+)(-event)?$`)

func (c claim) name() string {
	suffix := ""
	if c.wide {
		suffix = "-event"
	}
	return fmt.Sprintf("%s-%s-%s-%dof%d%s", stamp(c.from), stamp(c.to), c.source, c.shard, c.shards, suffix)
}

func (c claim) doneKey() string { return donePrefix + c.name() + ".json" }

func runKey(number int) string { return fmt.Sprintf("%s%06d.json", runsPrefix, number) }

// parseClaim reads a claim's name.
func parseClaim(name string) (claim, bool) {
	m := claimName.FindStringSubmatch(name)
	if m == nil {
		return claim{}, false
	}
	c := claim{source: m[3], wide: m[6] != ""}
	var errs [4]error
	c.from, errs[0] = parseStamp(m[1])
	c.to, errs[1] = parseStamp(m[2])
	c.shard, errs[2] = strconv.Atoi(m[4])
	c.shards, errs[3] = strconv.Atoi(m[5])
	return c, errors.Join(errs[:]...) == nil
}

func parseStamp(s string) (int64, error) {
	t, err := time.Parse("20060102T150405Z", s) // fractions of a second are accepted
	return t.UnixMilli(), err
}

// claimOf gives a configuration's claim and the full identity that names its
// objects.
func claimOf(c Config) (claim, string, error) {
	identity := struct {
		Digest  string `json:"digest"`
		Seed    int64  `json:"seed"`
		Version string `json:"version"`
		Layout  Layout `json:"layout"`
	}{c.Run.Digest, c.Run.Seed, c.Run.Version, c.Layout}
	text, err := json.Marshal(identity)
	if err != nil {
		return claim{}, "", fmt.Errorf("naming the run: %w", err)
	}
	sum := sha256.Sum256(text)
	cl := claim{
		from: c.Run.From, to: c.Run.To, source: hex.EncodeToString(sum[:8]),
		shard: c.Run.Shard, shards: c.Run.Shards, wide: c.Layout.PartitionBy == ByEvent,
	}
	return cl, hex.EncodeToString(sum[:]) + " " + cl.name(), nil
}

// compatible says whether two different runs can share a lake. Runs of one
// source add up if their windows do not meet, or as shards of one window; runs
// of different sources need hours of their own.
func (c claim) compatible(o claim) bool {
	if c.source != o.source {
		from, to := c.hours()
		ofrom, oto := o.hours()
		return to <= ofrom || oto <= from
	}
	if c.from == o.from && c.to == o.to {
		return c.shards == o.shards && c.shard != o.shard
	}
	return c.to <= o.from || o.to <= c.from
}

// hours gives the whole hours that a run may write into. By event time a late
// record falls into an hour before the window: a day on both sides is its own.
func (c claim) hours() (from, to int64) {
	const hour, day = 3600_000, 24 * 3600_000
	from, to = c.from/hour*hour, (c.to+hour-1)/hour*hour
	if c.wide {
		from, to = from-day, to+day
	}
	return from, to
}

// ConflictError says that the hours of a run are taken.
type ConflictError struct {
	Hours  string // the run's window
	Reason string
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("generating into %s: %s", e.Hours, e.Reason)
}

// runFile is what a run's file says.
type runFile struct {
	Claim  string `json:"claim"` // the claim's name
	Run    Run    `json:"run"`
	Layout Layout `json:"layout"`
}

// doneFile is what is written when a run is complete.
type doneFile struct {
	Summary   Summary        `json:"summary"`
	Manifests []string       `json:"manifests"`
	Truth     *manifestEntry `json:"truth,omitempty"`
}

// Look says what a lake holds of a run, and a *ConflictError if another run has
// its hours. It writes nothing.
func Look(ctx context.Context, c Config) (State, error) {
	c = c.withDefaults()
	if err := c.Run.check(); err != nil {
		return New, err
	}
	cl, _, err := claimOf(c)
	if err != nil {
		return New, err
	}
	return look(ctx, c, cl)
}

func look(ctx context.Context, c Config, own claim) (State, error) {
	log, err := readLog(ctx, c.Store)
	if err != nil {
		return New, err
	}
	began, shared, err := log.admit(ctx, c, own)
	if err != nil {
		return New, err
	}
	if !began {
		if shared {
			return New, nil
		}
		return New, foreign(ctx, c, own)
	}
	whole, err := complete(ctx, c.Store, own)
	if err != nil || !whole {
		return Interrupted, err
	}
	return Complete, nil
}

// runLog is the lake's runs, in the order that they took their hours.
type runLog struct {
	runs []foundRun
	next int // the number that is free
}

type foundRun struct {
	key   string
	claim claim
	file  runFile
}

func readLog(ctx context.Context, st store.Store) (*runLog, error) {
	log := &runLog{next: 1}
	for info, err := range st.List(ctx, runsPrefix) {
		if err != nil {
			return nil, fmt.Errorf("looking for other runs: %w", err)
		}
		r := foundRun{key: info.Key}
		err = getJSON(ctx, st, info.Key, &r.file)
		if errors.Is(err, store.ErrNotFound) {
			continue // deleted since
		}
		if err != nil {
			return nil, fmt.Errorf("looking for other runs: %w", err)
		}
		var ok bool
		if r.claim, ok = parseClaim(r.file.Claim); !ok {
			return nil, fmt.Errorf("looking for other runs: %s claims %q, which is no claim: it was damaged or changed", info.Key, r.file.Claim)
		}
		log.runs = append(log.runs, r)
		var number int
		if _, err := fmt.Sscanf(path.Base(info.Key), "%d.json", &number); err == nil {
			log.next = max(log.next, number+1)
		}
	}
	return log, nil
}

// admit says whether a run is in the log, and whether others of its source are;
// a *ConflictError if one is in the log that it cannot share the lake with.
func (log *runLog) admit(ctx context.Context, c Config, own claim) (began, shared bool, err error) {
	for _, r := range log.runs {
		switch {
		case r.claim == own:
			began = true
		case !own.compatible(r.claim):
			return false, false, conflictOf(ctx, c, own, r)
		default:
			shared = shared || r.claim.source == own.source
		}
	}
	return began, shared, nil
}

// conflictOf words a conflict: what is there, how it differs, what to do.
func conflictOf(ctx context.Context, c Config, own claim, other foundRun) error {
	state := "an interrupted run"
	if _, err := c.Store.Stat(ctx, other.claim.doneKey()); err == nil {
		state = "a run"
	}
	e := &ConflictError{Hours: stamp(own.from) + " to " + stamp(own.to)}
	e.Reason = fmt.Sprintf("%s of %s to %s is there, and %s; the two would mix. Take another lake or other hours, or delete that run's objects and %s",
		state, stamp(other.claim.from), stamp(other.claim.to), difference(c, other.file, own, other.claim), other.key)
	return e
}

// difference says in what two runs differ.
func difference(c Config, there runFile, own, other claim) string {
	parts := []string{}
	differ := func(what string, theirs, ours any) {
		if theirs != ours {
			parts = append(parts, fmt.Sprintf("its %s is %v, not %v", what, theirs, ours))
		}
	}
	differ("seed", there.Run.Seed, c.Run.Seed)
	if there.Run.Scenario != c.Run.Scenario {
		differ("scenario", there.Run.Scenario, c.Run.Scenario)
	} else if there.Run.Digest != c.Run.Digest {
		parts = append(parts, fmt.Sprintf("its scenario %s has other settings", there.Run.Scenario))
	}
	differ("program's version", there.Run.Version, c.Run.Version)
	l, m := there.Layout, c.Layout
	differ("delimiter", l.Delimiter, m.Delimiter)
	differ("file format", l.Format, m.Format)
	differ("partitioning", l.PartitionBy, m.PartitionBy)
	differ("buffer size", l.BufferSize, m.BufferSize)
	differ("buffer interval", l.BufferInterval, m.BufferInterval)
	differ("number of buffers", l.Buffers, m.Buffers)
	if len(parts) == 0 && l != m {
		parts = append(parts, "its layout is another")
	}
	if own.source == other.source && own.shards != other.shards {
		differ("number of shards", other.shards, own.shards)
	}
	if len(parts) == 0 {
		return "its window meets this one"
	}
	return strings.Join(parts, ", ")
}

// foreign refuses hours that hold objects while no run is known to have made
// them: a real bucket's data, or a lake whose _acme folder is gone.
func foreign(ctx context.Context, c Config, own claim) error {
	seen := map[string]bool{}
	folders := []string{}
	tables, err := c.Layout.tables()
	if err != nil {
		return err
	}
	for _, n := range tables {
		for ms := own.from; ms < own.to; ms += 3600_000 {
			if folder := n.folder(ms); !seen[folder] {
				seen[folder] = true
				folders = append(folders, folder)
			}
		}
	}
	others, err := claimed(ctx, c.Store)
	if err != nil {
		return err
	}
	for _, folder := range folders {
		for info, err := range c.Store.List(ctx, strings.TrimPrefix(folder, "./")) {
			if err != nil {
				return fmt.Errorf("looking whether %s is free: %w", folder, err)
			}
			if hidden(info.Key) || others[folder] {
				continue
			}
			return &ConflictError{Hours: stamp(own.from) + " to " + stamp(own.to), Reason: fmt.Sprintf(
				"%s is there, and no run of this lake wrote it; generated events would mix with it. Take another lake or other hours", info.Key)}
		}
	}
	return nil
}

// claimed gives the folders that manifests speak of.
func claimed(ctx context.Context, st store.Store) (map[string]bool, error) {
	out := map[string]bool{}
	for info, err := range st.List(ctx, manifestsPrefix) {
		if err != nil {
			return nil, fmt.Errorf("looking for manifests: %w", err)
		}
		out[path.Dir(strings.TrimPrefix(info.Key, manifestsPrefix))+"/"] = true
	}
	return out, nil
}

// take puts the run into the log, unless it is there.
func take(ctx context.Context, c Config, own claim) error {
	text, err := document(runFile{own.name(), c.Run, c.Layout})
	if err != nil {
		return err
	}
	for {
		log, err := readLog(ctx, c.Store)
		if err != nil {
			return err
		}
		began, _, err := log.admit(ctx, c, own)
		if began || err != nil {
			return err
		}
		_, err = c.Store.Put(ctx, runKey(log.next), bytes.NewReader(text))
		if !errors.Is(err, store.ErrExists) {
			return err
		}
	}
}

// complete says whether every object of a finished run is there with its size.
func complete(ctx context.Context, st store.Store, own claim) (bool, error) {
	done, err := finished(ctx, st, own)
	if done == nil || err != nil {
		return false, err
	}
	want := map[string]int64{}
	folders := map[string]bool{}
	for _, key := range done.Manifests {
		var m Manifest
		err := getJSON(ctx, st, key, &m)
		if errors.Is(err, store.ErrNotFound) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		folders[m.Folder] = true
		for _, o := range m.Objects {
			want[m.Folder+o.Name] = o.Bytes
		}
	}
	if done.Truth != nil {
		want[truthPrefix+done.Truth.Name] = done.Truth.Bytes
		folders[truthPrefix] = true
	}
	for folder := range folders {
		void, err := readVoids(ctx, st, folder)
		if err != nil {
			return false, err
		}
		for key := range want {
			if void.has(key) {
				delete(want, key)
			}
		}
		for info, err := range st.List(ctx, folder) {
			if err != nil {
				return false, fmt.Errorf("looking whether the run is complete: %w", err)
			}
			if want[info.Key] == info.Size {
				delete(want, info.Key)
			}
		}
	}
	return len(want) == 0, nil
}

// finished gives what a run said when it was complete, or nil.
func finished(ctx context.Context, st store.Store, own claim) (*doneFile, error) {
	var done doneFile
	err := getJSON(ctx, st, own.doneKey(), &done)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return &done, err
}

// putJSON publishes a document. If it is there already it must be the same.
func putJSON(ctx context.Context, st store.Store, key string, v any) error {
	text, err := document(v)
	if err != nil {
		return err
	}
	_, err = st.Put(ctx, key, bytes.NewReader(text))
	if !errors.Is(err, store.ErrExists) {
		return err
	}
	return sameObject(ctx, st, key, int64(len(text)), sha256.Sum256(text))
}

func document(v any) ([]byte, error) {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the books: %w", err)
	}
	return append(text, '\n'), nil
}

// maxDocument bounds what is read of a file of ours.
const maxDocument = 64 << 20

// getJSON reads a document of ours.
func getJSON(ctx context.Context, st store.Store, key string, v any) error {
	body, _, err := st.Get(ctx, key)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(io.LimitReader(body, maxDocument))
	if err = errors.Join(err, body.Close()); err != nil {
		return fmt.Errorf("reading %s: %w", key, err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("reading %s: %w", key, err)
	}
	return nil
}
