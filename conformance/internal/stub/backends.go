package stub

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
)

// What a backend says of itself and of the request: its cluster, and path and host as they arrived.
const (
	ClusterHeader = "x-conformance-cluster"
	PathHeader    = "x-conformance-path"
	HostHeader    = "x-conformance-host"
)

// Backends are servers that know which cluster they stand for: where bytes arrive is where a proxy sent them.
type Backends struct {
	config *tls.Config
	mutex  sync.Mutex
	known  map[string]string
}

// NewBackends makes none yet. The certificate is for clients whose TLS passes the proxy.
func NewBackends(certificate tls.Certificate) *Backends {
	return &Backends{config: &tls.Config{Certificates: []tls.Certificate{certificate}}, known: map[string]string{}}
}

// Of is the address of a cluster's server.
func (b *Backends) Of(cluster string) (string, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if address, started := b.known[cluster]; started {
		return address, nil
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go b.serve(listener, cluster)
	b.known[cluster] = listener.Addr().String()
	return b.known[cluster], nil
}

func (b *Backends) serve(listener net.Listener, cluster string) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer connection.Close()
			reader := bufio.NewReader(connection)
			first, err := reader.Peek(1)
			if err != nil {
				return
			}
			if first[0] != handshake {
				tell(reader, connection, cluster)
				return
			}
			secured := tls.Server(peeked{connection, reader}, b.config)
			defer secured.Close()
			tell(bufio.NewReader(secured), secured, cluster)
		}()
	}
}

// tell answers requests until the client goes, or bytes once.
func tell(reader *bufio.Reader, writer io.Writer, cluster string) {
	for {
		if _, err := reader.Peek(1); err != nil {
			return
		}
		start, _ := reader.Peek(reader.Buffered())
		if !requestLine.Match(start) {
			fmt.Fprintf(writer, "cluster %s\n", cluster)
			_, _ = io.Copy(io.Discard, reader)
			return
		}
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, request.Body)
		fmt.Fprintf(writer, "HTTP/1.1 200 OK\r\n%s: %s\r\n%s: %s\r\n%s: %s\r\ncontent-length: 0\r\n\r\n",
			ClusterHeader, cluster, PathHeader, request.RequestURI, HostHeader, request.Host)
	}
}
