package lake

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"acme/telemetry/engine/serde"
	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// Migrate makes Parquet of a lake's JSON. What must hold:
//
//   - Every record arrives, once. All records of an object are migrated, those that
//     Athena does not show among them; what is no record is filed under errors/ with
//     its object, line and reason. Records in are rows out and broken ones.
//   - Nothing is visible before it is proved. A part is made on this machine, whole, and
//     read back by another reader than wrote it; the rows, by an order-free
//     fingerprint, each column's NULLs and sums, and what readers skip pages by, must be
//     what was read of the JSON. Then it is put, whole, and its manifest last.
//   - The source is not touched. No object of the table is replaced or deleted.
//   - It can be run again, killed, and run twice at once. See migrationsPrefix.
//
// A part is the rows of the objects that were there when it was made. Objects that come
// later are another part of the same folder, beside it.

// MigrateOptions say what to migrate and how.
type MigrateOptions struct {
	// From and To are a window of the hours that the partitions stand for, [From, To);
	// no bound where zero.
	From, To time.Time
	// Into is the table that gets the parts: schema.EventsMigrated or EventsByDay.
	Into  schema.Table
	Codec string // zstd, snappy or gzip
	// IP is what becomes of the viewers' addresses on the way. Keys are those that IP and
	// the plans of interrupted runs name.
	IP   IPRule
	Keys []Key
	// Temp is a folder of this machine for parts that are being made and are longer than
	// 16 MiB, two at a time; the system's where empty.
	Temp    string
	Workers int // objects read at once; every core where zero
	// MaxInput is how many bytes of objects make one part at most; 512 MiB where zero.
	MaxInput int64
	// Progress is told how many bytes of objects are done of how many, and how many rows
	// were read, from one goroutine.
	Progress func(done, of, rows int64)

	groupRows, pageRows, runRows int // smaller in tests
}

// Migration is what a migration did, or would do.
type Migration struct {
	Table string         `json:"table"`
	Parts []MigratedPart `json:"parts"` // in the order of their folders
	// Done is how many objects an earlier run has migrated.
	Done int64 `json:"done"`
	// Failed are the folders that could not be migrated, and why; the others were.
	Failed []FailedPart `json:"failed"`
	// Passed are folders of the source that are no partitions.
	Passed []string `json:"passed"`
}

// MigratedPart is one part.
type MigratedPart struct {
	Folder  string  `json:"folder"`
	Values  []Value `json:"-"`
	Objects int64   `json:"objects"` // that went in
	Input   int64   `json:"input"`   // their bytes
	Key     string  `json:"key,omitempty"`
	Bytes   int64   `json:"bytes,omitempty"`
	Records int64   `json:"records"` // rows of the part
	// Unseen are those of Records that Athena does not show, Broken what was no record.
	Unseen int64 `json:"unseen"`
	Broken int64 `json:"broken"`
	// Extra, Mistyped and Twice are serde's: what rows do not show of their records.
	Extra    int64            `json:"extra"`
	Mistyped int64            `json:"mistyped"`
	Twice    int64            `json:"twice"`
	Places   []serde.Position `json:"places,omitempty"` // of the first of these
}

// FailedPart is a folder that was not migrated.
type FailedPart struct {
	Folder string `json:"folder"`
	Reason string `json:"reason"`
	Err    error  `json:"-"`
}

// job is one part to make.
type migrationJob struct {
	*target
	inputs  []store.Info
	pending *numberedPlan // what a process that was killed left, or nil
	erased  bool          // some of its objects are no more what they were
}

func (o MigrateOptions) withDefaults() MigrateOptions {
	set(&o.Workers, runtime.GOMAXPROCS(0))
	set(&o.MaxInput, 512<<20)
	set(&o.Codec, "zstd")
	o.IP = o.IP.normal()
	set(&o.groupRows, groupRows)
	set(&o.pageRows, pageRows)
	set(&o.runRows, runRows)
	if o.Progress == nil {
		o.Progress = func(int64, int64, int64) {}
	}
	return o
}

// PlanMigration says what Migrate would do, and writes nothing.
func PlanMigration(ctx context.Context, st store.Store, o MigrateOptions) (*Migration, error) {
	o = o.withDefaults()
	out, jobs, err := o.jobs(ctx, st)
	if err != nil {
		return nil, err
	}
	for _, j := range jobs {
		out.Parts = append(out.Parts, j.part())
	}
	return out, nil
}

// Migrate makes the parts that are missing. An error is of the whole; what is wrong with
// one folder is in Migration.Failed, and the others are migrated.
func Migrate(ctx context.Context, st store.Store, o MigrateOptions) (*Migration, error) {
	o = o.withDefaults()
	if _, err := codec(o.Codec); err != nil {
		return nil, err
	}
	if _, err := newAddresses(o.IP, o.Keys); err != nil {
		return nil, err
	}
	if err := agreeOnAddresses(ctx, st, o.IP.mode(), []schema.Table{o.Into}); err != nil {
		return nil, fmt.Errorf("migrating %s: %w", st.URI(), err)
	}
	var all *Migration
	for {
		out, jobs, err := o.jobs(ctx, st)
		if err != nil {
			return all, err
		}
		if all == nil {
			all = out
		}
		all.Failed = out.Failed
		overtaken, err := o.run(ctx, st, jobs, all)
		if err != nil || !overtaken {
			slices.SortStableFunc(all.Parts, func(a, b MigratedPart) int { return strings.Compare(a.Folder, b.Folder) })
			return all, err
		}
	}
}

// jobs finds what is to be done.
func (o MigrateOptions) jobs(ctx context.Context, st store.Store) (*Migration, []migrationJob, error) {
	out := &Migration{Table: o.Into.Database + "." + o.Into.Name, Parts: []MigratedPart{}, Failed: []FailedPart{}, Passed: []string{}}
	for _, c := range serde.ColumnsOf(o.Into) {
		if !slices.Contains(parquetKinds, c.Type.Kind) {
			return nil, nil, fmt.Errorf("migrating to %s: its column %s is %s, which is not migrated", out.Table, c.Name, c.Type)
		}
	}
	targets, err := o.targets(ctx, st, out)
	if err == nil {
		err = readPlans(ctx, st, o.Into.Prefix, targets)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("migrating %s: %w", st.URI(), err)
	}
	var jobs []migrationJob
	for _, t := range targets {
		more, err := o.jobsOf(t, out)
		if err != nil {
			out.Failed = append(out.Failed, FailedPart{t.folder, err.Error(), err})
			continue
		}
		jobs = append(jobs, more...)
	}
	return out, jobs, nil
}

// jobsOf gives the parts that a folder lacks.
func (o MigrateOptions) jobsOf(t *target, out *Migration) ([]migrationJob, error) {
	if key := t.foreign(); key != "" {
		return nil, &ForeignPartError{Key: key}
	}
	left, err := t.left()
	if err != nil {
		return nil, err
	}
	out.Done += int64(len(t.inputs) - len(left))
	var jobs []migrationJob
	for i := range t.plans {
		if p := &t.plans[i]; !p.done {
			j := migrationJob{target: t, pending: p}
			for _, in := range p.Inputs {
				info := store.Info{Key: in.Key, Size: in.Bytes}
				if key := t.voids.now(in.Key); key != in.Key {
					j.erased = true
					at := slices.IndexFunc(t.inputs, func(i store.Info) bool { return i.Key == key })
					if at < 0 {
						continue
					}
					info = t.inputs[at]
				}
				j.inputs = append(j.inputs, info)
			}
			out.Done -= int64(len(j.inputs))
			jobs = append(jobs, j)
		}
	}
	for len(left) > 0 {
		n, size := 0, int64(0)
		for n < len(left) && (n == 0 || size+left[n].Size <= o.MaxInput) {
			size += left[n].Size
			n++
		}
		jobs = append(jobs, migrationJob{target: t, inputs: left[:n]})
		left = left[n:]
	}
	return jobs, nil
}

// targets groups the table's objects by the folders that their rows go to.
func (o MigrateOptions) targets(ctx context.Context, st store.Store, out *Migration) ([]*target, error) {
	from := schema.Events()
	partitions, err := Partitions(ctx, st, from.Prefix)
	if err != nil {
		return nil, err
	}
	erased := newVoids()
	for _, prefix := range []string{from.Prefix, o.Into.Prefix} {
		if err := erased.read(ctx, st, prefix); err != nil {
			return nil, err
		}
	}
	byFolder := map[string]*target{}
	var targets []*target
	for i := range partitions {
		p := &partitions[i]
		if wrongFolder(p, from) != "" {
			if len(p.Objects) > 0 {
				out.Passed = append(out.Passed, p.Folder)
			}
			continue
		}
		folder, values := o.folder(p)
		if folder == "" || len(p.Objects) == 0 {
			continue
		}
		t := byFolder[folder]
		if t == nil {
			t = &target{folder: folder, values: values, voids: erased}
			byFolder[folder] = t
			targets = append(targets, t)
		}
		for _, info := range p.Objects {
			if !erased.has(info.Key) {
				t.inputs = append(t.inputs, info)
			}
		}
	}
	slices.SortFunc(targets, func(a, b *target) int { return strings.Compare(a.folder, b.folder) })
	there, err := Partitions(ctx, st, o.Into.Prefix)
	for _, p := range there {
		if t := byFolder[p.Folder]; t != nil {
			t.there = p.Objects
		}
	}
	return targets, err
}

// folder gives where the rows of a partition go; "" where it is not in the window.
func (o MigrateOptions) folder(p *Partition) (string, []Value) {
	n, ok := p.Numbers(schema.Events())
	if !ok { // which wrongFolder has seen
		return "", nil
	}
	hour := time.Date(n[0], time.Month(n[1]), n[2], n[3], 0, 0, 0, time.UTC)
	if !o.From.IsZero() && hour.Before(o.From.Truncate(time.Hour)) || !o.To.IsZero() && !hour.Before(o.To) {
		return "", nil
	}
	folder, values := o.Into.Prefix, []Value{}
	for i, c := range o.Into.Partitions {
		text := fmt.Sprintf("%02d", n[i])
		values = append(values, Value{c.Name, text})
		folder += c.Name + "=" + text + "/"
	}
	return folder, values
}

// rule gives what becomes of addresses: what the plan says that a process left, whatever
// is asked for now.
func (j *migrationJob) rule(o MigrateOptions) IPRule {
	if j.pending != nil {
		return j.pending.IP
	}
	return o.IP
}

func (j *migrationJob) part() MigratedPart {
	p := MigratedPart{Folder: j.folder, Values: j.values, Objects: int64(len(j.inputs))}
	for _, in := range j.inputs {
		p.Input += in.Size
	}
	return p
}

// run makes parts, and says whether another process has made some of them: then there is
// to be looked again.
func (o MigrateOptions) run(ctx context.Context, st store.Store, jobs []migrationJob, out *Migration) (overtaken bool, err error) {
	var inputs []migratedObject
	total := int64(0)
	for _, j := range jobs {
		ips, err := newAddresses(j.rule(o), o.Keys)
		if err != nil {
			return false, fmt.Errorf("migrating %s: %w", j.folder, err)
		}
		for _, in := range j.inputs {
			inputs = append(inputs, migratedObject{in, ips})
			total += in.Size
		}
	}
	hidden, err := readSuppressed(ctx, st)
	if err != nil {
		return false, err
	}
	if st, err = withoutGone(ctx, st); err != nil {
		return false, err
	}
	reader := readInputs(ctx, st, o.Into, inputs, hidden, o.Workers, o.runRows)
	defer reader.close()
	m := &migrator{o: o, st: st, reader: reader, check: newChecker(o.Into), out: out, total: total}
	if err := m.parts(ctx, jobs); err != nil {
		return false, err
	}
	return m.overtaken, hidden.still(ctx, st)
}

// migrator is one run over a number of parts.
type migrator struct {
	o           MigrateOptions
	st          store.Store
	reader      *inputReader
	check       *checker // of who puts parts, one at a time
	press       *press   // of the part before, or nil
	out         *Migration
	overtaken   bool // another process has put a part's plan
	done, total int64
	rows        int64
}

// parts makes the parts of jobs in their order. While one is proved and put, which is to
// wait for the disk most of the time, the next is read and encoded.
func (m *migrator) parts(ctx context.Context, jobs []migrationJob) error {
	var before chan madePart // nil where no part is being put
	for i := range jobs {
		j := &jobs[i]
		made, err := m.make(ctx, j)
		if before != nil {
			if serr := m.settle(ctx, <-before); serr != nil {
				if err == nil {
					serr = errors.Join(serr, made.drop())
				}
				return serr
			}
			before = nil
		}
		if err != nil {
			if err := m.settle(ctx, madePart{j.part(), err}); err != nil {
				return err
			}
			continue
		}
		before = make(chan madePart)
		go func(done chan<- madePart) {
			part, err := m.put(ctx, j, made)
			done <- madePart{part, errors.Join(err, made.drop())}
		}(before)
	}
	if before == nil {
		return nil
	}
	return m.settle(ctx, <-before)
}

// madePart is what became of a part.
type madePart struct {
	part MigratedPart
	err  error
}

// settle books a part. An error ends the run.
func (m *migrator) settle(ctx context.Context, p madePart) error {
	switch {
	case p.err == nil:
		m.out.Parts = append(m.out.Parts, p.part)
	case errors.Is(p.err, errOvertaken):
		m.overtaken = true
	case ctx.Err() != nil:
		return fmt.Errorf("migrating %s: %w", m.st.URI(), context.Cause(ctx))
	case errors.As(p.err, new(*DamagedError)), errors.Is(p.err, store.ErrNotFound):
		m.out.Failed = append(m.out.Failed, FailedPart{p.part.Folder, p.err.Error(), p.err})
	default:
		return fmt.Errorf("migrating %s: %w", p.part.Folder, p.err)
	}
	return nil
}

// make makes one part. The reader is then behind the part's objects, whatever happened.
func (m *migrator) make(ctx context.Context, j *migrationJob) (made *making, err error) {
	codecName := m.o.Codec
	if j.pending != nil {
		codecName = j.pending.Codec
	}
	if m.press == nil || m.press.codec != codecName {
		if m.press, err = newPress(m.o.Into, codecName); err != nil {
			return nil, err
		}
	}
	made, err = startPart(m.st, m.o.Into, j.folder, partLayout{dir: m.o.Temp, memory: inSpool, group: m.o.groupRows, page: m.o.pageRows}, m.press)
	if err != nil {
		return nil, err
	}
	made.plan.IP, made.check = j.rule(m.o), m.check
	made.recycle = m.reader.recycle
	if err = m.read(ctx, j, made); err == nil {
		err = made.finish()
	}
	if err != nil {
		return nil, errors.Join(err, made.drop())
	}
	return made, nil
}

// put proves a part and puts it, its plan before and its manifest behind it.
func (m *migrator) put(ctx context.Context, j *migrationJob, made *making) (part MigratedPart, err error) {
	part = j.part()
	if err := made.prove(); err != nil {
		return part, err
	}
	if made.name, err = m.plan(ctx, j, made); err != nil {
		return part, err
	}
	manifest, err := made.publish(ctx)
	if err != nil {
		return part, err
	}
	for _, e := range manifest.Objects {
		part.Key, part.Bytes = manifest.Folder+e.Name, e.Bytes
	}
	part.count(made)
	return part, nil
}

// plan puts the plan of a part, or holds it against the one that is there, and gives the
// name that the part has by it.
func (m *migrator) plan(ctx context.Context, j *migrationJob, made *making) (string, error) {
	if j.pending != nil {
		// Where somebody was erased since, what is left of it is made.
		if !j.erased && made.erased == 0 {
			if err := samePlan(&j.pending.migrationPlan, &made.plan); err != nil {
				return "", err
			}
		}
		return j.pending.name()
	}
	number := j.next()
	if err := putPlan(ctx, m.st, number, &made.plan); err != nil {
		return "", err
	}
	j.plans = append(j.plans, numberedPlan{number: number, migrationPlan: made.plan})
	return made.plan.name()
}

// read reads a part's objects into it, and the rest of them past it where one fails.
func (m *migrator) read(ctx context.Context, j *migrationJob, into *making) (err error) {
	for range j.inputs {
		in, ok := <-m.reader.queue
		if !ok {
			return errors.Join(err, context.Cause(ctx), errCutShort)
		}
		if err == nil {
			err = into.take(in, func(rows int) {
				m.rows += int64(rows)
				m.o.Progress(m.done, m.total, m.rows)
			})
		}
		for range in.runs {
		}
		m.done += in.info.Size
		m.o.Progress(m.done, m.total, m.rows)
	}
	return err
}

// samePlan says in what the objects of a plan are not what they were.
func samePlan(was, is *migrationPlan) error {
	for i, in := range was.Inputs {
		if in != is.Inputs[i] {
			return &DamagedError{in.Key, "it has changed since a run began to migrate it; that run's plan lies below " + migrationsPrefix + was.Folder}
		}
	}
	if what := was.Holds.difference(is.Holds); what != "" {
		return fmt.Errorf("%s is not what the plan of an interrupted run says", what)
	}
	return nil
}

func (p *MigratedPart) count(m *making) {
	for _, in := range m.plan.Inputs {
		p.Records += in.Records
		p.Unseen += in.Unseen
		p.Broken += in.Broken
	}
	p.Extra, p.Mistyped, p.Twice = m.stats.Extra, m.stats.Mistyped, m.stats.Twice
	p.Places = append(slices.Clone(m.stats.Bad), m.stats.Odd...)
}
