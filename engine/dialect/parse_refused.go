package dialect

import "strings"

// Statements that Trino's grammar has and Athena does not run. They are read as
// far as it takes to say about them what Trino says.

// notRun is what Athena says of a statement that it has no use for.
const notRun = "Queries of this type are not supported"

// refusedStatement takes a statement that is never run; nil where t begins none.
func (p *parser) refusedStatement(t token) Statement {
	switch t.up {
	case "DELETE":
		return p.modify("FROM")
	case "UPDATE":
		return p.modify("")
	case "MERGE":
		return p.modify("INTO")
	case "TRUNCATE":
		return p.modify("TABLE")
	case "CALL":
		return p.callProcedure()
	case "SET":
		return p.set()
	case "RESET":
		p.next()
		p.needWord("SESSION")
		n := p.tableName(2)
		return &Refused{Pos: t.pos, What: "RESET", Err: noProperty(t.pos, n)}
	case "START":
		p.next()
		p.needWord("TRANSACTION")
		return p.failing(t.pos, "START TRANSACTION", &Error{Name: "INCOMPATIBLE_CLIENT", Message: "Client does not support transactions"})
	case "COMMIT", "ROLLBACK":
		p.next()
		p.word("WORK")
		return &Refused{Pos: t.pos, What: t.up, Err: &Error{Name: "NOT_IN_TRANSACTION", Message: "No transaction in progress"}}
	case "ANALYZE", "COMMENT", "DENY", "GRANT", "REFRESH", "REVOKE":
		return p.rest(t.pos, t.up)
	}
	return nil
}

// failing is rest with the error that the statement always gives.
func (p *parser) failing(pos Pos, what string, err *Error) Statement {
	r := p.rest(pos, what).(*Refused)
	r.Err = err
	return r
}

// modify takes a statement that changes rows, which only Iceberg's tables allow.
func (p *parser) modify(word string) Statement {
	t := p.next()
	if word != "" {
		p.needWord(word)
	}
	name := p.tableName(3)
	err := errorAt(Pos{}, "NOT_SUPPORTED", "Modifying Hive table rows is only supported for transactional tables")
	switch t.up {
	case "DELETE":
		if p.word("WHERE") {
			p.expr()
		}
		return &Refused{t.pos, t.up, &name, err}
	case "UPDATE":
		p.needWord("SET")
		for {
			p.name()
			p.needSym("=")
			p.expr()
			if !p.sym(",") {
				break
			}
		}
		if p.word("WHERE") {
			p.expr()
		}
		return &Refused{t.pos, t.up, &name, err}
	case "TRUNCATE":
		return &Refused{t.pos, t.up, &name, errorAt(t.pos, "NOT_SUPPORTED", notRun)}
	}
	r := p.failing(t.pos, t.up, err).(*Refused)
	r.Table = &name
	return r
}

// callProcedure takes CALL; Athena has no procedures.
func (p *parser) callProcedure() Statement {
	t := p.next()
	name := p.tableName(3)
	p.needSym("(")
	if !p.sym(")") {
		for {
			p.expr()
			if p.sym(")") {
				break
			}
			p.needSym(",")
		}
	}
	return &Refused{Pos: t.pos, What: "CALL", Table: &name}
}

func (p *parser) set() Statement {
	t := p.next()
	p.note("'PATH'", "'ROLE'", "'TIME'")
	switch p.tok().up {
	case "PATH", "ROLE", "TIME":
		return p.rest(t.pos, "SET "+p.tok().up)
	}
	p.needWord("SESSION")
	n := p.tableName(2)
	p.needSym("=")
	pos := t.pos
	if p.level >= 476 {
		pos = p.tok().pos
	}
	p.expr()
	return &Refused{Pos: t.pos, What: "SET SESSION", Err: noProperty(pos, n)}
}

// noProperty is what Trino says of a session property that there is not. Athena
// has none to set.
func noProperty(pos Pos, n TableName) *Error {
	return errorAt(pos, "INVALID_SESSION_PROPERTY", "Session property '%s' does not exist", strings.Join(n.Parts, "."))
}
