package stream

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// msk is what MSK's side of AWS_MSK_IAM knows: the region, and one access key.
type msk struct {
	region, key, secret, token string
	tokenUntil                 time.Time
}

// install makes a cluster answer handshakes as MSK does. It leaves the last
// signature that it took in the returned map.
func (m msk) install(c *kfake.Cluster) map[string]string {
	taken := map[string]string{}
	c.ControlKey(int16(kmsg.SASLHandshake), func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		resp := req.ResponseKind().(*kmsg.SASLHandshakeResponse)
		resp.SupportedMechanisms = []string{"AWS_MSK_IAM"}
		if req.(*kmsg.SASLHandshakeRequest).Mechanism != "AWS_MSK_IAM" {
			resp.ErrorCode = kerr.UnsupportedSaslMechanism.Code
		}
		return resp, nil, true
	})
	c.ControlKey(int16(kmsg.SASLAuthenticate), func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		resp := req.ResponseKind().(*kmsg.SASLAuthenticateResponse)
		clear(taken)
		err := json.Unmarshal(req.(*kmsg.SASLAuthenticateRequest).SASLAuthBytes, &taken)
		if err == nil {
			err = m.verify(taken, time.Now())
		}
		if err != nil {
			resp.ErrorCode = kerr.SaslAuthenticationFailed.Code
			resp.ErrorMessage = kmsg.StringPtr("[5cf1d1a5]: " + err.Error())
			return resp, nil, true
		}
		resp.SASLAuthBytes = []byte(`{"version":"2020_10_22","request-id":"5cf1d1a5"}`)
		return resp, nil, true
	})
	return taken
}

// verify checks a handshake by the rules of Signature Version 4 for a query string
// (docs.aws.amazon.com, "Authenticating requests: using query parameters"), written
// apart from the client that makes it.
func (m msk) verify(q map[string]string, now time.Time) error {
	if q["version"] != "2020_10_22" || q["action"] != "kafka-cluster:Connect" || q["x-amz-algorithm"] != "AWS4-HMAC-SHA256" || q["x-amz-signedheaders"] != "host" {
		return fmt.Errorf("malformed request %v", q)
	}
	signed, err := time.Parse("20060102T150405Z", q["x-amz-date"])
	if err != nil {
		return err
	}
	expires, err := strconv.Atoi(q["x-amz-expires"])
	if err != nil || expires > 900 {
		return fmt.Errorf("x-amz-expires %q", q["x-amz-expires"])
	}
	if now.Before(signed.Add(-5*time.Minute)) || now.After(signed.Add(time.Duration(expires)*time.Second)) {
		return fmt.Errorf("Signature expired: %s", q["x-amz-date"])
	}
	day := signed.Format("20060102")
	scope := strings.Split(q["x-amz-credential"], "/") // key/day/region/service/aws4_request
	if len(scope) != 5 || scope[1] != day || scope[3] != "kafka-cluster" || scope[4] != "aws4_request" {
		return fmt.Errorf("credential scope %q", q["x-amz-credential"])
	}
	if scope[0] != m.key {
		return fmt.Errorf("The security token included in the request is invalid")
	}
	if scope[2] != m.region {
		return fmt.Errorf("Credential should be scoped to a valid region: %s", scope[2])
	}
	if q["x-amz-security-token"] != m.token {
		return fmt.Errorf("The security token included in the request is invalid")
	}
	if m.token != "" && now.After(m.tokenUntil) {
		return fmt.Errorf("The security token included in the request is expired")
	}
	query := "Action=" + escape(q["action"]) + "&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" + escape(q["x-amz-credential"]) +
		"&X-Amz-Date=" + q["x-amz-date"] + "&X-Amz-Expires=" + q["x-amz-expires"]
	if m.token != "" {
		query += "&X-Amz-Security-Token=" + escape(m.token)
	}
	query += "&X-Amz-SignedHeaders=host"
	request := strings.Join([]string{"GET", "/", query, "host:" + q["host"], "", "host", hash("")}, "\n")
	toSign := strings.Join([]string{"AWS4-HMAC-SHA256", q["x-amz-date"], strings.Join(scope[1:], "/"), hash(request)}, "\n")
	key := []byte("AWS4" + m.secret)
	for _, part := range append(scope[1:], toSign) {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	if hex.EncodeToString(key) != q["x-amz-signature"] {
		return fmt.Errorf("The request signature we calculated does not match the signature you provided")
	}
	return nil
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// TestConnectIAM verifies the signed handshake, and that each refusal arrives with
// its reason.
func TestConnectIAM(t *testing.T) {
	t.Setenv("AWS_REGION", "eu-central-1")
	ca := newAuthority(t, "test authority")
	k := cluster(t, kfake.TLS(ca.serverTLS(t, false)))
	side := msk{region: "eu-central-1", key: "AKIAIOSFODNN7EXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token: "FwoGZXIvYXdz/+==", tokenUntil: time.Now().Add(time.Hour)}
	taken := side.install(k)
	connect := func(c aws.Credentials, err error) error {
		cfg := at(k)
		cfg.Auth = Auth{Mechanism: IAM, CA: ca.pem, Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return c, err })}
		return connects(t, cfg)
	}
	right := aws.Credentials{AccessKeyID: side.key, SecretAccessKey: side.secret, SessionToken: side.token, Source: "EnvConfigCredentials"}
	if err := connect(right, nil); err != nil {
		t.Fatalf("the right credentials: %v", err)
	}
	if taken["user-agent"] != "acme" {
		t.Errorf("the handshake tells more than it must: user-agent %q", taken["user-agent"])
	}
	check := func(change func(*aws.Credentials), texts ...string) {
		t.Helper()
		c := right
		change(&c)
		refused(t, connect(c, nil), append(texts, "AWS_MSK_IAM", c.AccessKeyID)...)
	}
	check(func(c *aws.Credentials) { c.SecretAccessKey = "wrong" }, "signature we calculated does not match", "from EnvConfigCredentials", "kafka-cluster:Connect")
	check(func(c *aws.Credentials) { c.AccessKeyID = "AKIANOBODY" }, "security token included in the request is invalid")
	check(func(c *aws.Credentials) { c.SessionToken = "" }, "security token included in the request is invalid")
	check(func(c *aws.Credentials) { c.CanExpire, c.Expires = true, time.Now().Add(-time.Minute) }, "expired at", "aws sts get-caller-identity") // not even sent

	refused(t, connect(aws.Credentials{}, fmt.Errorf("no EC2 IMDS role found")), "no EC2 IMDS role found", "without AWS credentials", "check AWS_PROFILE")

	t.Setenv("AWS_REGION", "us-east-1")
	check(func(*aws.Credentials) {}, "Credential should be scoped to a valid region: us-east-1", "region is the cluster's")
	t.Setenv("AWS_REGION", "eu-central-1")

	side.tokenUntil = time.Now().Add(-time.Second)
	late := cluster(t, kfake.TLS(ca.serverTLS(t, false)))
	side.install(late)
	k = late
	check(func(*aws.Credentials) {}, "security token included in the request is expired", "credentials are not expired")

	// Without a region in the broker's name or the environment nothing can be signed.
	t.Setenv("AWS_REGION", "")
	t.Setenv("AWS_DEFAULT_REGION", "")
	check(func(*aws.Credentials) {}, "cannot determine the region", "AWS_REGION")
}

// TestRegionOfBroker: the region in the broker's name is the one that is signed for.
func TestRegionOfBroker(t *testing.T) {
	t.Setenv("AWS_REGION", "us-east-1")
	a := Auth{Mechanism: IAM, Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKIA", SecretAccessKey: "s"}, nil
	})}
	mechanism, err := a.iam(t.Context(), a.principal())
	if err != nil {
		t.Fatal(err)
	}
	_, message, err := mechanism.Authenticate(t.Context(), "b-1.acme.abc123.c2.kafka.eu-central-1.amazonaws.com:9098")
	if err != nil {
		t.Fatal(err)
	}
	q := map[string]string{}
	if err := json.Unmarshal(message, &q); err != nil {
		t.Fatal(err)
	}
	if err := (msk{region: "eu-central-1", key: "AKIA", secret: "s"}).verify(q, time.Now()); err != nil {
		t.Error(err)
	}
	if err := (msk{region: "eu-central-1", key: "AKIA", secret: "other"}).verify(q, time.Now()); err == nil {
		t.Error("the verification takes a signature of another secret")
	}
	if err := (msk{region: "eu-central-1", key: "AKIA", secret: "s"}).verify(q, time.Now().Add(10*time.Minute)); err == nil {
		t.Error("the verification takes a signature of ten minutes ago")
	}
}
