package report

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
)

//go:embed prices.json
var priceFile []byte

// Prices is a dated price table: what AWS asks for the parts of the pipeline, in
// dollars. The one that is part of the program is prices.json; anybody can give
// another of the same form.
type Prices struct {
	AsOf     string `json:"as_of"`
	Currency string `json:"currency"`
	Athena   struct {
		PerTerabyte   float64 `json:"per_terabyte_scanned"`
		TerabyteBytes int64   `json:"terabyte_bytes"`
		MinimumBytes  int64   `json:"minimum_bytes_per_query"`
		Source        string  `json:"source"`
		Note          string  `json:"note"`
	} `json:"athena"`
	S3 struct {
		PerGigabyteMonth float64 `json:"per_gigabyte_month"`
		PerThousandPuts  float64 `json:"per_thousand_puts"`
		PerThousandGets  float64 `json:"per_thousand_gets"`
		Source           string  `json:"source"`
	} `json:"s3"`
	Firehose struct {
		PerGigabyte float64 `json:"per_gigabyte"`
		Source      string  `json:"source"`
	} `json:"firehose"`
	MSK struct {
		Brokers               int     `json:"brokers"`
		PerBrokerHour         float64 `json:"per_broker_hour"`
		PerGigabyteMonth      float64 `json:"per_gigabyte_month"`
		PerConnectionHour     float64 `json:"per_connection_hour"`
		PerConnectionGigabyte float64 `json:"per_connection_gigabyte"`
		Source                string  `json:"source"`
	} `json:"msk"`
	Lambda struct {
		PerMillionRequests float64 `json:"per_million_requests"`
		PerGigabyteSecond  float64 `json:"per_gigabyte_second"`
		Source             string  `json:"source"`
	} `json:"lambda"`
}

// gigabyte is that of the price lists.
const gigabyte = 1e9

// ReadPrices reads a price table. A key that it does not know is an error, so that
// a misspelt price is not 0.
func ReadPrices(text []byte) (Prices, error) {
	var p Prices
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return p, fmt.Errorf("report: reading the price table: %w", err)
	}
	if p.AsOf == "" || p.Athena.TerabyteBytes <= 0 {
		return p, fmt.Errorf("report: reading the price table: as_of or athena.terabyte_bytes is missing")
	}
	return p, nil
}

// DefaultPrices gives the price table that is part of the program.
func DefaultPrices() Prices {
	p, err := ReadPrices(priceFile)
	if err != nil {
		panic("report: the price table that is part of the program: " + err.Error())
	}
	return p
}

// Scan gives what Athena asks for a query that scans so many bytes.
func (p Prices) Scan(bytes int64) float64 {
	_, usd := p.billed(bytes)
	return usd
}

// billed gives the bytes that Athena bills for a query and what they cost.
func (p Prices) billed(scanned int64) (int64, float64) {
	n := max(scanned, p.Athena.MinimumBytes)
	return n, float64(n) / float64(p.Athena.TerabyteBytes) * p.Athena.PerTerabyte
}

// Put gives what S3 asks for putting so many objects.
func (p Prices) Put(objects int64) float64 { return float64(objects) / 1000 * p.S3.PerThousandPuts }

// Get gives what S3 asks for reading so many objects.
func (p Prices) Get(objects int64) float64 { return float64(objects) / 1000 * p.S3.PerThousandGets }

// Keep gives what S3 asks for keeping so many bytes for a month.
func (p Prices) Keep(bytes int64) float64 { return float64(bytes) / gigabyte * p.S3.PerGigabyteMonth }

// KeepLog gives what MSK asks for keeping so many bytes of a topic for a month, on each
// of its brokers; the brokers themselves cost the same whatever they hold.
func (p Prices) KeepLog(bytes int64) float64 {
	return float64(bytes) / gigabyte * float64(p.MSK.Brokers) * p.MSK.PerGigabyteMonth
}
