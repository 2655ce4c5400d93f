package sim

import "strconv"

// Change is a field in which two scenarios differ; a value is empty where the
// scenario has no such field.
type Change struct {
	Path string `json:"path"`
	A    string `json:"a"`
	B    string `json:"b"`
}

// Diff gives the fields in which two resolved scenarios differ, seed and labels
// included, in the order of the file. Faults are held against each other by id.
func Diff(a, b *Scenario) []Change {
	changes := diffFields(scenarioFields, a, b, "", "")
	for i := range a.Faults {
		f := &a.Faults[i]
		where := "faults." + f.ID + "."
		g := b.fault(f.ID)
		switch {
		case g == nil:
			changes = append(changes, Change{"faults." + f.ID, f.Kind, ""})
		case f.Kind != g.Kind:
			changes = append(changes, Change{where + "kind", f.Kind, g.Kind})
		default:
			changes = append(changes, diffFields(faultFields, f, g, f.Kind, where)...)
		}
	}
	for i := range b.Faults {
		if f := &b.Faults[i]; a.fault(f.ID) == nil {
			changes = append(changes, Change{"faults." + f.ID, "", f.Kind})
		}
	}
	return append(changes, diffOrder(a, b)...)
}

// diffOrder reports faults that both have, but in another order: the order
// decides which fault acts first on an event.
func diffOrder(a, b *Scenario) []Change {
	if len(a.Faults) != len(b.Faults) {
		return nil
	}
	var changes []Change
	for i := range a.Faults {
		if x, y := a.Faults[i].ID, b.Faults[i].ID; x != y && b.fault(x) != nil && a.fault(y) != nil {
			changes = append(changes, Change{"faults." + strconv.Itoa(i) + ".id", x, y})
		}
	}
	return changes
}

func (s *Scenario) fault(id string) *Fault {
	for i := range s.Faults {
		if s.Faults[i].ID == id {
			return &s.Faults[i]
		}
	}
	return nil
}

func diffFields[T any](table []field[T], a, b *T, kind, where string) []Change {
	var changes []Change
	for i := range table {
		f := &table[i]
		if !f.applies(kind) {
			continue
		}
		x, y := formatValue(f.kind, value(f.at(a))), formatValue(f.kind, value(f.at(b)))
		if x != y {
			changes = append(changes, Change{where + f.path, x, y})
		}
	}
	return changes
}
