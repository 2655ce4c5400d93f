package stream

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

// session is a client of a cluster, and who it is there.
type session struct {
	*kgo.Client
	cfg Config
	who *principal
}

// connect gives a client that has reached a broker and proved who it is. opts are
// added to those that the configuration asks for. The caller closes it.
func (c Config) connect(ctx context.Context, opts ...kgo.Opt) (*session, error) {
	s, err := c.open(ctx, opts...)
	if err != nil {
		return nil, err
	}
	if err := s.patiently(ctx, "connect", s.Ping); err != nil {
		s.Close()
		if ctx.Err() == nil && !errors.As(err, new(*AccessError)) && !errors.As(err, new(*UnreachableError)) {
			err = &UnreachableError{Doing: "speak Kafka", Err: err,
				Check: "what listens there does not answer as a broker does, or not in this protocol; " + ports}
		}
		return nil, err
	}
	return s, nil
}

// open gives a client that has not sent anything yet.
func (c Config) open(ctx context.Context, opts ...kgo.Opt) (*session, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	s := &session{cfg: c, who: c.Auth.principal()}
	secure, err := c.Auth.tls()
	if err != nil {
		return nil, err
	}
	all := []kgo.Opt{
		kgo.SeedBrokers(c.Brokers...),
		kgo.ClientID(c.clientID()),
		kgo.SoftwareNameAndVersion("acme", "1"),
		kgo.Dialer(c.dialer(secure)),
		// Metrics of the client go to the cluster only where its owner asks for them.
		kgo.DisableClientMetrics(),
	}
	switch c.Auth.Mechanism {
	case SCRAM:
		all = append(all, kgo.SASL(scram.Auth{User: c.Auth.User, Pass: c.Auth.Password}.AsSha512Mechanism()))
	case IAM:
		mechanism, err := c.Auth.iam(ctx, s.who)
		if err != nil {
			return nil, err
		}
		all = append(all, kgo.SASL(mechanism))
	}
	s.Client, err = kgo.NewClient(append(all, opts...)...)
	if err != nil {
		return nil, fmt.Errorf("open a client of %s: %w", c.brokers(), err)
	}
	return s, nil
}

// dialer gives connections, encrypted where secure is not nil. It also sees the
// addresses that the cluster itself names, which Check cannot.
func (c Config) dialer(secure *tls.Config) func(context.Context, string, string) (net.Conn, error) {
	plain := &net.Dialer{Timeout: 10 * time.Second}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if secure != nil {
			ctx, cancel := context.WithTimeout(ctx, 2*plain.Timeout) // the handshake's too
			defer cancel()
			return (&tls.Dialer{NetDialer: plain, Config: secure}).DialContext(ctx, network, address)
		}
		if !c.Auth.Insist && !onLoopback(address) {
			return nil, &net.OpError{Op: "dial", Net: network, Err: fmt.Errorf("the cluster names its broker %s, which is not on this machine: %w", address, errPlaintext)}
		}
		return plain.DialContext(ctx, network, address)
	}
}

// patiently does something, again and again while the cluster is starting or does
// not answer, up to the configuration's patience. The error it gives is explained.
func (s *session) patiently(ctx context.Context, doing string, do func(context.Context) error) error {
	started := time.Now()
	patience := s.cfg.patience()
	deadline, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var last error
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		err := do(deadline)
		if err == nil {
			return nil
		}
		if last == nil || !errors.Is(err, context.DeadlineExceeded) { // what came before the deadline says more
			last = err
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%s: %w", doing, context.Cause(ctx))
		}
		unknown := errors.As(err, new(*TopicMissingError)) && time.Since(started) < knownEverywhere
		if deadline.Err() != nil || !unknown && !passes(err) {
			return s.explain(doing, time.Since(started), last)
		}
		select {
		case <-time.After(wait):
		case <-deadline.Done():
		}
	}
}

// knownEverywhere is how long a topic that a broker does not know is asked for again:
// it may have been made, or the broker started, a moment ago.
const knownEverywhere = 2 * time.Second

// passes says whether an error is one of a cluster that is starting, failing over
// or out of reach for now.
func passes(err error) bool {
	var dial *net.OpError
	var name *net.DNSError
	switch {
	case denies(err), errors.Is(err, errPlaintext), errors.As(err, new(*tls.CertificateVerificationError)):
		return false
	case errors.As(err, &name) && name.IsNotFound:
		return false // a name that does not exist will not in half a minute either
	case kerr.IsRetriable(err), kgo.IsRetryableBrokerErr(err), errors.Is(err, kerr.ConcurrentTransactions):
		return true // the last: a transaction whose end is still being written
	case errors.As(err, &dial):
		return dial.Op == "dial"
	}
	return errors.Is(err, context.DeadlineExceeded)
}
