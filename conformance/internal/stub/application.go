package stub

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"regexp"
)

// ReachedHeader is on every answer that comes from the application, or from a proxy in its place: the request has passed all filters.
const ReachedHeader = "x-conformance-reached"

// Code is what code that an EnvoyFilter puts in says with 403.
const Code = "refused by code"

const answer = "HTTP/1.1 200 OK\r\n" + ReachedHeader + ": app\r\ncontent-length: 0\r\n\r\n"

var requestLine = regexp.MustCompile(`^[A-Z]+ \S+ HTTP/1\.1\r\n`)

// The first byte of a TLS connection.
const handshake = 0x16

// serveApplication answers HTTP and echoes anything else; with a TLS configuration also over TLS, where the client begins with that.
func serveApplication(listener net.Listener, config *tls.Config) {
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
			if config == nil || first[0] != handshake {
				converse(reader, connection)
				return
			}
			secured := tls.Server(peeked{connection, reader}, config)
			defer secured.Close()
			converse(bufio.NewReader(secured), secured)
		}()
	}
}

func converse(reader *bufio.Reader, writer io.Writer) {
	if _, err := reader.Peek(1); err != nil {
		return
	}
	start, _ := reader.Peek(reader.Buffered())
	if requestLine.Match(start) {
		_, _ = io.WriteString(writer, answer)
		return
	}
	_, _ = io.Copy(writer, reader)
}

// peeked is a connection of which something has been read already.
type peeked struct {
	net.Conn
	reader io.Reader
}

func (p peeked) Read(into []byte) (int, error) { return p.reader.Read(into) }
