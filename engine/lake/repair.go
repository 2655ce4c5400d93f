package lake

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/gzip"

	"acme/telemetry/engine/serde"
	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// Repair writes what a lake's JSON objects hold into another lake, as Athena reads it
// without loss: gzip that is named so, a record a line, every key once. The source is
// not touched. What must hold:
//
//   - Every record that can be read is there, in the order of its object, with the bytes
//     it had; but where a key stands twice in it, only the last is kept, as Athena shows.
//   - What cannot be recovered is named with object, line and reason, and filed under
//     errors/processing-failed/ of the new lake.
//   - Of an object that was cut short, the records before the cut are there. Of one whose
//     checksum is wrong none is, unless Unchecked: any of them may be another than it was.
//
// Objects keep their folders and names; one in a folder that is no partition goes to the
// hour of its first event. It can be run again, and goes on.

// RepairOptions say what to repair.
type RepairOptions struct {
	// Unchecked keeps what can be read of objects whose checksum is wrong.
	Unchecked bool
	// Progress is told how many objects are done, from any goroutine.
	Progress func(done, of int64)
}

// Repaired is what a repair did.
type Repaired struct {
	Objects int64 `json:"objects"` // of the source
	Sound   int64 `json:"sound"`   // of Objects: copied as they were
	Records int64 `json:"records"` // in the new lake
	// New are those of Records that Athena does not see in the source.
	New int64 `json:"new"`
	// Lost are what could not be recovered, by object and line; Count is 1 for each.
	Lost []Finding `json:"lost"`
	// Mended are the objects that were not sound.
	Mended []MendedObject `json:"mended"`
}

// MendedObject is an object that was written anew.
type MendedObject struct {
	From    string `json:"from"`
	Key     string `json:"key"` // in the new lake
	Records int64  `json:"records"`
	New     int64  `json:"new"`
	Twice   int64  `json:"twice"` // keys that stood twice
	Moved   bool   `json:"moved"` // to another folder or name
}

// mending is one object on its way.
type mending struct {
	from    store.Info
	hidden  *suppressed // whose records are left out
	key     string
	folder  bool // it lies in a partition
	records int64
	out     bytes.Buffer
	gzip    *gzip.Writer
	first   []byte // the first record
	refused []byte
	lost    []Finding
	stats   serde.Stats
	name    string // under which it is read
	reader  *serde.Reader
	erased  int64 // records that are left out
	twice   int64 // keys that stood twice in the records before
}

// Repair repairs the table of events.
func Repair(ctx context.Context, from, into store.Store, o RepairOptions) (*Repaired, error) {
	if from.URI() == into.URI() {
		return nil, fmt.Errorf("repairing %s into itself: name another lake, nothing is changed in place", from.URI())
	}
	if err := sameAddresses(ctx, from, into, false); err != nil {
		return nil, fmt.Errorf("repairing %s into %s: %w", from.URI(), into.URI(), err)
	}
	hidden, err := copySuppressed(ctx, from, into)
	if err != nil {
		return nil, fmt.Errorf("repairing %s into %s: %w", from.URI(), into.URI(), err)
	}
	t := schema.Events()
	partitions, err := Partitions(ctx, from, t.Prefix)
	if err != nil {
		return nil, err
	}
	out := &Repaired{Lost: []Finding{}, Mended: []MendedObject{}}
	var all []*mending
	for i := range partitions {
		for _, info := range partitions[i].Objects {
			all = append(all, &mending{from: info, hidden: hidden, key: info.Key, folder: wrongFolder(&partitions[i], t) == ""})
		}
	}
	var done atomic.Int64
	total := int64(len(all))
	folders := map[string][]Written{}
	// A few at a time: each holds its object in memory until it is put.
	const together = 4
	for len(all) > 0 {
		some := all[:min(together, len(all))]
		all = all[len(some):]
		err := inParallel(ctx, len(some), len(some), func(ctx context.Context, i int) error {
			err := some[i].mend(ctx, from, o)
			if o.Progress != nil {
				o.Progress(done.Add(1), total)
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("repairing %s: %w", from.URI(), err)
		}
		for _, m := range some {
			if err := m.publish(ctx, from, into, folders, out); err != nil {
				return nil, fmt.Errorf("repairing %s: %w", m.from.Key, err)
			}
		}
	}
	for folder, objects := range folders {
		if err := recordOnce(ctx, into, folder, objects); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// recordOnce puts the manifest of a folder, under a name of what it speaks of.
func recordOnce(ctx context.Context, into store.Store, folder string, objects []Written) error {
	text, err := document(objects)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	_, err = Record(ctx, into, folder, "repair-"+hex.EncodeToString(sum[:8]), objects)
	return err
}

// mend reads an object and writes it anew.
func (m *mending) mend(ctx context.Context, from store.Store, o RepairOptions) (err error) {
	body, _, err := from.Get(ctx, m.from.Key)
	if errors.Is(err, store.ErrKey) {
		m.lose(Unreadable, 0, err.Error())
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	packed := bufio.NewReader(body)
	magic, _ := packed.Peek(2) // a shorter object has no magic
	m.name, _ = byContent(m.from.Key, magic)
	if serde.Gzip(m.from.Key) && len(magic) == 0 {
		return nil // without a byte it has no rows
	}
	if !bytes.Equal(magic, []byte{0x1f, 0x8b}) && isBrotli(packed) {
		m.lose(Brotli, 0, "packed with Brotli: unpack it with the tool that packed it")
		return nil
	}
	m.gzip = gzip.NewWriter(&m.out)
	m.gzip.ModTime = time.Unix(0, 0) // or another stands there
	m.reader, err = newRecordReader(schema.Events(), serde.Options{IgnoreMalformed: true, EveryRecord: true, Salvage: true, Bad: 1 << 20, Record: m.keep, Refused: m.refuse})
	if err != nil {
		return err
	}
	m.stats, err = drain(m.reader, m.name, packed)
	if err != nil {
		m.lose(Unreadable, m.stats.Lines, "from here on: "+reason(err))
	}
	if err := m.gzip.Close(); err != nil {
		return err // a bytes.Buffer takes everything
	}
	m.judge(o)
	_, err = io.Copy(io.Discard, packed)
	return err
}

// judge says what an object that is packed wrongly has lost.
func (m *mending) judge(o RepairOptions) {
	switch err := m.stats.Broken; {
	case err == nil:
	case errors.Is(err, io.ErrUnexpectedEOF):
		m.lose(Truncated, m.stats.Lines, fmt.Sprintf("it ends in the middle: %d records stand before the cut, what stood behind it is gone", m.records))
	case errors.Is(err, gzip.ErrHeader) && m.stats.Members > 0:
		m.lose(Unreadable, m.stats.Lines, "behind the last record stand bytes that are no gzip")
	case o.Unchecked:
		m.lose(BadChecksum, 0, fmt.Sprintf("%v: %d records were read, and nothing vouches for them", err, m.records))
	default:
		m.lose(BadChecksum, 0, fmt.Sprintf("%v: %d records can be read, and any may be another than it was; --unchecked keeps them", err, m.records))
		m.records = 0
	}
}

func (m *mending) lose(kind FindingKind, line int64, why string) {
	m.lost = append(m.lost, Finding{kind, SeverityError, m.from.Key, line, 1, why})
}

// keep takes a record.
func (m *mending) keep(text []byte) {
	if m.hidden.holds(text) {
		m.erased++
		return
	}
	if m.records++; m.records == 1 {
		m.first = bytes.Clone(text)
	}
	if n := m.reader.Stats().Twice; n != m.twice {
		m.twice, text = n, onlyLast(text)
	}
	// A bytes.Buffer takes everything.
	_, _ = m.gzip.Write(text)
	_, _ = m.gzip.Write([]byte{'\n'})
}

// refuse files what is no record.
func (m *mending) refuse(at serde.Position, text []byte) {
	if len(bytes.TrimSpace(text)) == 0 || m.hidden.holds(text) {
		return
	}
	m.lose(Malformed, at.Line, at.Why)
	line, err := json.Marshal(errorRecord{
		AttemptsMade: 1, ErrorCode: "DataFormatConversion.MalformedData", RawData: text,
		ErrorMessage:   fmt.Sprintf("%s (%s, line %d, byte %d)", at.Why, m.from.Key, at.Line, at.Offset),
		SequenceNumber: fmt.Sprintf("%d-%d", at.Line, at.Offset),
	})
	if err != nil {
		panic(err) // text and numbers alone
	}
	m.refused = append(append(m.refused, line...), '\n')
}

// sound says whether Athena reads every record of the object as it is.
func (m *mending) sound() bool {
	s := &m.stats
	return m.folder && m.name == m.from.Key && serde.Gzip(m.from.Key) && len(m.lost) == 0 && m.erased == 0 && s.Unseen == 0 && s.Malformed == 0 && s.Twice == 0 && s.Lines == s.Records
}

// publish puts the object into the new lake.
func (m *mending) publish(ctx context.Context, from, into store.Store, folders map[string][]Written, out *Repaired) error {
	out.Objects++
	out.Lost = append(out.Lost, m.lost...)
	if err := m.putRefused(ctx, into, folders); err != nil || m.records == 0 {
		return err
	}
	out.Records += m.records
	var body io.Reader = &m.out
	if m.sound() {
		out.Sound++
		original, _, err := from.Get(ctx, m.from.Key)
		if err != nil {
			return err
		}
		defer original.Close()
		body = original
	} else {
		m.place()
		seen := m.stats.Records - m.stats.Unseen
		if m.name != m.from.Key || !m.folder {
			seen = 0
		}
		out.New += max(0, m.records-seen)
		out.Mended = append(out.Mended, MendedObject{m.from.Key, m.key, m.records, max(0, m.records-seen), m.stats.Twice, m.key != m.from.Key})
	}
	return putOnce(ctx, into, m.key, body, m.records, folders)
}

// putOnce puts an object, or finds the same one there, and notes it for its manifest.
func putOnce(ctx context.Context, into store.Store, key string, body io.Reader, rows int64, folders map[string][]Written) error {
	data, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	_, err = into.Put(ctx, key, bytes.NewReader(data))
	if errors.Is(err, store.ErrExists) {
		err = sameObject(ctx, into, key, int64(len(data)), sum)
	}
	if err != nil {
		return err
	}
	folder, name := split(key)
	folders[folder] = append(folders[folder], Written{Name: name, Bytes: int64(len(data)), SHA256: sum, Rows: rows})
	return nil
}

// place gives the object the key that it has in the new lake.
func (m *mending) place() {
	folder, name := split(m.from.Key)
	if !m.folder {
		folder = folderOfEvent(m.first, schema.Events().Prefix)
	}
	if hiddenName := strings.HasPrefix(name, "_") || strings.HasPrefix(name, "."); hiddenName {
		name = strings.TrimLeft(name, "_.")
	}
	if lower := strings.ToLower(path.Ext(name)); lower == ".gz" {
		name = name[:len(name)-len(lower)]
	}
	m.key = folder + name + ".gz"
}

// folderOfEvent gives the folder of a record's hour by its own time; of year 1970 where
// it has none.
func folderOfEvent(record []byte, prefix string) string {
	var event struct {
		At string `json:"event_timestamp"`
	}
	_ = json.Unmarshal(record, &event) // lenient JSON has the folder of no time
	hour := event.At
	if len(hour) < 13 || !digits(hour[:4]+hour[5:7]+hour[8:10]+hour[11:13]) {
		hour = "1970-01-01T00"
	}
	return fmt.Sprintf("%syear=%s/month=%s/day=%s/hour=%s/", prefix, hour[:4], hour[5:7], hour[8:10], hour[11:13])
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

func (m *mending) putRefused(ctx context.Context, into store.Store, folders map[string][]Written) error {
	if len(m.refused) == 0 {
		return nil
	}
	sum := sha256.Sum256([]byte(m.from.Key))
	key := "errors/" + string(ProcessingFailed) + "/repair-" + hex.EncodeToString(sum[:8])
	return putOnce(ctx, into, key, bytes.NewReader(m.refused), int64(bytes.Count(m.refused, []byte{'\n'})), folders)
}

// onlyLast gives a record with the last value of each key, whatever the key's case, in
// the place of the first. A record that is no strict JSON stays as it is.
func onlyLast(text []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(text))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return text
	}
	type member struct {
		name  string
		value json.RawMessage
	}
	var members []member
	place, twice := map[string]int{}, false
	for d.More() {
		token, err := d.Token()
		name, ok := token.(string)
		var value json.RawMessage
		if err != nil || !ok || d.Decode(&value) != nil {
			return text
		}
		at, known := place[strings.ToLower(name)]
		if known {
			members[at].value, twice = value, true
			continue
		}
		place[strings.ToLower(name)] = len(members)
		members = append(members, member{name, value})
	}
	if !twice {
		return text
	}
	var out bytes.Buffer
	for i, m := range members {
		out.WriteByte("{,"[min(i, 1)])
		name, err := json.Marshal(m.name)
		if err != nil {
			return text
		}
		out.Write(append(append(name, ':'), m.value...))
	}
	out.WriteByte('}')
	return out.Bytes()
}
