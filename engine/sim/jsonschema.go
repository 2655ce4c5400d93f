package sim

import (
	"encoding/json"
	"strings"
)

// Schema gives the JSON Schema (2020-12) of the scenario file, for editors and
// documentation. It derives from the tables that the decoder reads by.
func Schema() []byte {
	root := objectSchema(scenarioFields, "")
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "acme scenario"
	properties := root["properties"].(map[string]any)
	properties["extends"] = map[string]any{
		"type": "string", "description": "Scenario whose values hold where this file has none: a shipped name or a path. Mappings merge, lists replace.",
	}
	kinds := make([]any, len(faultKinds))
	for i, k := range faultKinds {
		s := objectSchema(faultFields, k)
		s["properties"].(map[string]any)["kind"] = map[string]any{"const": k}
		kinds[i] = s
	}
	properties["faults"] = map[string]any{
		"type": "array", "maxItems": maxFaults, "items": map[string]any{"oneOf": kinds},
		"description": "What goes wrong on purpose.",
	}
	// A file that extends another need not repeat what that one says.
	root["anyOf"] = []any{
		map[string]any{"required": []string{"extends"}},
		map[string]any{"required": root["required"]},
	}
	delete(root, "required")
	b, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		panic(err) // maps and strings always marshal
	}
	return append(b, '\n')
}

func objectSchema[T any](table []field[T], kind string) map[string]any {
	root := newObject()
	for i := range table {
		f := &table[i]
		if !f.applies(kind) {
			continue
		}
		o := root
		parts := strings.Split(f.path, ".")
		for _, name := range parts[:len(parts)-1] {
			properties := o["properties"].(map[string]any)
			if properties[name] == nil {
				properties[name] = newObject()
			}
			o = properties[name].(map[string]any)
		}
		name := parts[len(parts)-1]
		o["properties"].(map[string]any)[name] = fieldSchema(f)
		if f.def == "!" && len(parts) == 1 {
			required, _ := o["required"].([]string)
			o["required"] = append(required, name)
		}
	}
	return root
}

func newObject() map[string]any {
	return map[string]any{"type": "object", "additionalProperties": false, "properties": map[string]any{}}
}

func fieldSchema[T any](f *field[T]) map[string]any {
	s := map[string]any{"description": f.doc}
	if f.def != "" && f.def != "!" {
		s["default"] = f.def
	}
	const decimal = `(0|[1-9][0-9]*)(\.[0-9]+)?`
	text := func(pattern string) {
		s["type"], s["pattern"] = "string", "^"+pattern+"$"
	}
	either := func(pattern string) {
		s["type"], s["pattern"] = []string{"string", "number"}, "^"+pattern+"$"
	}
	units := func(all []unit) string {
		names := make([]string, len(all))
		for i, u := range all {
			names[i] = u.suffix
		}
		return "(" + strings.Join(names, "|") + ")"
	}
	duration := "(0|(" + decimal + units(durationUnits) + ")+)"
	switch f.kind {
	case textKind:
		s["type"] = "string"
	case enumKind:
		s["enum"] = f.enum
	case integerKind:
		s["type"], s["minimum"] = "integer", f.min
		if f.max != 0 {
			s["maximum"] = f.max
		}
	case integersKind:
		s["type"], s["minItems"], s["maxItems"] = "array", f.count, f.count
		s["items"] = map[string]any{"type": "integer", "minimum": f.min, "maximum": f.max}
		delete(s, "default")
	case textsKind:
		one := map[string]any{"enum": f.enum}
		s["oneOf"] = []any{one, map[string]any{"type": "array", "items": one}}
	case decimalKind:
		either(decimal)
	case signedKind:
		either("-?" + decimal)
	case shareKind:
		either(decimal + "%?")
	case durationKind:
		either(duration)
	case offsetKind:
		either("-?" + duration)
	case sizeKind:
		text(decimal + units(sizeUnits))
	case rateKind:
		text(decimal + units(rateUnits))
	case timeKind:
		s["type"], s["format"] = "string", "date-time"
	case momentKind:
		s["type"] = []string{"string", "number"}
	}
	return s
}
