package lake

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// privacyPrefix is where a table's mode for addresses stands, where it is not to keep
// them: whoever writes into the table later must do the same. It is put before the first
// object that follows it. A table without has addresses as they came.
const privacyPrefix = "_acme/privacy/"

// addressFile is what stands there.
type addressFile struct {
	Version   int    `json:"version"` // of this form: 1
	Table     string `json:"table"`
	Addresses IPMode `json:"addresses"`
}

func privacyKey(t schema.Table) string { return privacyPrefix + t.Name + ".json" }

// AddressModeError says that a writer would mix addresses of two modes in one table.
type AddressModeError struct {
	Table     string
	Has, Want IPMode
	Key       string // of what says so
}

func (e *AddressModeError) Error() string {
	return fmt.Sprintf("writing into %s with addresses by %s: it has them by %s (%s says so), and the two would mix. Write with --ip %s, or into another lake",
		e.Table, e.Want, e.Has, e.Key, e.Has)
}

// AddressMode says what became of the addresses in a table.
func AddressMode(ctx context.Context, st store.Store, t schema.Table) (IPMode, error) {
	var f addressFile
	err := getJSON(ctx, st, privacyKey(t), &f)
	if errors.Is(err, store.ErrNotFound) {
		return IPKeep, nil
	}
	if err != nil {
		return "", fmt.Errorf("asking what becomes of addresses: %w", err)
	}
	switch f.Addresses {
	case IPTruncate, IPHMAC, IPDrop:
		if f.Version == 1 {
			return f.Addresses, nil
		}
	}
	return "", fmt.Errorf("asking what becomes of addresses: %s says %q: it was damaged, or is of another release", privacyKey(t), f.Addresses)
}

// agreeOnAddresses holds a writer's mode against that of the tables it writes, and enters
// it where it is the first to write; a *AddressModeError where they differ.
func agreeOnAddresses(ctx context.Context, st store.Store, mode IPMode, tables []schema.Table) error {
	for _, t := range tables {
		has, err := AddressMode(ctx, st, t)
		if err != nil {
			return err
		}
		if has == mode {
			continue
		}
		name := t.Database + "." + t.Name
		if has != IPKeep {
			return &AddressModeError{name, has, mode, privacyKey(t)}
		}
		object, err := firstObject(ctx, st, t)
		if err != nil {
			return err
		}
		if object != "" {
			return &AddressModeError{name, has, mode, object}
		}
		if err := putJSON(ctx, st, privacyKey(t), addressFile{1, name, mode}); err != nil {
			var other *DifferentError
			if errors.As(err, &other) { // somebody was faster, with another mode
				return agreeOnAddresses(ctx, st, mode, []schema.Table{t})
			}
			return err
		}
	}
	return nil
}

// tablesOf gives the tables of events that a layout writes.
func (l Layout) tablesOf() []schema.Table {
	switch l.Format {
	case JSON:
		return []schema.Table{schema.Events()}
	case Parquet:
		return []schema.Table{schema.EventsMigrated()}
	}
	return []schema.Table{schema.Events(), schema.EventsMigrated()}
}

// sameAddresses refuses to copy tables of one lake into another whose addresses are by
// another mode. Where the other has none of a table yet it enters the mode there, before
// the first object comes.
func sameAddresses(ctx context.Context, from, to store.Store, plan bool) error {
	for _, t := range []schema.Table{schema.Events(), schema.EventsMigrated(), schema.EventsByDay()} {
		comes, err := AddressMode(ctx, from, t)
		if err != nil {
			return err
		}
		there, err := AddressMode(ctx, to, t)
		if err != nil {
			return err
		}
		if comes == there {
			continue
		}
		source, err := firstObject(ctx, from, t)
		if err != nil {
			return err
		}
		object, err := firstObject(ctx, to, t)
		if err != nil {
			return err
		}
		switch {
		case source == "":
			continue
		case there != IPKeep:
			return &AddressModeError{t.Database + "." + t.Name, there, comes, privacyKey(t)}
		case object != "":
			return &AddressModeError{t.Database + "." + t.Name, there, comes, object}
		}
		if !plan {
			if err := putJSON(ctx, to, privacyKey(t), addressFile{1, t.Database + "." + t.Name, comes}); err != nil {
				return err
			}
		}
	}
	return nil
}

// firstObject gives the key of an object that a table has, or of the plan of one that is
// to come; "" where there is none.
func firstObject(ctx context.Context, st store.Store, t schema.Table) (string, error) {
	for _, prefix := range []string{t.Prefix, migrationsPrefix + t.Prefix} {
		for info, err := range st.List(ctx, prefix) {
			if err != nil {
				return "", fmt.Errorf("looking whether %s is empty: %w", prefix, err)
			}
			if !hidden(strings.TrimPrefix(info.Key, migrationsPrefix)) {
				return info.Key, nil
			}
		}
	}
	return "", nil
}
