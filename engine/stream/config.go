package stream

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Mechanism is how a client proves who it is.
type Mechanism string

// The mechanisms that MSK has.
const (
	// IAM signs with AWS credentials, over TLS.
	IAM Mechanism = "iam"
	// SCRAM is SCRAM-SHA-512 with user and password, over TLS.
	SCRAM Mechanism = "scram"
	// MTLS shows a client certificate.
	MTLS Mechanism = "mtls"
	// Plaintext proves nothing and encrypts nothing.
	Plaintext Mechanism = "plaintext"
)

// Config says which cluster, and as whom.
type Config struct {
	// Brokers are addresses to begin with, host:port; one that answers is enough.
	Brokers []string
	// Auth is how to prove who one is.
	Auth Auth
	// ClientID is what the cluster's logs and quotas know this client by; "acme"
	// where empty.
	ClientID string
	// Patience is how long a cluster that does not answer, or is still starting, is
	// waited for; 30 seconds where 0. The failover of a broker that was killed takes
	// about 11.
	Patience time.Duration
}

// Auth is a mechanism with what it needs.
type Auth struct {
	Mechanism Mechanism
	// User and Password are SCRAM's.
	User, Password string
	// CA is the certificates that a broker's must come from, PEM; the system's where
	// empty.
	CA []byte
	// Certificate and Key are the client's own for MTLS, PEM.
	Certificate, Key []byte
	// Insist allows Plaintext to brokers that are not on this machine.
	Insist bool
	// Credentials are IAM's; the SDK's default chain where nil.
	Credentials aws.CredentialsProvider
	// Profile is the profile of the shared AWS configuration that the default chain
	// takes; the environment's where empty.
	Profile string
}

// errPlaintext is why Check and the dialer refuse an address.
var errPlaintext = errors.New("plaintext: everything, the records included, would go over the network unencrypted, from and to anybody")

// Check says what is wrong with a configuration before anything is sent.
func (c Config) Check() error {
	if len(c.Brokers) == 0 {
		return errors.New("no broker: give one as host:port")
	}
	for _, b := range c.Brokers {
		if err := checkBroker(b); err != nil {
			return err
		}
	}
	a := c.Auth
	switch a.Mechanism {
	case IAM:
	case SCRAM:
		if a.User == "" || a.Password == "" {
			return errors.New("SCRAM-SHA-512 needs a user and a password")
		}
	case MTLS:
		if len(a.Certificate) == 0 || len(a.Key) == 0 {
			return errors.New("mutual TLS needs a client certificate and its key")
		}
	case Plaintext:
		for _, b := range c.Brokers {
			if !a.Insist && !onLoopback(b) {
				return fmt.Errorf("broker %s is not on this machine: %w", b, errPlaintext)
			}
		}
		return nil
	default:
		return fmt.Errorf("mechanism %q: must be one of iam, scram, mtls, plaintext", a.Mechanism)
	}
	_, err := a.tls()
	return err
}

func checkBroker(b string) error {
	host, port, err := net.SplitHostPort(b)
	if err != nil || host == "" {
		return fmt.Errorf("broker %q: want host:port", b)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("broker %q: port %q is not one of 1 to 65535", b, port)
	}
	return nil
}

// onLoopback says whether an address is this machine's own and stays inside it.
func onLoopback(broker string) bool {
	host, _, err := net.SplitHostPort(broker)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// Loopback says whether all brokers are on this machine: there plaintext is the
// mechanism one expects, elsewhere it must be insisted upon.
func (c Config) Loopback() bool {
	for _, b := range c.Brokers {
		if !onLoopback(b) {
			return false
		}
	}
	return true
}

// tls gives the TLS settings; nil for Plaintext.
func (a Auth) tls() (*tls.Config, error) {
	if a.Mechanism == Plaintext {
		return nil, nil
	}
	t := &tls.Config{MinVersion: tls.VersionTLS12}
	if len(a.CA) > 0 {
		t.RootCAs = x509.NewCertPool()
		if !t.RootCAs.AppendCertsFromPEM(a.CA) {
			return nil, errors.New("the file of certificate authorities has no PEM certificate in it")
		}
	}
	if len(a.Certificate) > 0 || len(a.Key) > 0 {
		pair, err := tls.X509KeyPair(a.Certificate, a.Key)
		if err != nil {
			return nil, fmt.Errorf("read the client certificate and its key: %w", err)
		}
		t.Certificates = []tls.Certificate{pair}
	}
	return t, nil
}

// describe names the mechanism as Kafka does.
func (m Mechanism) describe() string {
	switch m {
	case IAM:
		return "AWS_MSK_IAM"
	case SCRAM:
		return "SCRAM-SHA-512"
	case MTLS:
		return "mutual TLS"
	}
	return string(m)
}

func (c Config) clientID() string {
	if c.ClientID == "" {
		return "acme"
	}
	return c.ClientID
}

func (c Config) patience() time.Duration {
	if c.Patience == 0 {
		return 30 * time.Second
	}
	return c.Patience
}

func (c Config) brokers() string { return strings.Join(c.Brokers, ", ") }
