package probe

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"

	"meshproof.dev/conformance/internal/testcase"
)

// http1 writes the request as bytes, so that nothing cleans it up on the way.
func (p *Prober) http1(request testcase.Request) ([]byte, error) {
	headers, err := p.headers(request)
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s HTTP/1.1\r\nHost: %s\r\n", method(request), path(request), host(request))
	for _, header := range headers {
		fmt.Fprintf(&text, "%s: %s\r\n", header[0], header[1])
	}
	text.WriteString("\r\n")
	return []byte(text.String()), nil
}

// headers are the request's own, and the token's.
func (p *Prober) headers(request testcase.Request) ([]testcase.Header, error) {
	if request.JWT == nil {
		return request.Headers, nil
	}
	token, err := p.Signer.Sign(request.JWT, request.BadSignature)
	if err != nil {
		return nil, err
	}
	in := request.TokenIn
	switch {
	case in == nil:
		return append([]testcase.Header{{"authorization", "Bearer " + token}}, request.Headers...), nil
	case in.Header != "":
		return append([]testcase.Header{{in.Header, in.Prefix + token}}, request.Headers...), nil
	case in.Cookie != "":
		return append([]testcase.Header{{"cookie", in.Cookie + "=" + token}}, request.Headers...), nil
	}
	return request.Headers, nil
}

// withParameter puts a token into the query that goes there.
func (p *Prober) withParameter(request testcase.Request) (testcase.Request, error) {
	if request.JWT == nil || request.TokenIn == nil || request.TokenIn.Param == "" {
		return request, nil
	}
	token, err := p.Signer.Sign(request.JWT, request.BadSignature)
	if err != nil {
		return request, err
	}
	mark := "?"
	if strings.Contains(path(request), "?") {
		mark = "&"
	}
	request.Path = path(request) + mark + request.TokenIn.Param + "=" + token
	return request, nil
}

func method(r testcase.Request) string { return orElse(r.Method, testcase.DefaultMethod) }
func path(r testcase.Request) string   { return orElse(r.Path, testcase.DefaultPath) }
func host(r testcase.Request) string   { return orElse(r.Host, testcase.DefaultHost) }

func orElse(stated, fallback string) string {
	if stated != "" {
		return stated
	}
	return fallback
}

type answer struct {
	status int
	header func(string) string
	body   string
}

// readAnswer reads a complete HTTP/1 answer, if there is one.
func readAnswer(got []byte) (answer, bool) {
	if !bytes.HasPrefix(got, []byte("HTTP/1.")) {
		return answer{}, false
	}
	response, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(got)), nil)
	if err != nil {
		return answer{}, false
	}
	defer response.Body.Close()
	if response.ContentLength < 0 && len(response.TransferEncoding) == 0 {
		// Without a length the answer ends with the connection; the head says enough.
		return answer{status: response.StatusCode, header: response.Header.Get}, true
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		// HEAD has a length and no body.
		if response.StatusCode != http.StatusOK && !bytes.HasSuffix(got, []byte("\r\n\r\n")) {
			return answer{}, false
		}
	}
	return answer{status: response.StatusCode, header: response.Header.Get, body: string(body)}, true
}
