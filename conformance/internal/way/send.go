package way

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http2"

	"istio.io/istio/pilot/pkg/model"

	"meshproof.dev/conformance/internal/probe"
	"meshproof.dev/conformance/internal/stub"
)

const patience = 10 * time.Second

// Where a sidecar takes what applications send, and a waypoint what ztunnel sends.
const outboundPort, hbonePort = 15001, 15008

// What comes back where the proxy wanted TLS (RFC 8446 §5.1).
const tlsAlert = 0x15

// outcome is what became of a request.
type outcome struct{ to, answer, as, at string }

var closed = outcome{answer: "closed"}

// send makes a new connection and sends one request.
func (r *Recorder) send(ctx context.Context, kind model.NodeType, ip string, request Request) (outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	port := map[model.NodeType]int{model.SidecarProxy: outboundPort, model.Waypoint: hbonePort}[kind]
	if port == 0 {
		port = request.Port
	}
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(ip, strconv.Itoa(port)))
	if err != nil {
		// No listener.
		return closed, nil //nolint:nilerr
	}
	defer connection.Close()
	if err := connection.SetDeadline(time.Now().Add(patience)); err != nil {
		return outcome{}, err
	}
	switch kind {
	case model.SidecarProxy:
		fmt.Fprintf(connection, "PROXY TCP4 127.0.0.1 %s 40000 %d\r\n", request.IP, request.Port)
	case model.Waypoint:
		tunnel, status, err := r.tunnel(ctx, connection, request)
		if err != nil || status != http.StatusOK {
			return tunnelRefused(status, err)
		}
		connection = tunnel
	}
	if request.TLS {
		secured, err := r.secure(connection, kind, request)
		if err != nil {
			return outcome{}, err
		}
		if err := secured.HandshakeContext(ctx); err != nil {
			return refusal(err)
		}
		connection = secured
	}
	if request.Protocol == "tcp" {
		return exchange(connection)
	}
	return r.ask(connection, request)
}

func (r *Recorder) secure(connection net.Conn, kind model.NodeType, request Request) (*tls.Conn, error) {
	config := &tls.Config{InsecureSkipVerify: true, ServerName: request.SNI}
	if request.Principal != "" && kind != model.Waypoint {
		certificate, err := r.authority.Issue(request.Principal)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{certificate}
	}
	return tls.Client(connection, config), nil
}

// exchange sends bytes; what arrives tells its cluster.
func exchange(connection net.Conn) (outcome, error) {
	if _, err := io.WriteString(connection, "conformance\n"); err != nil {
		return refusal(err)
	}
	line, err := bufio.NewReader(connection).ReadString('\n')
	if err != nil {
		return refusal(err)
	}
	name, found := strings.CutPrefix(strings.TrimSpace(line), "cluster ")
	if !found {
		// A proxy that takes bytes for HTTP answers in HTTP.
		if strings.HasPrefix(line, "HTTP/1.1 400") {
			return outcome{answer: "400"}, nil
		}
		return outcome{}, fmt.Errorf("no way to understand %q", line)
	}
	return outcome{to: name}, nil
}

func (r *Recorder) ask(connection net.Conn, request Request) (outcome, error) {
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s HTTP/1.1\r\nHost: %s\r\n", orElse(request.Method, "GET"), orElse(request.Path, "/"), request.Host)
	if request.JWT != nil {
		token, err := r.signer.Sign(request.JWT, false)
		if err != nil {
			return outcome{}, err
		}
		fmt.Fprintf(&text, "authorization: Bearer %s\r\n", token)
	}
	for _, header := range request.Headers {
		fmt.Fprintf(&text, "%s: %s\r\n", header[0], header[1])
	}
	text.WriteString("\r\n")
	if _, err := io.WriteString(connection, text.String()); err != nil {
		return refusal(err)
	}
	reader := bufio.NewReader(connection)
	if first, err := reader.Peek(1); err == nil && first[0] == tlsAlert {
		return closed, nil
	}
	response, err := http.ReadResponse(reader, &http.Request{Method: orElse(request.Method, "GET")})
	if err != nil {
		return refusal(err)
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	if to := response.Header.Get(stub.ClusterHeader); to != "" {
		made := outcome{to: to}
		if path := response.Header.Get(stub.PathHeader); path != orElse(request.Path, "/") {
			made.as = path
		}
		if host := response.Header.Get(stub.HostHeader); host != request.Host {
			made.at = host
		}
		return made, nil
	}
	return outcome{answer: nameAnswer(response.StatusCode, string(body))}, nil
}

func nameAnswer(status int, body string) string {
	switch {
	case status == http.StatusForbidden && strings.HasPrefix(body, "RBAC: access denied"):
		return "rbac"
	case status == http.StatusUnauthorized, status == http.StatusForbidden && strings.HasPrefix(body, "Audiences in Jwt"):
		return "jwt"
	}
	return strconv.Itoa(status)
}

func orElse(stated, fallback string) string {
	if stated != "" {
		return stated
	}
	return fallback
}

func refusal(err error) (outcome, error) {
	if probe.IsRefusal(err) {
		return closed, nil
	}
	return outcome{}, err
}

func tunnelRefused(status int, err error) (outcome, error) {
	if err != nil {
		return refusal(err)
	}
	return outcome{answer: "connect " + strconv.Itoa(status)}, nil
}

// tunnel is HBONE: mutual TLS, and in it HTTP/2 CONNECT to the address that was asked for.
func (r *Recorder) tunnel(ctx context.Context, connection net.Conn, request Request) (net.Conn, int, error) {
	certificate, err := r.authority.Issue(orElse(request.Principal, "cluster.local/ns/bar/sa/client"))
	if err != nil {
		return nil, 0, err
	}
	secured := tls.Client(connection, &tls.Config{
		InsecureSkipVerify: true, Certificates: []tls.Certificate{certificate}, NextProtos: []string{"h2"},
	})
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, 0, err
	}
	client, err := (&http2.Transport{}).NewClientConn(secured)
	if err != nil {
		return nil, 0, err
	}
	reader, writer := io.Pipe()
	authority := net.JoinHostPort(request.IP, strconv.Itoa(request.Port))
	connect := (&http.Request{
		Method: http.MethodConnect, URL: &url.URL{Scheme: "https", Host: authority}, Host: authority, Header: http.Header{}, Body: reader,
	}).WithContext(ctx)
	response, err := client.RoundTrip(connect)
	if err != nil {
		return nil, 0, err
	}
	return tunnelled{secured, response.Body, writer}, response.StatusCode, nil
}

type tunnelled struct {
	net.Conn
	reader io.Reader
	writer io.Writer
}

func (t tunnelled) Read(into []byte) (int, error) {
	n, err := t.reader.Read(into)
	var reset http2.StreamError
	if errors.As(err, &reset) {
		return n, io.EOF
	}
	return n, err
}
func (t tunnelled) Write(from []byte) (int, error) { return t.writer.Write(from) }
