package dialect

import (
	"strconv"
	"strings"
)

// lambda is a lambda as analysed: the names of its parameters in DuckDB and its
// body over them.
type lambda struct {
	vars []string
	body string
}

func (l lambda) String() string { return "lambda " + strings.Join(l.vars, ", ") + ": " + l.body }

// lambdaShape says by how many parameters DuckDB calls a lambda, and what each of
// Trino's parameters is of them: $1.key. The zero shape takes them as they are.
type lambdaShape struct {
	vars  int
	codes []string
}

var (
	ofEntry  = lambdaShape{1, []string{"$1.key", "$1.value"}}
	ofTriple = lambdaShape{1, []string{"$1.f0", "$1.f1", "$1.f2"}}
	ofFold   = lambdaShape{2, []string{"$1.s", "$2.t"}}
	ofState  = lambdaShape{1, []string{"$1.s"}}
)

// maxLambdaPasses is how often Trino widens what a lambda gives back to itself.
const maxLambdaPasses = 4

// lambdas analyses the lambdas among the arguments: their parameters have the
// types that the other arguments bound, their results bind or meet the rest.
func (a *analyser) lambdas(c *candidate, inv *invocation) {
	inv.lambdas = make([]lambda, len(inv.raw))
	n := 0
	for i, v := range inv.raw {
		if v.typ.Kind != Function {
			continue
		}
		shape := lambdaShape{}
		if n < len(c.sig.shapes) {
			shape = c.sig.shapes[n]
		}
		n++
		p := c.sig.params[min(i, len(c.sig.params)-1)]
		out := p.args[len(p.args)-1]
		for pass := 0; ; pass++ {
			before, bound := c.bind[out.base]
			l, body := a.lambdaBody(c, inv, i, p, shape)
			if !a.lambdaResult(c, out, body.typ) {
				panic(a.wrongLambda(inv))
			}
			if after := c.bind[out.base]; bound && !before.Equal(after) {
				if pass == maxLambdaPasses-2 {
					panic(&Error{Name: "GENERIC_INTERNAL_ERROR", Message: "SignatureBinder.iterativeSolve does not converge after 4 iterations."})
				}
				continue // it is its own argument too: once more, with the wider type
			}
			want := out.concrete(c.bind)
			l.body = a.coerce(body, want).code
			if want.Kind == Unknown {
				l.body = "CAST(NULL AS INTEGER)"
			}
			inv.lambdas[i] = l
			inv.args[i] = value{typ: Type{Kind: Function}, code: l.String(), pos: inv.call.Args[i].Pos()}
			break
		}
	}
	if n > 0 {
		a.rebind(c, inv)
	}
}

// rebind brings arguments to a type that a lambda has widened.
func (a *analyser) rebind(c *candidate, inv *invocation) {
	for i, v := range inv.raw {
		if p := c.sig.params[min(i, len(c.sig.params)-1)]; p.isVar() && v.typ.Kind != Function {
			inv.args[i] = a.coerce(v, c.bind[p.base])
			if inv.args[i].typ.Kind == Unknown {
				inv.args[i].code = "CAST(NULL AS INTEGER)"
			}
		}
	}
}

// lambdaBody analyses argument i, a lambda of pattern p.
func (a *analyser) lambdaBody(c *candidate, inv *invocation, i int, p pattern, shape lambdaShape) (lambda, value) {
	x := inv.call.Args[i].(*LambdaExpr)
	in := p.args[:len(p.args)-1]
	if len(x.Params) != len(in) {
		panic(errorAt(x.pos, "INVALID_PARAMETER_USAGE", "Expected a lambda that takes %d argument(s) but got %d", len(in), len(x.Params)))
	}
	l := lambda{}
	for range max(shape.vars, 1) {
		l.vars = append(l.vars, a.lambdaVar())
	}
	for len(l.vars) < len(in) && shape.vars == 0 {
		l.vars = append(l.vars, a.lambdaVar())
	}
	sc := &scope{parent: inv.sc, env: inv.sc.env, block: inv.sc.block, lambda: true}
	for k, n := range x.Params {
		code := l.vars[min(k, len(l.vars)-1)]
		if shape.vars > 0 {
			code = shape.codes[k]
			for v, name := range l.vars {
				code = strings.ReplaceAll(code, "$"+strconv.Itoa(v+1), name)
			}
		}
		sc.fields = append(sc.fields, a.newField(n.Text, in[k].concrete(c.bind), code))
	}
	a.noAggregates(x.Body, "Lambda expression")
	return l, a.expr(x.Body, sc)
}

// lambdaResult binds what a lambda gives, or says that it does not fit.
func (a *analyser) lambdaResult(c *candidate, out pattern, t Type) bool {
	if !out.isVar() {
		if t.Kind == Unknown {
			return false
		}
		_, ok := out.match(t, c.bind, true)
		return ok
	}
	bound, ok := c.bind[out.base]
	if !ok {
		c.bind[out.base] = t
		return true
	}
	common, ok := commonType(bound, t)
	c.bind[out.base] = common
	return ok && (t.Kind == Unknown || common.Equal(t) || !out.own(c))
}

// own says whether a lambda's result is its own argument too, which is then not
// converted for it.
func (p pattern) own(c *candidate) bool {
	for _, q := range c.sig.params {
		if q.isVar() && q.base == p.base {
			return true
		}
	}
	return false
}
