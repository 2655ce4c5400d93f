package stream

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// AccessError is a cluster that was reached and refuses who asks.
type AccessError struct {
	Doing     string // what was being done, and to what
	Principal string // who asked: user, access key id or certificate, never a secret
	Mechanism string // as Kafka names it
	Check     string // what to look at next
	Err       error
}

func (e *AccessError) Error() string {
	return fmt.Sprintf("%s as %s (%s): %v", e.Doing, e.Principal, e.Mechanism, e.Err)
}

func (e *AccessError) Unwrap() error { return e.Err }

// UnreachableError is a cluster that does not answer, or does not stop starting.
type UnreachableError struct {
	Doing  string
	Waited time.Duration
	Check  string // what to look at next
	Err    error
}

func (e *UnreachableError) Error() string {
	if e.Waited < time.Second {
		return fmt.Sprintf("%s: %v", e.Doing, e.Err)
	}
	return fmt.Sprintf("%s: no success in %s: %v", e.Doing, e.Waited.Round(time.Second), e.Err)
}

func (e *UnreachableError) Unwrap() error { return e.Err }

// denials are the answers of a broker that refuses who asks.
var denials = []*kerr.Error{
	kerr.SaslAuthenticationFailed, kerr.UnsupportedSaslMechanism, kerr.IllegalSaslState, kerr.SecurityDisabled,
	kerr.TopicAuthorizationFailed, kerr.GroupAuthorizationFailed, kerr.ClusterAuthorizationFailed,
	kerr.TransactionalIDAuthorizationFailed,
}

func denies(err error) bool {
	for _, d := range denials {
		if errors.Is(err, d) {
			return true
		}
	}
	return isAlert(err) || errors.As(err, new(*credentialsError))
}

// isAlert says whether the broker ended the TLS handshake by an alert, as it does
// over a client certificate that it does not take.
func isAlert(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}

// explain gives an error of the cluster its kind, and what to check.
func (s *session) explain(doing string, waited time.Duration, err error) error {
	if err == nil {
		return nil
	}
	doing += ", brokers " + s.cfg.brokers()
	if denies(err) {
		return &AccessError{Doing: doing, Principal: s.who.String(), Mechanism: s.cfg.Auth.Mechanism.describe(), Check: s.checkAccess(err), Err: err}
	}
	if check := s.checkReach(err); check != "" {
		return &UnreachableError{Doing: doing, Waited: waited, Check: check, Err: err}
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// ports is what MSK listens on.
const ports = "MSK's ports: 9092 plaintext, 9094 mtls, 9096 scram, 9098 iam (9194, 9196, 9198 from outside)"

// checkAccess says what to look at when the cluster refuses.
func (s *session) checkAccess(err error) string {
	switch {
	case errors.As(err, new(*credentialsError)):
		return "check AWS_PROFILE, or the variables AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; aws sts get-caller-identity shows who they are"
	case errors.Is(err, kerr.UnsupportedSaslMechanism), errors.Is(err, kerr.IllegalSaslState):
		return "the listener wants another mechanism; " + ports
	case errors.Is(err, kerr.TopicAuthorizationFailed):
		return "the principal may not do this with the topic; IAM: kafka-cluster:DescribeTopic, DescribeTopicDynamicConfiguration, WriteData, ReadData, CreateTopic on it; else: kafka-acls --list"
	case errors.Is(err, kerr.GroupAuthorizationFailed):
		return "the principal may not use the group; IAM: kafka-cluster:DescribeGroup and AlterGroup on it; else: kafka-acls --list"
	case errors.Is(err, kerr.TransactionalIDAuthorizationFailed):
		return "the principal may not use the transactional id; IAM: kafka-cluster:DescribeTransactionalId and AlterTransactionalId on acme-generate-*; else: kafka-acls --list"
	case errors.Is(err, kerr.ClusterAuthorizationFailed):
		return "the principal may not do this on the cluster; IAM: kafka-cluster:Connect, WriteDataIdempotently; else: kafka-acls --list"
	}
	switch s.cfg.Auth.Mechanism {
	case IAM:
		return "check that the credentials are not expired, that their policy allows kafka-cluster:Connect on this cluster, that the region is the cluster's (AWS_REGION where the broker's name does not have it), and this machine's clock"
	case SCRAM:
		return "check user and password, and that the secret AmazonMSK_... is associated with the cluster"
	case MTLS:
		return "check that the client certificate is valid now, and comes from an authority that the cluster trusts"
	}
	return "the listener wants to know who asks: give --auth"
}

// checkReach says what to look at when the cluster does not answer; empty where the
// error is of another kind.
func (s *session) checkReach(err error) string {
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	switch {
	case errors.Is(err, errPlaintext):
		return "choose another mechanism with --auth, or insist with --insecure-plaintext"
	case errors.As(err, &certificate), errors.As(err, new(x509.UnknownAuthorityError)), errors.As(err, new(x509.HostnameError)):
		return "the broker's certificate is not trusted: give its authority with --tls-ca, and the name that the certificate has"
	case errors.As(err, &record):
		return "the listener does not speak TLS; " + ports
	case errors.As(err, new(*kgo.ErrFirstReadEOF)), errors.Is(err, io.EOF):
		return "the broker closes the connection at once, as it does when only one side speaks TLS or SASL, and as some do to wrong credentials; " + ports
	case errors.As(err, &name):
		return "the broker's name is not known here: check it, and that this machine's network knows the cluster's names (VPC, VPN)"
	case passes(err):
		return "check the address and port, that the cluster runs, and that its security group lets this machine in; acme broker starts a local one"
	}
	return ""
}

// principal is who a session is. What the credentials of IAM are is known when they
// are first asked for.
type principal struct{ name func() string }

func (p *principal) String() string { return p.name() }

// answer is the error of an answer, with the broker's own words where it has some.
func answer(code int16, message *string) error {
	err := kerr.ErrorForCode(code)
	if err != nil && message != nil && *message != "" && !strings.Contains(err.Error(), *message) {
		return fmt.Errorf("%w: %s", err, *message)
	}
	return err
}
