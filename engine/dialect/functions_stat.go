package dialect

// statFunctions are distributions and distances.
func statFunctions() []function {
	const three = "double, double, double"
	f := func(name, doc, in, sql string) function {
		return function{name: name, doc: doc, sigs: []signature{sg(in, "double", sql)}}
	}
	const pair, maps = "array(double), array(double)", "map(varchar,double), map(varchar,double)"
	const sparse = "acme_sparse_cosine(map_keys($1), map_values($1), map_keys($2), map_values($2))"
	return []function{
		f("normal_cdf", "Share of a normal distribution (mean, deviation) below a value.", three, "acme_normal_cdf($1, $2, $3)"),
		f("inverse_normal_cdf", "Value below which a share of a normal distribution (mean, deviation) lies.", three, "acme_inverse_normal_cdf($1, $2, $3)"),
		f("beta_cdf", "Share of a beta distribution (a, b) below a value.", three, "acme_beta_cdf($1, $2, $3)"),
		f("t_pdf", "Density of Student's t at a value, by degrees of freedom.", "double, double", "acme_t_pdf($1, $2)").sinceRelease(452),
		f("t_cdf", "Share of Student's t below a value, by degrees of freedom.", "double, double", "acme_t_cdf($1, $2)").sinceRelease(452),
		f("wilson_interval_lower", "Lower end of Wilson's interval of a share: hits, trials, z-score.", "bigint, bigint, double", "acme_wilson($1, $2, $3, -1e0)"),
		f("wilson_interval_upper", "Upper end of Wilson's interval of a share: hits, trials, z-score.", "bigint, bigint, double", "acme_wilson($1, $2, $3, 1e0)"),
		{name: "cosine_similarity", doc: "Cosine of the angle between two vectors, as maps or arrays.", sigs: []signature{
			sg(maps, "double", sparse),
			{in: pair, out: "double", sql: "acme_vectors('cosine', $1, $2)", since: 461}}},
		{name: "cosine_distance", doc: "One less the cosine of the angle between two vectors.", since: 461, sigs: []signature{
			sg(pair, "double", "(1e0 - acme_vectors('cosine', $1, $2))"), sg(maps, "double", "(1e0 - "+sparse+")")}},
		f("dot_product", "Dot product of two vectors.", pair, "acme_vectors('dot', $1, $2)").sinceRelease(461),
		f("euclidean_distance", "Distance of two vectors.", pair, "acme_vectors('distance', $1, $2)").sinceRelease(461),
		{name: "inverse_beta_cdf", doc: "Value below which a share of a beta distribution lies.", refused: "Trino finds it by steps to nine digits, which are not repeated here"},
	}
}
