package dialect

import "strings"

// hiveType takes a type of Hive's and gives Athena's for it.
func (p *ddlParser) hiveType() Type {
	p.enter()
	defer p.leave()
	p.place = "column type"
	t := p.tok()
	p.note("<type>")
	if t.kind != tokWord {
		p.fail()
	}
	p.next()
	switch t.up {
	case "STRING":
		return tVarchar
	case "INT", "INTEGER":
		return tInteger
	case "BIGINT":
		return tBigInt
	case "SMALLINT":
		return tSmallInt
	case "TINYINT":
		return tTinyInt
	case "DOUBLE":
		p.word("PRECISION")
		return tDouble
	case "FLOAT":
		return tReal
	case "BOOLEAN":
		return tBoolean
	case "BINARY":
		return tVarbinary
	case "DATE":
		return tDate
	case "TIMESTAMP":
		return timestampType(3)
	case "DECIMAL", "NUMERIC":
		return p.hiveDecimal(t)
	case "VARCHAR", "CHAR":
		return p.hiveText(t)
	case "ARRAY":
		p.needSym("<")
		e := p.hiveType()
		p.needSym(">")
		return arrayOf(e)
	case "MAP":
		p.needSym("<")
		k := p.hiveType()
		p.needSym(",")
		v := p.hiveType()
		p.needSym(">")
		return mapOf(k, v)
	case "STRUCT":
		return p.hiveStruct()
	}
	p.i--
	e := p.hiveError(&Error{})
	panic(e.hint("Hive's types: string int bigint smallint tinyint double float boolean date timestamp binary decimal(p,s) varchar(n) char(n) array<> map<> struct<>"))
}

// hiveText takes the length of a varchar or char, which may not be left out.
func (p *ddlParser) hiveText(t token) Type {
	p.needSym("(")
	n := p.integer()
	p.needSym(")")
	limit := 65535
	if t.up == "CHAR" {
		limit = 255
	}
	if n < 1 || n > limit {
		panic(errorAt(t.pos, "FAILED", "%s length %d out of allowed range [1, %d]", strings.ToLower(t.up), n, limit))
	}
	if t.up == "CHAR" {
		return charType(n)
	}
	return varcharType(n)
}

func (p *ddlParser) hiveDecimal(t token) Type {
	precision, scale := 10, 0
	if p.sym("(") {
		precision = p.integer()
		if p.sym(",") {
			scale = p.integer()
		}
		p.needSym(")")
	}
	switch {
	case precision < 1 || precision > 38:
		panic(errorAt(t.pos, "FAILED", "Decimal precision out of allowed range [1,38]"))
	case scale > precision:
		panic(errorAt(t.pos, "FAILED", "Decimal scale must be less than or equal to precision"))
	}
	return decimalType(precision, scale)
}

func (p *ddlParser) hiveStruct() Type {
	p.needSym("<")
	row := Type{Kind: Row}
	for {
		name := p.fieldName()
		p.needSym(":")
		row.Elem = append(row.Elem, Field{name, p.hiveType()})
		if p.word("COMMENT") {
			p.text()
		}
		if p.sym(">") {
			return row
		}
		p.needSym(",")
	}
}
