package duckdb

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"acme/telemetry/engine/dialect"
	"acme/telemetry/engine/query"
	"acme/telemetry/engine/serde"
)

// Partition projection: a table says by its properties which values its partition
// columns have and where each partition lies; what is in the catalog or in other
// folders does not count.

// maxProjected bounds the partitions of a statement and the values of a column.
const maxProjected = 1_000_000

// projected says whether a table's partitions are projected.
func projected(t *dialect.Table) bool {
	return t.Projected()
}

// projectedColumn is a partition column's values, in the text that the place of a
// partition is made of and as they are in the column.
type projectedColumn struct {
	column   dialect.Column
	injected bool
	texts    []string
	values   []any
}

// badProjection is the refusal of a table's properties.
func badProjection(t *dialect.Table, format string, args ...any) error {
	return &query.Error{Name: "INVALID_TABLE_PROPERTY", Message: fmt.Sprintf("the table %s.%s: ", t.Database, t.Name) + fmt.Sprintf(format, args...)}
}

// unconfigured is Athena's error for partition columns without a type of projection.
func unconfigured(t *dialect.Table) error {
	var missing []string
	for _, c := range t.Partitions {
		if t.TableProperties["projection."+c.Name+".type"] == "" {
			missing = append(missing, c.Name)
		}
	}
	name := t.Database + "." + t.Name
	return &query.Error{Name: "HIVE_METASTORE_ERROR",
		Message: fmt.Sprintf("Table %s is configured for partition projection, but the following partition columns are missing projection configuration: [%s] (table %s)", name, strings.Join(missing, ", "), name),
		Hint:    fmt.Sprintf("set projection.%s.type to enum, integer, date or injected", missing[0])}
}

// projection lists the partitions that a scan's predicate leaves. Each lies where
// the table's template says; all of them are found in one listing of what is
// common to their places.
func (j *job) projection(s *dialect.Scan) (listing, error) {
	columns := make([]projectedColumn, len(s.Table.Partitions))
	for i, c := range s.Table.Partitions {
		var err error
		if columns[i], err = j.project(s, c); err != nil {
			return listing{}, err
		}
	}
	if err := j.needEquality(s, columns); err != nil {
		return listing{}, err
	}
	combinations, err := j.combinations(s, columns, maxProjected+1)
	if err != nil {
		return listing{}, err
	}
	return j.places(s.Table, columns, combinations)
}

// project gives the values of one column.
func (j *job) project(s *dialect.Scan, c dialect.Column) (projectedColumn, error) {
	out := projectedColumn{column: c}
	p := projectedProperties{table: s.Table, column: c, now: j.deps.Clock()}
	var err error
	switch kind := strings.ToLower(strings.TrimSpace(p.get("type"))); kind {
	case "enum":
		out.texts = strings.Split(p.get("values"), ",")
	case "integer":
		out.texts, err = p.integers()
	case "date":
		return p.dates()
	case "injected":
		out.injected = true
		out.texts = candidates(s.Filter, c)
	case "":
		err = unconfigured(s.Table)
	default:
		err = badProjection(s.Table, "projection.%s.type is %q: it must be enum, integer, date or injected", c.Name, kind)
	}
	if err != nil {
		return out, err
	}
	for _, text := range out.texts {
		v, err := typedValue(c, text)
		if err != nil {
			return out, err
		}
		out.values = append(out.values, v)
	}
	return out, nil
}

// projectedProperties reads the properties of one column.
type projectedProperties struct {
	table  *dialect.Table
	column dialect.Column
	now    time.Time
}

func (p projectedProperties) get(name string) string {
	return p.table.TableProperties["projection."+p.column.Name+"."+name]
}

func (p projectedProperties) number(name string, none int64) (int64, error) {
	text := strings.TrimSpace(p.get(name))
	if text == "" {
		return none, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 {
		return 0, badProjection(p.table, "projection.%s.%s is %q: it must be a positive number", p.column.Name, name, text)
	}
	return n, nil
}

func (p projectedProperties) bounds() (low, high string, err error) {
	low, high, ok := strings.Cut(p.get("range"), ",")
	if !ok || strings.Contains(high, ",") {
		return "", "", badProjection(p.table, "projection.%s.range is %q: it must be two values with a comma between", p.column.Name, p.get("range"))
	}
	return strings.TrimSpace(low), strings.TrimSpace(high), nil
}

func (p projectedProperties) integers() ([]string, error) {
	low, high, err := p.bounds()
	if err != nil {
		return nil, err
	}
	from, err1 := strconv.ParseInt(low, 10, 64)
	to, err2 := strconv.ParseInt(high, 10, 64)
	if err1 != nil || err2 != nil || from > to {
		return nil, badProjection(p.table, "projection.%s.range is %q: it must be two ascending integers", p.column.Name, p.get("range"))
	}
	step, err := p.number("interval", 1)
	if err != nil {
		return nil, err
	}
	digits, err := p.number("digits", 1)
	if err != nil {
		return nil, err
	}
	if uint64(to-from)/uint64(step) >= maxProjected {
		return nil, p.tooMany()
	}
	var out []string
	for n := from; ; n += step {
		out = append(out, fmt.Sprintf("%0*d", min(int(digits), 100), n))
		if n > to-step {
			return out, nil
		}
	}
}

func (p projectedProperties) tooMany() error {
	return badProjection(p.table, "the partition column %s has more than %d projected values, which is more than the local engine tries", p.column.Name, maxProjected)
}

// dates gives the days, hours and so on from one bound to the other.
func (p projectedProperties) dates() (projectedColumn, error) {
	out := projectedColumn{column: p.column}
	pattern, err := serde.NewPattern(p.get("format"))
	if err != nil || p.get("format") == "" {
		return out, badProjection(p.table, "projection.%s.format: %v", p.column.Name, err)
	}
	low, high, err := p.bounds()
	if err != nil {
		return out, err
	}
	from, err := p.bound(pattern, low)
	if err != nil {
		return out, err
	}
	to, err := p.bound(pattern, high)
	if err != nil {
		return out, err
	}
	step, err := p.step(pattern)
	if err != nil {
		return out, err
	}
	for n := 0; ; n++ {
		at := step(from, n)
		if at.After(to) {
			return out, nil
		}
		if n == maxProjected {
			return out, p.tooMany()
		}
		text := pattern.Format(at)
		out.texts = append(out.texts, text)
		v, err := p.dateValue(at, text)
		if err != nil {
			return out, err
		}
		out.values = append(out.values, v)
	}
}

func (p projectedProperties) dateValue(at time.Time, text string) (any, error) {
	switch p.column.Type.Kind {
	case dialect.Date:
		return typedValue(p.column, at.Format(time.DateOnly))
	case dialect.Timestamp:
		return at.UnixMilli() * 1000, nil
	}
	return typedValue(p.column, text)
}

var relativeBound = regexp.MustCompile(`^\s*NOW\s*(?:([+-])\s*([0-9]{1,9})\s*(YEAR|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND)S?\s*)?$`)

// bound reads a bound: a date in the column's format, or NOW with or without an
// offset, cut to what the format shows.
func (p projectedProperties) bound(pattern *serde.Pattern, text string) (time.Time, error) {
	bad := badProjection(p.table, "projection.%s.range: %q is neither a date of the format %q nor NOW with an offset", p.column.Name, text, p.get("format"))
	if m := relativeBound.FindStringSubmatch(text); m != nil {
		at := p.now.UTC()
		if m[1] != "" {
			n, _ := strconv.Atoi(m[1] + m[2])
			at = plus(at, n, m[3])
		}
		text = pattern.Format(at)
	}
	at, ok := pattern.Parse(text)
	if !ok {
		return at, bad
	}
	return at, nil
}

func plus(t time.Time, n int, unit string) time.Time {
	switch unit {
	case "YEAR":
		return t.AddDate(n, 0, 0)
	case "MONTH":
		return t.AddDate(0, n, 0)
	case "WEEK":
		return t.AddDate(0, 0, 7*n)
	case "DAY":
		return t.AddDate(0, 0, n)
	}
	seconds := map[string]int{"HOUR": 3600, "MINUTE": 60, "SECOND": 1}[unit]
	return time.Unix(t.Unix()+int64(n)*int64(seconds), 0).UTC()
}

// step gives how far apart values are: by default a day or a month, whichever the
// format ends with.
func (p projectedProperties) step(pattern *serde.Pattern) (func(from time.Time, n int) time.Time, error) {
	n, err := p.number("interval", 1)
	if err != nil {
		return nil, err
	}
	unit := strings.TrimSuffix(strings.ToUpper(strings.TrimSpace(p.get("interval.unit"))), "S")
	if unit == "" {
		switch {
		case pattern.Has("HhmsSa"):
			return nil, badProjection(p.table, "projection.%s.interval.unit must be set where the format is finer than a day", p.column.Name)
		case pattern.Has("d"):
			unit = "DAY"
		default:
			unit = "MONTH"
		}
	}
	if !slices.Contains([]string{"YEAR", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND"}, unit) {
		return nil, badProjection(p.table, "projection.%s.interval.unit is %q", p.column.Name, p.get("interval.unit"))
	}
	return func(from time.Time, i int) time.Time { return plus(from, i*int(n), unit) }, nil
}

// places finds the objects of partitions.
func (j *job) places(t *dialect.Table, columns []projectedColumn, combinations [][]int) (listing, error) {
	template := t.TableProperties["storage.location.template"]
	if template == "" {
		template = withEnd(t.Location)
		for _, c := range columns {
			template += c.column.Name + "=${" + c.column.Name + "}/"
		}
	}
	for _, c := range columns {
		if !strings.Contains(template, "${"+c.column.Name+"}") {
			return listing{}, badProjection(t, "storage.location.template has no ${%s}", c.column.Name)
		}
	}
	own := t.TableProperties["storage.location.template"] == ""
	common, _, _ := strings.Cut(template, "${")
	common = common[:strings.LastIndexByte(common, '/')+1]
	l := lister{ctx: j.ctx, store: j.deps.Store, table: t, folders: map[string]int{}}
	if err := l.under(common, func(*object, []string) (bool, error) { return true, nil }); err != nil {
		return listing{}, err
	}
	all := l.out.objects // by key, and so by path
	slices.SortFunc(all, func(a, b object) int { return strings.Compare(a.path, b.path) })
	l.out, l.folders = listing{}, map[string]int{}
	for _, picked := range combinations {
		place, folder := template, make([]string, len(columns))
		values := make([]any, len(columns))
		for i, c := range columns {
			text := c.texts[picked[i]]
			folder[i] = c.column.Name + "=" + escapeValue(text)
			values[i] = c.values[picked[i]]
			if own {
				text = escapeValue(text)
			}
			place = strings.ReplaceAll(place, "${"+c.column.Name+"}", text)
		}
		place = withEnd(place)
		at, _ := slices.BinarySearchFunc(all, place, func(o object, p string) int { return strings.Compare(o.path, p) })
		for ; at < len(all) && strings.HasPrefix(all[at].path, place); at++ {
			o := all[at]
			o.values, o.folder = values, strings.Join(folder, "/")
			l.add(o)
		}
	}
	return l.out, nil
}

// combinations gives the partitions that the predicate leaves, as places among the
// values of each column. DuckDB finds them: a predicate on one column thins out
// that column's values before they meet the others'. It gives up to most.
func (j *job) combinations(s *dialect.Scan, columns []projectedColumn, most int) ([][]int, error) {
	const relation = "acme_partitions"
	filter := s.Filter
	if filter == "" {
		filter = "true"
	}
	parts := make([]string, len(columns))
	picks := make([]string, len(columns))
	for i, c := range columns {
		rows := make([]string, len(c.values))
		for k, v := range c.values {
			rows[k] = fmt.Sprintf("(%d, %s)", k, literal(v, c.column.Type))
		}
		if len(rows) == 0 {
			return nil, nil
		}
		table := fmt.Sprintf("acme_projected_%d", i)
		picks[i] = fmt.Sprintf("acme_pick_%d", i)
		if err := j.session.exec(fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s AS SELECT * FROM (VALUES %s) v(%s, %s)",
			table, strings.Join(rows, ", "), picks[i], quoteName(c.column.Name))); err != nil {
			return nil, err
		}
		parts[i] = table
	}
	if err := j.session.exec(fmt.Sprintf("CREATE OR REPLACE TEMP VIEW %s AS SELECT * FROM %s", relation, strings.Join(parts, " CROSS JOIN "))); err != nil {
		return nil, err
	}
	defer func() { _ = j.session.exec("DROP VIEW IF EXISTS " + relation) }() // the next one replaces it
	probe := fmt.Sprintf("SELECT concat_ws(',', %s) FROM %s WHERE %s LIMIT %d", strings.Join(picks, ", "), relation, filter, most)
	if err := j.gate.check(probe, []string{relation}); err != nil {
		return nil, err
	}
	texts, err := j.session.texts(probe)
	if err != nil {
		return nil, err
	}
	if len(texts) > maxProjected {
		return nil, &query.Error{
			Name: "NOT_SUPPORTED", Message: fmt.Sprintf("the table %s.%s has more than %d projected partitions to read", s.Table.Database, s.Table.Name, maxProjected),
			Hint: "add a condition on a partition column",
		}
	}
	out := make([][]int, len(texts))
	for i, text := range texts {
		for pick := range strings.SplitSeq(text, ",") {
			n, err := strconv.Atoi(pick)
			if err != nil {
				return nil, err
			}
			out[i] = append(out[i], n)
		}
	}
	slices.SortFunc(out, slices.Compare[[]int])
	return out, nil
}

var (
	textLiteral   = regexp.MustCompile(`'((?:[^']|'')*)'`)
	numberLiteral = regexp.MustCompile(`-?\b[0-9]+\b`)
)

// candidates gives the values that a predicate may compare an injected column with:
// all of its literals that are of the column's type.
func candidates(filter string, c dialect.Column) []string {
	var out []string
	for _, m := range textLiteral.FindAllStringSubmatch(filter, -1) {
		out = append(out, strings.ReplaceAll(m[1], "''", "'"))
	}
	out = append(out, numberLiteral.FindAllString(textLiteral.ReplaceAllString(filter, ""), -1)...)
	out = slices.DeleteFunc(out, func(text string) bool {
		_, err := typedValue(c, text)
		return err != nil
	})
	slices.Sort(out)
	return slices.Compact(out)
}

// needEquality refuses a predicate that does not fix the injected columns to
// values that stand in it: one that is true for any other.
func (j *job) needEquality(s *dialect.Scan, columns []projectedColumn) error {
	for i, c := range columns {
		if !c.injected {
			continue
		}
		refused := &query.Error{
			Name: "CONSTRAINT_VIOLATION",
			Message: fmt.Sprintf("For the injected projected partition column %s, the WHERE clause must contain only static equality conditions, "+
				"and at least one such condition must be present.", c.column.Name),
		}
		if len(c.values) == 0 {
			return refused
		}
		others := beside(c)
		open, err := j.anyTrue(s, columns, i, others)
		if err != nil {
			return err
		}
		if open {
			return refused
		}
	}
	return nil
}

// beside gives values that lie between and around a column's candidates.
func beside(c projectedColumn) []any {
	var texts []string
	if c.column.Type.Kind == dialect.Varchar || c.column.Type.Kind == dialect.Char {
		texts = []string{"", "\x01", "\U0010FFFF"}
		for _, t := range c.texts {
			texts = append(texts, t+"\x01")
		}
	} else {
		texts = []string{"-127", "126"}
		for _, t := range c.texts {
			if n, err := strconv.ParseInt(t, 10, 64); err == nil {
				texts = append(texts, strconv.FormatInt(n-1, 10), strconv.FormatInt(n+1, 10))
			} else if day, err := time.Parse(time.DateOnly, t); err == nil {
				texts = append(texts, day.AddDate(0, 0, 1).Format(time.DateOnly), day.AddDate(0, 0, -1).Format(time.DateOnly))
			}
		}
	}
	out := []any{nil}
	for _, t := range texts {
		if v, err := typedValue(c.column, t); err == nil && !slices.Contains(c.texts, t) {
			out = append(out, v)
		}
	}
	return out
}

// anyTrue says whether the predicate is true where column i has one of values and
// the others any of theirs.
func (j *job) anyTrue(s *dialect.Scan, columns []projectedColumn, i int, values []any) (bool, error) {
	if s.Filter == "" {
		return true, nil
	}
	tried := slices.Clone(columns)
	tried[i].values = values
	found, err := j.combinations(s, tried, 1)
	return len(found) > 0, err
}
