package sim

import (
	"embed"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"acme/telemetry/schema"
)

//go:embed scenarios/*.yaml
var shipped embed.FS

// Shipped gives the names of the scenarios that come with the program; the
// first is the default.
func Shipped() []string { return []string{"seed-hour", "seed-replica", "streaming"} }

// Source gives the text of a shipped scenario.
func Source(name string) ([]byte, bool) {
	src, err := shipped.ReadFile("scenarios/" + name + ".yaml")
	return src, err == nil && path.Base(name) == name
}

// Load gives a shipped scenario, resolved.
func Load(name string) (*Scenario, error) {
	src, ok := Source(name)
	if !ok {
		return nil, fmt.Errorf("load scenario %q: not one of %s%s", name, strings.Join(Shipped(), ", "), suggest(name, Shipped()))
	}
	return Parse(name+".yaml", src, nil)
}

// Parse reads a scenario. file names src in messages. base gives the text that
// an extends names, where it is not a shipped scenario; it may be nil. The error
// is an Errors with everything that is wrong, each with its place.
func Parse(file string, src []byte, base func(name string) ([]byte, error)) (*Scenario, error) {
	var p problems
	tree := resolve(file, src, base, &p, nil)
	if tree == nil {
		return nil, p.err()
	}
	return decode(file, tree, base, &p)
}

// Set changes one field, by "path=value": the path is dotted, a fault is named
// by its id or its number from 0, and the value is what would stand in the file.
// The scenario stays as it was when it gives an error, which is an Errors.
func (s *Scenario) Set(assignment string) error {
	path, value, ok := strings.Cut(assignment, "=")
	var p problems
	if !ok || path == "" {
		p.add(position{"--set", 1, 1}, "%q is not path=value", assignment)
		return p.err()
	}
	v := parseTree("--set", []byte(value), &p)
	if v == nil {
		return p.err()
	}
	shift(v, len(path)+1)
	tree, err := replaceAt(s.tree, strings.Split(path, "."), v, position{"--set", 1, 1})
	if err != nil {
		p.add(position{"--set", 1, 1}, "%s: %v", path, err)
		return p.err()
	}
	if path == "extends" {
		p.add(position{"--set", 1, 1}, "extends can stand only in a file")
	}
	next, err := decode(s.file, tree, s.base, &p)
	if err != nil {
		return err
	}
	*s = *next
	return nil
}

// shift moves the positions of the first line to the right.
func shift(n *node, by int) {
	if n.at.line == 1 {
		n.at.column += by
	}
	for i := range n.entries {
		if n.entries[i].at.line == 1 {
			n.entries[i].at.column += by
		}
		shift(n.entries[i].value, by)
	}
	for _, item := range n.items {
		shift(item, by)
	}
}

// replaceAt gives a copy of n in which the node at path is v.
func replaceAt(n *node, path []string, v *node, at position) (*node, error) {
	if len(path) == 0 {
		return v, nil
	}
	switch {
	case n == nil:
		n = &node{kind: mapNode, at: at}
	case n.kind == listNode:
		return replaceItem(n, path, v, at)
	case n.kind == scalarNode:
		return nil, fmt.Errorf("%s has no fields", path[0])
	}
	c := *n
	c.entries = slices.Clone(n.entries)
	i := slices.IndexFunc(c.entries, func(e entry) bool { return e.key == path[0] })
	if i < 0 {
		i = len(c.entries)
		c.entries = append(c.entries, entry{key: path[0], at: at})
	}
	inner, err := replaceAt(c.entries[i].value, path[1:], v, at)
	c.entries[i].value = inner
	return &c, err
}

func replaceItem(n *node, path []string, v *node, at position) (*node, error) {
	i, err := strconv.Atoi(path[0])
	if err != nil {
		i = slices.IndexFunc(n.items, func(item *node) bool {
			id := item.get("id")
			return id != nil && id.text == path[0]
		})
	}
	if i < 0 || i >= len(n.items) {
		return nil, fmt.Errorf("there is no %q in the list", path[0])
	}
	c := *n
	c.items = slices.Clone(n.items)
	inner, err := replaceAt(c.items[i], path[1:], v, at)
	c.items[i] = inner
	return &c, err
}

// resolve reads a text and what it extends as one tree.
func resolve(file string, src []byte, base func(string) ([]byte, error), p *problems, chain []string) *node {
	tree := parseTree(file, src, p)
	if tree == nil {
		return nil
	}
	if tree.kind != mapNode {
		p.add(tree.at, "a scenario is a mapping that begins with apiVersion: %s", APIVersion)
		return nil
	}
	i := slices.IndexFunc(tree.entries, func(e entry) bool { return e.key == "extends" })
	if i < 0 {
		return tree
	}
	name := tree.entries[i].value
	tree.entries = slices.Delete(tree.entries, i, i+1)
	parent, err := parseText(nil, name)
	switch {
	case err != nil:
		p.add(name.at, "extends: %v", err)
		return tree
	case slices.Contains(chain, parent):
		p.add(name.at, "extends: %s extends itself", parent)
		return tree
	case len(chain) >= maxDepth:
		p.add(name.at, "extends: more than %d scenarios in a chain", maxDepth)
		return tree
	}
	parentFile := parent
	text, ok := Source(parent)
	if ok {
		parentFile += ".yaml"
	} else if base != nil {
		if text, err = base(parent); err != nil {
			p.add(name.at, "extends: read %s: %v", parent, err)
			return tree
		}
	} else {
		p.add(name.at, "extends: there is no scenario %q%s", parent, suggest(parent, Shipped()))
		return tree
	}
	return merge(resolve(parentFile, text, base, p, append(chain, parent)), tree)
}

// decode turns a resolved tree into a scenario.
func decode(file string, tree *node, base func(string) ([]byte, error), p *problems) (*Scenario, error) {
	s := &Scenario{file: file, tree: tree, base: base, origins: map[string]position{}}
	d := &decoder{problems: p, origins: s.origins}
	if t := tree.get("time"); t != nil && t.get("start") != nil {
		d.start, _ = parseTime(t.get("start").text)
	}
	decodeFields(d, scenarioFields, tree, s, "", "", "extends", "faults")
	if list := tree.get("faults"); list != nil {
		d.faults(s, list)
	}
	d.check(s)
	if err := p.err(); err != nil {
		return nil, err
	}
	return s, nil
}

const maxFaults = 32 // one bit each in an event

func (d *decoder) faults(s *Scenario, list *node) {
	if list.kind != listNode {
		d.add(list.at, "faults: must be a list")
		return
	}
	if len(list.items) > maxFaults {
		d.add(list.at, "faults: more than %d", maxFaults)
	}
	ids := map[string]bool{}
	for i, n := range list.items {
		where := fmt.Sprintf("faults.%d.", i)
		if n.kind != mapNode {
			d.add(n.at, "faults.%d: must be a mapping with id and kind", i)
			continue
		}
		id, kind := n.get("id"), n.get("kind")
		if id != nil && id.text != "" {
			where = "faults." + id.text + "."
			if !identifier(id.text) {
				d.add(id.at, "faults.%d.id: %q must be letters, digits, hyphens and underscores", i, id.text)
			}
			if ids[id.text] {
				d.add(id.at, "faults: the id %q is used twice", id.text)
			}
			ids[id.text] = true
		}
		var f Fault
		if kind == nil {
			d.add(n.at, "%skind is missing: one of %s", where, strings.Join(faultKinds, ", "))
			continue
		}
		if _, err := parseText(faultKinds, kind); err != nil {
			d.add(kind.at, "%skind: %v", where, err)
			continue
		}
		decodeFields(d, faultFields, n, &f, kind.text, where)
		d.checkFault(&f, n, where)
		s.Faults = append(s.Faults, f)
	}
}

func identifier(s string) bool {
	return s != "" && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}

// place gives where a field was given, or else where its owner stands.
func (d *decoder) place(path string, owner *node) position {
	if at, ok := d.origins[path]; ok {
		return at
	}
	return owner.at
}

// maxPeak bounds the visits of a lane and cell well under maxInCell.
const maxPeak = 25_000_000

// check holds fields against each other.
func (d *decoder) check(s *Scenario) {
	owner := s.tree
	if s.Network.HD >= s.Network.UltraHD && s.Network.UltraHD > 0 {
		d.add(d.place("network.quality.4K", owner), "network.quality: 4K must begin above HD")
	}
	if s.Rows.Runtime[0] > s.Rows.Runtime[1] {
		d.add(d.place("rows.runtime.min", owner), "rows.runtime: min is more than max")
	}
	if s.Rows.Runtime[0]%60_000 != 0 || s.Rows.Runtime[1]%60_000 != 0 {
		d.add(d.place("rows.runtime.min", owner), "rows.runtime: must be whole minutes")
	}
	for i, name := range []string{"night", "morning", "afternoon", "evening"} {
		if v := s.Rows.Viewers[i]; len(v) == 2 && v[0] > v[1] {
			d.add(d.place("rows.viewers."+name, owner), "rows.viewers.%s: the least is more than the most", name)
		}
	}
	if slices.Max(append(s.Population.Activity, 0)) == 0 && s.Population.Activity != nil {
		d.add(d.place("population.activity", owner), "population.activity: all are zero")
	}
	if s.Emission.Every%60_000 != 0 {
		d.add(d.place("emission.every", owner), "emission.every: must be whole minutes")
	}
	peak := slices.Max(append(append([]int64{0}, s.Arrivals.Weekday...), s.Arrivals.Weekend...))
	if s.Arrivals.MeanPerHour > maxPeak*1000/max(peak, 1) {
		d.add(d.place("arrivals.mean_per_hour", owner), "arrivals: more than %d visits an hour at the peak of the curve", maxPeak)
	}
	for i := range s.Rows.Viewers {
		if v := s.Rows.Viewers[i]; len(v) == 2 && v[1] > 0 && s.Rows.PerViewer > maxRows*micro/v[1] {
			d.add(d.place("rows.per_viewer", owner), "rows: more than %d rows a tick", maxRows)
			break
		}
	}
	if s.Session.Mode == "independent-rows" && s.Emission.Mode != "tick" {
		d.add(d.place("session.mode", owner), "session.mode: independent-rows needs emission.mode: tick")
	}
	if !identifier(s.Name) && s.Name != "" {
		d.add(d.place("name", owner), "name: %q must be letters, digits, hyphens and underscores", s.Name)
	}
}

func (d *decoder) checkFault(f *Fault, n *node, where string) {
	if f.Delay[0] > f.Delay[1] {
		d.add(d.place(where+"delay.min", n), "%sdelay: min is more than max", where)
	}
	if f.Offset[0] > f.Offset[1] {
		d.add(d.place(where+"offset.min", n), "%soffset: min is more than max", where)
	}
	if f.Kind == faultTelemetryGap && (f.For == 0 || f.For > dayMS) {
		d.add(d.place(where+"for", n), "%sfor: a device holds events back for at most 1d, and the end must be given", where)
	}
	if f.Kind != faultSchemaDrift || f.Change == "" {
		return
	}
	columns := schema.Events().Columns
	taken := slices.ContainsFunc(columns, func(c schema.Column) bool { return c.Name == f.To })
	switch {
	case f.Change == driftType && f.To != "":
		d.add(d.place(where+"to", n), "%sto: has no meaning for change: type", where)
	case f.Change != driftType && (!identifier(f.To) || taken):
		d.add(d.place(where+"to", n), "%sto: must be a new name of letters, digits, hyphens and underscores", where)
	}
}
