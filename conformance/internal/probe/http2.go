package probe

import (
	"bytes"
	"fmt"
	"net"
	"strconv"
	"strings"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"meshproof.dev/conformance/internal/testcase"
)

// sendHTTP2 speaks HTTP/2 with prior knowledge, frame by frame: a client library would correct what the case is about.
func (p *Prober) sendHTTP2(connection net.Conn, request testcase.Request) (Outcome, error) {
	headers, err := p.headers(request)
	if err != nil {
		return Outcome{}, err
	}
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	fields := []testcase.Header{{":method", method(request)}, {":scheme", scheme(request)}, {":path", path(request)}, {":authority", host(request)}}
	for _, field := range append(fields, headers...) {
		if err := encoder.WriteField(hpack.HeaderField{Name: strings.ToLower(field[0]), Value: field[1]}); err != nil {
			return Outcome{}, err
		}
	}
	var opening bytes.Buffer
	opening.WriteString(http2.ClientPreface)
	out := http2.NewFramer(&opening, nil)
	if err := out.WriteSettings(); err != nil {
		return Outcome{}, err
	}
	if err := out.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block.Bytes(), EndStream: true, EndHeaders: true}); err != nil {
		return Outcome{}, err
	}
	if _, err := connection.Write(opening.Bytes()); err != nil {
		return refusal(err)
	}
	return readHTTP2(connection)
}

func scheme(request testcase.Request) string {
	if request.Principal != "" {
		return "https"
	}
	return "http"
}

func readHTTP2(connection net.Conn) (Outcome, error) {
	frames := http2.NewFramer(nil, connection)
	frames.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	var head *http2.MetaHeadersFrame
	var body strings.Builder
	for {
		frame, err := frames.ReadFrame()
		if err != nil {
			return refusal(err)
		}
		ended := false
		switch frame := frame.(type) {
		case *http2.MetaHeadersFrame:
			if head == nil {
				head = frame
			}
			ended = frame.StreamEnded()
		case *http2.DataFrame:
			body.Write(frame.Data())
			ended = frame.StreamEnded()
		case *http2.RSTStreamFrame:
			// A request that breaks the protocol gets no answer.
			return Outcome{Verdict: "malformed"}, nil
		case *http2.GoAwayFrame:
			if frame.ErrCode != http2.ErrCodeNo {
				return Outcome{Verdict: "malformed"}, nil
			}
		}
		if !ended {
			continue
		}
		if head == nil {
			return Outcome{}, fmt.Errorf("an answer without a head")
		}
		status, err := strconv.Atoi(head.PseudoValue("status"))
		if err != nil {
			return Outcome{}, err
		}
		return judge(status, func(name string) string {
			for _, field := range head.RegularFields() {
				if field.Name == name {
					return field.Value
				}
			}
			return ""
		}, body.String())
	}
}
