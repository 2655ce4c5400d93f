package serde

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Table is what a table's DDL says of its objects.
type Table struct {
	// SerDe is the Java class; empty for Hive's default, LazySimpleSerDe.
	SerDe       string
	InputFormat string // the Java class; empty where STORED AS said it shorter
	Properties  map[string]string
	// TableProperties are TBLPROPERTIES, some of which say how lines are read.
	TableProperties map[string]string
	// Columns are the names of the data columns, which GrokSerDe's format repeats.
	Columns []string
}

// The SerDes by their Java classes.
const (
	openX      = "org.openx.data.jsonserde.JsonSerDe"
	lazySimple = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
)

// Known says whether a table of this SerDe is read here.
func (t Table) Known() bool {
	return t.family() != ""
}

// family gives what a SerDe reads; several classes read the same.
func (t Table) family() string {
	switch t.SerDe {
	case openX:
		return "openx"
	case "", lazySimple:
		return "delimited"
	case "org.apache.hadoop.hive.serde2.OpenCSVSerde", "com.bizo.hive.serde.csv.CSVSerde":
		return "csv"
	case "org.apache.hadoop.hive.serde2.RegexSerDe", "org.apache.hadoop.hive.contrib.serde2.RegexSerDe":
		return "regex"
	case "org.apache.hive.hcatalog.data.JsonSerDe", "org.apache.hcatalog.data.JsonSerDe", "org.apache.hadoop.hive.serde2.JsonSerDe":
		return "hive"
	case "com.amazon.emr.hive.serde.CloudTrailSerde":
		return "cloudtrail"
	case "com.amazonaws.glue.serde.GrokSerDe":
		return "grok"
	}
	return ""
}

// OptionsOf reads what a table's DDL says of its objects. A property that is not
// known is an error, since it may change the rows. java compiles the patterns that
// Go's engine does not take; nil refuses them.
func OptionsOf(t Table, java CompileJava) (Options, error) {
	var o Options
	var err error
	family := t.family()
	t.Properties = t.merged(family)
	if err := t.known(family); err != nil {
		return o, err
	}
	switch family {
	case "openx":
		o, err = openXOf(t.Properties)
	case "delimited":
		o.Delimited, err = delimitedOf(t.Properties)
	case "csv":
		o.CSV, err = csvOf(t.Properties)
	case "regex":
		o.Regex, err = regexOf(t.Properties, java)
	case "grok":
		o.Grok, err = grokOf(t, java)
	case "hive", "cloudtrail":
		o.Hive = &HiveJSON{Records: family == "cloudtrail" || strings.HasSuffix(t.InputFormat, ".CloudTrailInputFormat")}
		o.Hive.Formats, err = timestampFormats(t.Properties)
	default:
		err = fmt.Errorf("the SerDe %s is not supported", t.SerDe)
	}
	if err != nil {
		return o, fmt.Errorf("reading SerDe properties: %w", err)
	}
	return o, o.lines(t.Properties)
}

// merged gives a table's properties as its SerDe gets them: those of SERDEPROPERTIES,
// and over them what of TBLPROPERTIES says how objects are read. Hive hands the SerDe
// both, and people write them in either.
func (t Table) merged(family string) map[string]string {
	out := maps.Clone(t.Properties)
	for key, value := range t.TableProperties {
		if propertyOf(family, key) {
			if out == nil {
				out = map[string]string{}
			}
			out[key] = value
		}
	}
	return out
}

// propertyOf says whether a SerDe has a property of this name.
func propertyOf(family, key string) bool {
	names := map[string][]string{
		"openx":      {"ignore.malformed.json", "case.insensitive", "dots.in.keys", "mapping.", "paths", "explicit.null", "timestamp.formats"},
		"delimited":  {"field.delim", "collection.delim", "colelction.delim", "mapkey.delim", "line.delim", "escape.delim", "serialization.null.format", "serialization.last.column.takes.rest", "hive.serialization.extend.", "hive.lazysimple.extended_boolean_literal", "timestamp.formats"},
		"csv":        {"separatorChar", "quoteChar", "escapeChar", "field.delim"},
		"regex":      {"input.regex", "input.regex.case.insensitive", "output.format.string"},
		"grok":       {"input.format", "input.grokCustomPatterns"},
		"hive":       {"timestamp.formats", "paths"},
		"cloudtrail": {"timestamp.formats", "paths"},
	}[family]
	names = append(names, "serialization.format", "serialization.encoding", "skip.header.line.count", "skip.footer.line.count")
	return slices.ContainsFunc(names, func(name string) bool {
		return key == name || family == "openx" && strings.EqualFold(key, name) || strings.HasSuffix(name, ".") && strings.HasPrefix(strings.ToLower(key), name)
	})
}

// known refuses properties that the SerDe does not have.
func (t Table) known(family string) error {
	for key, value := range t.Properties {
		if !propertyOf(family, key) || key == "serialization.encoding" && !strings.EqualFold(value, "utf-8") {
			class := t.SerDe
			if class == "" {
				class = lazySimple
			}
			if key == "serialization.encoding" {
				return fmt.Errorf("reading SerDe properties: serialization.encoding %q is not supported: text is UTF-8", value)
			}
			return fmt.Errorf("reading SerDe properties: %q is not a property of %s", key, class)
		}
	}
	return nil
}

// openXOf reads the properties of the OpenX SerDe. Accepted without meaning:
// paths (a crawler's note) and explicit.null (for writing).
func openXOf(properties map[string]string) (Options, error) {
	var o Options
	for key, value := range properties {
		on := strings.EqualFold(value, "true")
		switch name := strings.ToLower(key); {
		case name == "ignore.malformed.json":
			o.IgnoreMalformed = on
		case name == "case.insensitive":
			o.CaseSensitive = !on
		case name == "dots.in.keys":
			o.DotsInKeys = on
		case strings.HasPrefix(name, "mapping."):
			if o.Mapping == nil {
				o.Mapping = make(map[string]string)
			}
			o.Mapping[strings.TrimPrefix(name, "mapping.")] = value
		}
	}
	var err error
	o.Formats, err = timestampFormats(properties)
	return o, err
}

// lines reads the properties about lines.
func (o *Options) lines(properties map[string]string) error {
	if v, ok := properties["skip.header.line.count"]; ok {
		n, err := strconv.Atoi(strings.TrimSpace(v))
		if err != nil || n < 0 {
			return fmt.Errorf("reading table properties: skip.header.line.count is %q", v)
		}
		o.SkipHeader = n
	}
	if v := strings.TrimSpace(properties["skip.footer.line.count"]); v != "" && v != "0" {
		return fmt.Errorf("reading table properties: skip.footer.line.count is not supported")
	}
	return nil
}
