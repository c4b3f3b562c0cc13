package probe

import (
	"fmt"
	"strings"

	"meshproof.dev/conformance/internal/stub"
)

// Outcome is what became of a request.
type Outcome struct {
	// Verdict is allow, deny or malformed: Envoy refused to read it, which says nothing about policies.
	Verdict string
	// By says who denied: rbac, jwt, authorizer, code that an EnvoyFilter put in, or connection: it was closed, or its handshake refused, without a word.
	By string
}

var allowed = Outcome{Verdict: "allow"}

func denied(by string) Outcome { return Outcome{Verdict: "deny", By: by} }

// judge reads an HTTP answer. An answer that nobody can explain is an error, never a guess.
func judge(status int, header func(string) string, body string) (Outcome, error) {
	switch {
	case header(stub.ReachedHeader) != "":
		return allowed, nil
	case header(stub.AuthorizerHeader) != "":
		return denied("authorizer"), nil
	case status == 403 && strings.HasPrefix(body, "RBAC: access denied"):
		return denied("rbac"), nil
	case status == 401, status == 403 && strings.HasPrefix(body, "Audiences in Jwt"):
		return denied("jwt"), nil
	case status == 403 && body == stub.Code:
		return denied("code"), nil
	case status == 502, status == 503:
		// A client's sidecar could not connect, or its connection was closed.
		return denied("connection"), nil
	case status == 400, status == 404, status == 426, status == 501, status == 403 && body == "":
		// The last is an upgrade to a protocol that nobody has turned on.
		return Outcome{Verdict: "malformed"}, nil
	}
	return Outcome{}, fmt.Errorf("no way to understand status %d %q", status, body)
}
