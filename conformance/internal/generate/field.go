// Package generate makes cases: batteries, in which every kind of value of every field meets the requests that tell it apart, and random
// policies from a fixed seed.
package generate

import (
	"strings"

	"meshproof.dev/conformance/internal/testcase"
)

// field is one place of a rule that takes a list of values.
type field struct {
	// part is from, to or when.
	part string
	name string
	// token fields are refused in CUSTOM policies, as identity fields are.
	token, identity bool
	values          []string
}

// fields are all that a rule can say, with values of every kind: exact, prefix, suffix, presence, and those that look like one and are not.
var fields = []field{
	{part: "from", name: "principals", identity: true, values: []string{
		"cluster.local/ns/foo/sa/client", "td.one/ns/bar/sa/sleep", "cluster.local/ns/bar/*", "td.two/ns/bar/sa/*", "*/sa/client", "*", "*/ns/bar/sa/sleep", "*r/sa/sl*",
	}},
	{part: "from", name: "namespaces", identity: true, values: []string{"foo", "ba*", "*ar", "*", "f*o"}},
	{part: "from", name: "serviceAccounts", identity: true, values: []string{"client", "bar/sleep", "foo/sleep"}},
	{part: "from", name: "trustDomains", identity: true, values: []string{"cluster.local", "td.one", "td.two", "td*", "*"}},
	{part: "from", name: "ipBlocks", values: []string{"127.0.0.1", "127.0.0.4/30", "127.0.0.0/8", "10.0.0.0/8", "::1"}},
	{part: "from", name: "remoteIpBlocks", values: []string{"203.0.113.0/24", "127.0.0.1", "2001:db8::/32", "198.51.100.7"}},
	{part: "from", name: "requestPrincipals", token: true, values: []string{
		"*", "https://a.example.com/alice", "https://a.example.com/*", "*/alice", "*@corp", "https://b.example.com/al*", "*b.example.com/bob", "https://a*",
	}},
	{part: "to", name: "hosts", values: []string{"app", "shop.example.com", "*.example.com", "shop.example.com:*", "Shop.Example.Com", "*"}},
	{part: "to", name: "methods", values: []string{"GET", "P*", "*T", "*", "get"}},
	{part: "to", name: "paths", values: []string{
		"/", "/info", "/admin*", "*/secret", "*", "/v1/{*}/items", "/v2/{**}", "/v3/{**}/end", "/a//b", "/Info", "/in*o", "/x%2Fy",
	}},
	{part: "to", name: "ports", values: []string{"8080", "9090", "7777", "9000", "80"}},
	{part: "when", name: "request.headers[x-team]", values: []string{"red", "re*", "*ed", "*", "red,blue"}},
	{part: "when", name: "request.headers[:path]", values: []string{"/info", "/admin*", "*?x=1"}},
	{part: "when", name: "source.ip", values: []string{"127.0.0.1", "127.0.0.4/30"}},
	{part: "when", name: "remote.ip", values: []string{"203.0.113.0/24", "127.0.0.0/8"}},
	{part: "when", name: "source.namespace", identity: true, values: []string{"foo", "b*", "*"}},
	{part: "when", name: "source.principal", identity: true, values: []string{"cluster.local/ns/foo/sa/client", "*/sa/sleep", "*"}},
	{part: "when", name: "source.serviceAccount", identity: true, values: []string{"foo/client", "sleep"}},
	{part: "when", name: "request.auth.principal", token: true, values: []string{"https://a.example.com/alice", "*", "*/bob"}},
	{part: "when", name: "request.auth.audiences", token: true, values: []string{"shop", "sh*", "*op", "*"}},
	{part: "when", name: "request.auth.presenter", token: true, values: []string{"web", "w*", "*"}},
	{part: "when", name: "request.auth.claims[group]", token: true, values: []string{"admin", "adm*", "*min", "*", "1"}},
	{part: "when", name: "request.auth.claims[realm][roles]", token: true, values: []string{"admin", "a*", "*"}},
	{part: "when", name: "request.auth.claims[scope]", token: true, values: []string{"read", "r*", "read write"}},
	{part: "when", name: "destination.ip", values: []string{podIP, "127.30.0.0/16", "10.0.0.1"}},
	{part: "when", name: "destination.port", values: []string{"8080", "9000", "8000"}},
	{part: "when", name: "connection.sni", values: []string{"a.example.com", "*.example.com", "a*", "*", "A.example.com"}},
}

// podIP is the address of the pods whose policies speak of it.
const podIP = "127.30.0.1"

// condition is the field with its values, or their negation, as it stands in a rule.
func (f field) condition(values []string, not bool) (string, any) {
	list := make([]any, len(values))
	for i, value := range values {
		list[i] = value
	}
	if f.part == "when" {
		name := "values"
		if not {
			name = "notValues"
		}
		return f.part, map[string]any{"key": f.name, name: list}
	}
	name := f.name
	if not {
		name = "not" + strings.ToUpper(name[:1]) + name[1:]
	}
	return f.part, map[string]any{name: list}
}

// rule makes a rule of conditions: sources and operations one entry each.
func rule(conditions ...func() (string, any)) map[string]any {
	made := map[string]any{}
	for _, condition := range conditions {
		part, content := condition()
		switch part {
		case "from":
			content = map[string]any{"source": content}
		case "to":
			content = map[string]any{"operation": content}
		}
		list, _ := made[part].([]any)
		made[part] = append(list, content)
	}
	return made
}

func authorization(name, namespace, action string, rules ...any) testcase.Object {
	return testcase.Object{
		"apiVersion": "security.istio.io/v1",
		"kind":       "AuthorizationPolicy",
		"metadata":   map[string]any{"name": name, "namespace": namespace},
		"spec":       map[string]any{"action": action, "rules": rules},
	}
}

func requestAuthentication(name, namespace string, rules ...any) testcase.Object {
	return testcase.Object{
		"apiVersion": "security.istio.io/v1",
		"kind":       "RequestAuthentication",
		"metadata":   map[string]any{"name": name, "namespace": namespace},
		"spec":       map[string]any{"jwtRules": rules},
	}
}
