package dialect

// Implicit conversions between types, by Trino's rules: commonType is the least
// type that both convert to, and a type converts to another if that is it.

// commonType gives the type that both a and b convert to without being asked.
func commonType(a, b Type) (Type, bool) {
	switch {
	case a.Equal(b):
		return mergeZone(a, b), true
	case a.Kind == Unknown:
		return b, true
	case b.Kind == Unknown:
		return a, true
	case a.Kind == b.Kind:
		return commonOfKind(a, b)
	case a.Kind == Char && a.trims && b.Kind == Varchar, b.Kind == Char && b.trims && a.Kind == Varchar:
		return varcharType(max(a.Precision, b.Precision)), true
	}
	if c, ok := widen(a, b.Kind); ok {
		return commonType(c, b)
	}
	if c, ok := widen(b, a.Kind); ok {
		return commonType(a, c)
	}
	return Type{}, false
}

// mergeZone keeps the zone of a where b has the same; where they differ every value
// carries its own.
func mergeZone(a, b Type) Type {
	if a.Kind == TimestampTZ && shownZone(a) != shownZone(b) {
		a.zone = carriedZone
	}
	if a.isNested() {
		elem := make([]Field, len(a.Elem))
		for i := range elem {
			elem[i] = Field{a.Elem[i].Name, mergeZone(a.Elem[i].Type, b.Elem[i].Type)}
		}
		a.Elem = elem
	}
	return a
}

// shownZone is the zone of t, UTC where nothing names one.
func shownZone(t Type) string {
	if t.zone == "" {
		return "UTC"
	}
	return t.zone
}

func commonOfKind(a, b Type) (Type, bool) {
	switch a.Kind {
	case Decimal:
		scale := max(a.Scale, b.Scale)
		return decimalType(min(38, max(a.Precision-a.Scale, b.Precision-b.Scale)+scale), scale), true
	case Varchar, Char, Timestamp, Time, TimeTZ:
		a.Precision = max(a.Precision, b.Precision)
		return a, true
	case TimestampTZ:
		m := mergeZone(a, b)
		m.Precision = max(a.Precision, b.Precision)
		return m, true
	case Array, Map, Row:
		if len(a.Elem) != len(b.Elem) {
			return Type{}, false
		}
		out := Type{Kind: a.Kind, Elem: make([]Field, len(a.Elem))}
		for i := range a.Elem {
			t, ok := commonType(a.Elem[i].Type, b.Elem[i].Type)
			if !ok {
				return Type{}, false
			}
			out.Elem[i].Type = t
			if a.Elem[i].Name == b.Elem[i].Name {
				out.Elem[i].Name = a.Elem[i].Name
			}
		}
		return out, true
	}
	return Type{}, false
}

// widen gives the least type of kind k that t converts to, if there is one.
func widen(t Type, k Kind) (Type, bool) {
	switch {
	case t.isInteger() && k >= TinyInt && k <= BigInt && k > t.Kind:
		return Type{Kind: k}, true
	case t.isInteger() && k == Decimal:
		return t.asDecimal(), true
	case (t.isInteger() || t.Kind == Decimal) && (k == Real || k == Double), t.Kind == Real && k == Double:
		return Type{Kind: k}, true
	case t.Kind == Date && k == Timestamp:
		return timestampType(0), true
	case t.Kind == Date && k == TimestampTZ:
		return timestampTZ(3, "UTC"), true
	case t.Kind == Timestamp && k == TimestampTZ:
		return timestampTZ(t.Precision, "UTC"), true
	case t.Kind == Time && k == TimeTZ:
		return Type{Kind: TimeTZ, Precision: t.Precision}, true
	case t.Kind == Char && t.trims && k == Varchar:
		return varcharType(t.Precision), true
	case t.Kind == Varchar && k == Char:
		return charType(min(t.Precision, maxChar)), true
	}
	return Type{}, false
}

// converts says whether from converts to to without being asked.
func converts(from, to Type) bool {
	c, ok := commonType(from, to)
	return ok && sameShape(c, to)
}

// sameShape is Equal but for the names of row fields.
func sameShape(a, b Type) bool {
	if a.Kind != b.Kind || a.Precision != b.Precision || a.Scale != b.Scale || len(a.Elem) != len(b.Elem) {
		return false
	}
	for i := range a.Elem {
		if !sameShape(a.Elem[i].Type, b.Elem[i].Type) {
			return false
		}
	}
	return true
}

// castable says whether CAST(from AS to) exists.
func castable(from, to Type) bool {
	switch {
	case from.Kind == Unknown, sameShape(from, to):
		return true
	case from.Kind == JSON:
		return jsonCastable(to, true)
	case to.Kind == JSON:
		return jsonCastable(from, false)
	case from.Kind == to.Kind && from.isNested():
		if len(from.Elem) != len(to.Elem) {
			return false
		}
		for i := range from.Elem {
			if !castable(from.Elem[i].Type, to.Elem[i].Type) {
				return false
			}
		}
		return true
	case from.isNested() || to.isNested(), (from.Kind == UUID || from.Kind == IPAddress) && to.Kind == Varchar && to.Precision != Unbounded:
		return false
	}
	if from.Kind == Char && from.trims && (to.Kind >= Boolean && to.Kind <= Double || to.Kind == Varbinary || to.Kind == Date || to.Kind == Timestamp || to.Kind == TimestampTZ) {
		return true
	}
	for _, k := range castTargets[from.Kind] {
		if k == to.Kind {
			return true
		}
	}
	return false
}

var numericKinds = []Kind{TinyInt, SmallInt, Integer, BigInt, Real, Double, Decimal}

// castTargets are the kinds that a value of a kind can be cast to.
var castTargets = map[Kind][]Kind{
	Boolean:      fromNumber,
	TinyInt:      fromNumber,
	SmallInt:     fromNumber,
	Integer:      fromNumber,
	BigInt:       fromNumber,
	Real:         fromNumber,
	Double:       fromNumber,
	Decimal:      fromNumber,
	Varchar:      append([]Kind{Varchar, Char, Varbinary, Date, Time, TimeTZ, Timestamp, TimestampTZ, UUID, IPAddress}, fromNumber...),
	Char:         {Varchar, Char},
	Varbinary:    {IPAddress, Varbinary, UUID, HyperLogLog, TDigest, QDigest},
	HyperLogLog:  {Varbinary},
	TDigest:      {Varbinary},
	QDigest:      {Varbinary},
	Date:         {Date, Varchar, Timestamp, TimestampTZ},
	Time:         {Time, TimeTZ, Timestamp, TimestampTZ, Varchar},
	TimeTZ:       {Time, TimeTZ, Timestamp, TimestampTZ, Varchar},
	Timestamp:    {Timestamp, TimestampTZ, Date, Time, TimeTZ, Varchar},
	TimestampTZ:  {Timestamp, TimestampTZ, Date, Time, TimeTZ, Varchar},
	IntervalDay:  {IntervalDay, Varchar},
	IntervalYear: {IntervalYear, Varchar},
	UUID:         {UUID, Varchar, Varbinary},
	IPAddress:    {IPAddress, Varchar, Varbinary},
}

var fromNumber = append([]Kind{Boolean, Varchar}, numericKinds...)

// jsonCastable says whether json casts to t, or t to json.
func jsonCastable(t Type, fromJSON bool) bool {
	switch t.Kind {
	case Unknown, Boolean, Varchar, JSON:
		return true
	case Date, Timestamp:
		return !fromJSON
	case Array:
		return jsonCastable(t.elem(), fromJSON)
	case Map:
		k, ok := t.elem(), true // more of keys is looked at later: checkMapKeys
		switch {
		case k.Kind == JSON || k.Kind == Unknown:
		case fromJSON:
			ok = castable(tVarchar, k)
		default:
			ok = castable(k, tVarchar)
		}
		return ok && jsonCastable(t.value(), fromJSON)
	case Row:
		for _, f := range t.Elem {
			if !jsonCastable(f.Type, fromJSON) {
				return false
			}
		}
		return true
	}
	return t.isNumeric()
}
