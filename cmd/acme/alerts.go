package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"acme/telemetry/engine/report"
)

const (
	alertAttempts = 4
	alertTimeout  = 10 * time.Second
)

// alertTarget is where alerts go: a file, one alert a line, or a web hook.
type alertTarget struct {
	file string
	hook *url.URL
}

// parseAlerts reads --alerts. Plain HTTP is for this machine alone: an alert says
// what is wrong and where.
func parseAlerts(to string) (alertTarget, error) {
	if !strings.Contains(to, "://") {
		return alertTarget{file: to}, nil
	}
	u, err := url.Parse(to)
	switch {
	case err != nil || u.Host == "":
		return alertTarget{}, usagef("--alerts %s: write https://HOST/PATH, or the name of a file", to)
	case u.Scheme == "http" && !isLoopback(u.Hostname()), u.Scheme != "http" && u.Scheme != "https":
		return alertTarget{}, usagef("--alerts %s: alerts go to https://, or to http:// on this machine", to)
	}
	return alertTarget{hook: u}, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// sendAlerts writes the report's alerts to a file, or posts them one by one as
// SNS posts to an HTTPS endpoint. A receiver that is away ends it.
func (p *program) sendAlerts(ctx context.Context, doc *report.Document, to alertTarget) error {
	if to == (alertTarget{}) {
		return nil
	}
	alerts := doc.Alerts()
	if to.file != "" {
		return p.writeOut(to.file, func(w io.Writer) error {
			for _, a := range alerts {
				if err := a.WriteJSON(w, doc.Table, doc.Now); err != nil {
					return err
				}
			}
			return nil
		})
	}
	client := &http.Client{Timeout: alertTimeout}
	for i, a := range alerts {
		var body bytes.Buffer
		if err := a.WriteJSON(&body, doc.Table, doc.Now); err != nil {
			return err
		}
		if err := postAlert(ctx, client, to.hook.String(), body.Bytes()); err != nil {
			return withHint(exitUnreachable, "The same report again sends the same alerts with the same MessageId.",
				fmt.Errorf("sending alert %d of %d to %s: %w", i+1, len(alerts), to.hook.Redacted(), err))
		}
	}
	p.note("acme: report: %d alerts sent to %s", len(alerts), to.hook.Redacted())
	return nil
}

// postAlert posts one alert, again after one, two and four seconds while the
// receiver is away or asks to wait.
func postAlert(ctx context.Context, client *http.Client, to string, body []byte) error {
	var err error
	for attempt := range alertAttempts {
		if attempt > 0 {
			select {
			case <-time.After(time.Second << (attempt - 1)):
			case <-ctx.Done():
				return errors.Join(ctx.Err(), err)
			}
		}
		var again bool
		if again, err = postOnce(ctx, client, to, body); err == nil || !again {
			return err
		}
	}
	return err
}

func postOnce(ctx context.Context, client *http.Client, to string, body []byte) (again bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return false, err
	}
	req.Header.Set("Content-Type", "text/plain; charset=UTF-8")
	req.Header.Set("x-amz-sns-message-type", "Notification")
	resp, err := client.Do(req)
	if err != nil {
		return ctx.Err() == nil, err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16)) // so that the connection is used again
	if resp.StatusCode/100 == 2 {
		return false, nil
	}
	return resp.StatusCode/100 == 5 || resp.StatusCode == http.StatusTooManyRequests, fmt.Errorf("the receiver answered %s", resp.Status)
}
