package sim

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Error is one thing wrong in a scenario file.
type Error struct {
	File         string
	Line, Column int // from 1
	Message      string
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// Errors is everything wrong in a scenario, in the order of the text.
type Errors []*Error

func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i := range e {
		lines[i] = e[i].Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives each error alone.
func (e Errors) Unwrap() []error {
	all := make([]error, len(e))
	for i := range e {
		all[i] = e[i]
	}
	return all
}

type position struct {
	file         string
	line, column int
}

func (p position) String() string { return fmt.Sprintf("%s:%d:%d", p.file, p.line, p.column) }

// problems gathers errors, so that one reading of a file finds them all.
type problems struct{ list Errors }

func (p *problems) add(at position, format string, args ...any) {
	e := &Error{at.file, at.line, at.column, fmt.Sprintf(format, args...)}
	if !slices.ContainsFunc(p.list, func(o *Error) bool { return *o == *e }) {
		p.list = append(p.list, e)
	}
}

func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	var files []string // in the order in which they were read
	for _, e := range p.list {
		if !slices.Contains(files, e.File) {
			files = append(files, e.File)
		}
	}
	slices.SortStableFunc(p.list, func(a, b *Error) int {
		return cmp.Or(slices.Index(files, a.File)-slices.Index(files, b.File), a.Line-b.Line, a.Column-b.Column)
	})
	return p.list
}

type nodeKind uint8

const (
	scalarNode nodeKind = iota
	mapNode
	listNode
)

// node is a piece of a scenario's text: the subset of YAML that a scenario is,
// with the place of every part.
type node struct {
	kind    nodeKind
	at      position
	text    string // of a scalar
	quoted  bool
	entries []entry
	items   []*node
}

type entry struct {
	key   string
	at    position
	value *node
}

func (n *node) get(key string) *node {
	for _, e := range n.entries {
		if e.key == key {
			return e.value
		}
	}
	return nil
}

// Limits of a scenario's text. They bound the work on a text that was not
// written by a person.
const (
	maxSource = 1 << 20
	maxDepth  = 16
)

// parseTree reads a text as YAML. It gives nil where there is nothing usable.
func parseTree(file string, src []byte, p *problems) *node {
	start := position{file, 1, 1}
	if len(src) > maxSource {
		p.add(start, "the file is larger than 1 MiB")
		return nil
	}
	if at, depth := deepest(src); depth > maxDepth*4 {
		p.add(position{file, at, 1}, "nested too deeply")
		return nil
	}
	f, err := parser.ParseBytes(src, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		var syntax yaml.Error
		at := start
		message := err.Error()
		if errors.As(err, &syntax) {
			message = syntax.GetMessage()
			if t := syntax.GetToken(); t != nil && t.Position != nil {
				at.line, at.column = t.Position.Line, max(t.Position.Column, 1)
			}
		}
		p.add(at, "not YAML: %s", message)
		return nil
	}
	var docs []*ast.DocumentNode
	for _, d := range f.Docs {
		if d.Body != nil {
			docs = append(docs, d)
		}
	}
	if len(docs) == 0 {
		p.add(start, "the file is empty")
		return nil
	}
	b := builder{file: file, problems: p}
	if len(docs) > 1 {
		p.add(b.place(docs[1].Body), "a second document; a scenario is one")
	}
	return b.build(docs[0].Body, 0)
}

// deepest gives the line where most nesting is open, by brackets or by the
// indicators "- " and "? " of one line, for the parser recurses.
func deepest(src []byte) (line, depth int) {
	at, open, inline := 1, 0, 0
	for i, c := range src {
		switch c {
		case '\n':
			at++
			inline = 0
		case '[', '{':
			open++
		case ']', '}':
			open--
		case '-', '?', ':':
			if i+1 < len(src) && (src[i+1] == ' ' || src[i+1] == '\t') {
				inline++
			}
		}
		if open+inline > depth {
			line, depth = at, open+inline
		}
	}
	return line, depth
}

type builder struct {
	file string
	*problems
}

func (b *builder) place(n ast.Node) position {
	switch v := n.(type) {
	case *ast.MappingNode: // its own token is a colon
		if !v.IsFlowStyle && len(v.Values) > 0 {
			return b.place(v.Values[0])
		}
	case *ast.MappingValueNode:
		return b.place(v.Key)
	}
	return b.placeToken(n.GetToken())
}

func (b *builder) placeToken(t *token.Token) position {
	if t == nil || t.Position == nil {
		return position{b.file, 1, 1}
	}
	return position{b.file, max(t.Position.Line, 1), max(t.Position.Column, 1)}
}

func (b *builder) build(n ast.Node, depth int) *node {
	at := b.place(n)
	if depth > maxDepth {
		b.add(at, "nested too deeply")
		return nil
	}
	switch v := n.(type) {
	case *ast.MappingNode:
		m := &node{kind: mapNode, at: at}
		for _, kv := range v.Values {
			b.entry(m, kv, depth)
		}
		return m
	case *ast.MappingValueNode:
		m := &node{kind: mapNode, at: at}
		b.entry(m, v, depth)
		return m
	case *ast.SequenceNode:
		l := &node{kind: listNode, at: at}
		for _, item := range v.Values {
			if c := b.build(item, depth+1); c != nil {
				l.items = append(l.items, c)
			}
		}
		return l
	case *ast.NullNode:
		b.add(at, "no value; leave the key out to take the default")
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		b.add(at, "anchors and aliases are not part of a scenario; use extends")
	case *ast.TagNode:
		b.add(at, "tags are not part of a scenario")
	case *ast.LiteralNode:
		return &node{at: at, text: v.Value.Value, quoted: true}
	case ast.ScalarNode:
		t := n.GetToken()
		return &node{at: at, text: t.Value, quoted: t.Type == token.SingleQuoteType || t.Type == token.DoubleQuoteType}
	default:
		b.add(at, "not part of a scenario")
	}
	return nil
}

func (b *builder) entry(m *node, kv *ast.MappingValueNode, depth int) {
	if _, merge := kv.Key.(*ast.MergeKeyNode); merge {
		b.add(b.place(kv.Key), "merge keys are not part of a scenario; use extends")
		return
	}
	at := b.place(kv.Key)
	key := kv.Key.GetToken().Value
	if i := slices.IndexFunc(m.entries, func(e entry) bool { return e.key == key }); i >= 0 {
		b.add(at, "duplicate key %q; the first is at line %d", key, m.entries[i].at.line)
		return
	}
	if kv.Value == nil {
		b.add(at, "no value; leave the key out to take the default")
		return
	}
	if c := b.build(kv.Value, depth+1); c != nil {
		m.entries = append(m.entries, entry{key, at, c})
	}
}

// merge lays over on top of base: maps key by key, anything else replaces.
// Neither tree is changed.
func merge(base, over *node) *node {
	if base == nil || over == nil || base.kind != mapNode || over.kind != mapNode {
		if over == nil {
			return base
		}
		return over
	}
	m := &node{kind: mapNode, at: over.at, entries: slices.Clone(base.entries)}
	for _, e := range over.entries {
		i := slices.IndexFunc(m.entries, func(o entry) bool { return o.key == e.key })
		if i < 0 {
			m.entries = append(m.entries, e)
			continue
		}
		m.entries[i] = entry{e.key, e.at, merge(m.entries[i].value, e.value)}
	}
	return m
}
