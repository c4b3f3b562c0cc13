package probe

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"

	"meshproof.dev/conformance/internal/testcase"
)

const patience = 10 * time.Second

// Prober sends requests.
type Prober struct {
	Authority *Authority
	Signer    *Signer
}

// Send makes a new connection to the pod, sends one request and waits for what comes back.
func (p *Prober) Send(ctx context.Context, podIP string, request testcase.Request) (Outcome, error) {
	request, err := p.withParameter(request)
	if err != nil {
		return Outcome{}, err
	}
	connection, err := dial(ctx, podIP, request)
	if err != nil {
		return Outcome{}, err
	}
	defer connection.Close()
	if err := connection.SetDeadline(time.Now().Add(patience)); err != nil {
		return Outcome{}, err
	}
	if request.Principal != "" {
		secured, err := p.secure(connection, request)
		if err != nil {
			return Outcome{}, err
		}
		if err := secured.HandshakeContext(ctx); err != nil {
			return refusal(err)
		}
		connection = secured
	}
	switch request.Protocol {
	case "http2":
		return p.sendHTTP2(connection, request)
	case "tcp":
		return exchange(connection, []byte("conformance\n"))
	}
	text, err := p.http1(request)
	if err != nil {
		return Outcome{}, err
	}
	return exchange(connection, text)
}

func dial(ctx context.Context, podIP string, request testcase.Request) (net.Conn, error) {
	source := request.SourceIP
	if source == "" {
		source = testcase.DefaultSourceIP
	}
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(source)}, Timeout: patience}
	return dialer.DialContext(ctx, "tcp", net.JoinHostPort(podIP, strconv.Itoa(request.Port)))
}

// secure makes the handshake of a sidecar (istio pilot/pkg/networking/core/cluster_tls.go; the ALPN names are those that Istio's alpn filter
// puts in place of the plain ones).
func (p *Prober) secure(connection net.Conn, request testcase.Request) (*tls.Conn, error) {
	certificate, err := p.Authority.Issue(request.Principal)
	if err != nil {
		return nil, err
	}
	protocols := map[string][]string{
		"":      {"istio-http/1.1", "istio", "http/1.1"},
		"http2": {"istio-h2", "istio", "h2"},
		"tcp":   {"istio-peer-exchange", "istio"},
	}
	return tls.Client(connection, &tls.Config{
		// The recorder asks what the server accepts, not who it is.
		InsecureSkipVerify: true,
		ServerName:         request.SNI,
		NextProtos:         protocols[request.Protocol],
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return &certificate, nil
		},
	}), nil
}

// exchange sends bytes and reads the answer: that of HTTP, or the same bytes from the application behind a TCP proxy.
func exchange(connection net.Conn, sent []byte) (Outcome, error) {
	if _, err := connection.Write(sent); err != nil {
		return refusal(err)
	}
	var got []byte
	buffer := make([]byte, 16*1024)
	for {
		n, err := connection.Read(buffer)
		got = append(got, buffer[:n]...)
		if bytes.HasPrefix(got, sent) {
			return allowed, nil
		}
		if answer, done := readAnswer(got); done {
			return judge(answer.status, answer.header, answer.body)
		}
		if err != nil {
			if len(got) > 0 && !errors.Is(err, io.EOF) {
				return Outcome{}, fmt.Errorf("half an answer: %q: %w", got, err)
			}
			return refusal(err)
		}
	}
}

// refusal tells a connection that was refused from one that went wrong. Whether a TLS alert or the reset that follows it is seen first is a
// matter of luck, so that both are one thing.
func refusal(err error) (Outcome, error) {
	if IsRefusal(err) {
		return denied("connection"), nil
	}
	return Outcome{}, err
}

// IsRefusal tells whether the other side closed the connection or refused its handshake.
func IsRefusal(err error) bool {
	return strings.Contains(err.Error(), "tls:") || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
