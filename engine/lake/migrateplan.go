package lake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"strings"

	"acme/telemetry/engine/store"
)

// migrationsPrefix is where the plans of migrations are kept, below it by the folder
// that gets a part: 000001.json and on.
//
// A plan is put when its part has been made and found right, and before the part is:
// it freezes which objects the part is made of. Plans of a folder are numbered, and the
// store refuses a number that is taken, so no object is in two plans, whoever migrates
// at once. A part that is there without its manifest is of a process that was killed;
// its plan says what to make again, byte for byte, whatever has arrived since.
const migrationsPrefix = "_acme/migrations/"

// migrationPlan says what one part is made of.
type migrationPlan struct {
	Version int              `json:"version"` // of this form: 1
	Folder  string           `json:"folder"`  // that gets the part
	Codec   string           `json:"codec"`
	IP      IPRule           `json:"ip,omitzero"` // what becomes of addresses
	Inputs  []migrationInput `json:"inputs"`
	// Holds is the fingerprint of the rows, as they were read from Inputs.
	Holds Fingerprint `json:"holds"`
}

// migrationInput is an object that was migrated, and what was in it.
type migrationInput struct {
	Key    string `json:"key"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	// Records are those that became rows. Unseen are those of them that Athena does not
	// show, Broken what was no record and became none.
	Records int64 `json:"records"`
	Unseen  int64 `json:"unseen,omitempty"`
	Broken  int64 `json:"broken,omitempty"`
	// Erased are records that became no row, since they name somebody who was erased.
	Erased int64 `json:"erased,omitempty"`
	Raw    int64 `json:"raw"` // bytes before compression
}

// name is what the part and its manifest are called.
func (p *migrationPlan) name() (string, error) {
	text, err := document(p)
	sum := sha256.Sum256(text)
	return "part-" + hex.EncodeToString(sum[:10]), err
}

// numberedPlan is a plan in its place.
type numberedPlan struct {
	number int
	migrationPlan
	key  string // of the part
	done bool   // its manifest is there
}

func planKey(folder string, number int) string {
	return fmt.Sprintf("%s%s%06d.json", migrationsPrefix, folder, number)
}

// target is a folder that gets parts.
type target struct {
	folder string
	values []Value      // of the partition
	inputs []store.Info // all objects that belong there
	plans  []numberedPlan
	there  []store.Info // the folder's objects as they are
	voids  *voids       // what was erased of both
}

// readPlans reads the plans of targets and whether they are done.
func readPlans(ctx context.Context, st store.Store, prefix string, targets []*target) error {
	byFolder := map[string]*target{}
	for _, t := range targets {
		byFolder[t.folder] = t
	}
	type found struct {
		t   *target
		key string
	}
	var all []found
	for info, err := range st.List(ctx, migrationsPrefix+prefix) {
		if err != nil {
			return fmt.Errorf("reading the plans of earlier migrations: %w", err)
		}
		folder, _ := split(strings.TrimPrefix(info.Key, migrationsPrefix))
		if t := byFolder[folder]; t != nil {
			all = append(all, found{t, info.Key})
		}
	}
	done, err := keysBelow(ctx, st, manifestsPrefix+prefix)
	if err != nil {
		return err
	}
	plans := make([]numberedPlan, len(all))
	err = inParallel(ctx, 16, len(all), func(ctx context.Context, i int) (err error) {
		plans[i], err = readPlan(ctx, st, all[i].key, all[i].t.folder)
		return err
	})
	if err != nil {
		return fmt.Errorf("reading the plans of earlier migrations: %w", err)
	}
	for i, p := range plans {
		p.done = done[manifestsPrefix+strings.TrimSuffix(p.key, ".parquet")+".json"]
		all[i].t.plans = append(all[i].t.plans, p)
	}
	return nil
}

func readPlan(ctx context.Context, st store.Store, key, folder string) (numberedPlan, error) {
	var p numberedPlan
	if err := getJSON(ctx, st, key, &p.migrationPlan); err != nil {
		return p, err
	}
	if _, err := fmt.Sscanf(path.Base(key), "%d.json", &p.number); err != nil || p.Folder != folder || p.Version != 1 {
		return p, fmt.Errorf("%s is no plan of %s: it was damaged or changed", key, folder)
	}
	name, err := p.name()
	p.key = folder + name + ".parquet"
	return p, err
}

func keysBelow(ctx context.Context, st store.Store, prefix string) (map[string]bool, error) {
	keys := map[string]bool{}
	for info, err := range st.List(ctx, prefix) {
		if err != nil {
			return nil, fmt.Errorf("listing %s: %w", prefix, err)
		}
		keys[info.Key] = true
	}
	return keys, nil
}

const anySize = -1

// left gives the objects that are in no plan. Objects that were migrated and are others
// now are an error: what is in the table is not what is in the lake.
func (t *target) left() ([]store.Info, error) {
	planned := map[string]int64{}
	for _, p := range t.plans {
		for _, in := range p.Inputs {
			// What is left of an object was migrated with it.
			for key, size := in.Key, in.Bytes; key != ""; size = anySize {
				planned[key] = size
				key = t.voids.into[key]
			}
		}
	}
	var out []store.Info
	for _, info := range t.inputs {
		size, ok := planned[info.Key]
		if ok && size != info.Size && size != anySize {
			return nil, fmt.Errorf("migrating %s: it was migrated when it had %d bytes and has %d now; an object of a lake does not change: find out who changed it, or migrate into another lake", info.Key, size, info.Size)
		}
		if !ok {
			out = append(out, info)
		}
	}
	return out, nil
}

// ForeignPartError says that a folder already holds Parquet that no migration put there: of
// which records it is nobody knows.
type ForeignPartError struct{ Key string }

func (e *ForeignPartError) Error() string {
	return e.Key + " is there, and no migration put it: a part beside it would double its rows"
}

// foreign gives an object of the folder that no migration put there, or "".
func (t *target) foreign() string {
	own := map[string]bool{}
	for _, p := range t.plans {
		for key := p.key; key != ""; key = t.voids.into[key] {
			own[key] = true
		}
	}
	for _, info := range t.there {
		if !own[info.Key] {
			return info.Key
		}
	}
	return ""
}

// next is the number that the folder's next plan gets.
func (t *target) next() int {
	n := 1
	for _, p := range t.plans {
		n = max(n, p.number+1)
	}
	return n
}

// errOvertaken says that another process has put a plan meanwhile.
var errOvertaken = errors.New("another process migrates the same objects")

// putPlan puts a plan under its number, or finds the same one there.
func putPlan(ctx context.Context, st store.Store, number int, p *migrationPlan) error {
	text, err := document(p)
	if err != nil {
		return err
	}
	key := planKey(p.Folder, number)
	_, err = st.Put(ctx, key, bytes.NewReader(text))
	if !errors.Is(err, store.ErrExists) {
		return err
	}
	err = sameObject(ctx, st, key, int64(len(text)), sha256.Sum256(text))
	if errors.As(err, new(*DifferentError)) {
		return errOvertaken
	}
	return err
}
