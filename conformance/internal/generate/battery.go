package generate

import (
	"fmt"
	"strings"

	"meshproof.dev/conformance/internal/testcase"
)

// Batteries makes two cases per field and value: ALLOW of the value, and DENY of everything but it. On HTTP both admit the same requests; on
// TCP they come apart.
func Batteries() ([]testcase.Case, error) {
	var cases []testcase.Case
	for _, f := range fields {
		for i, value := range f.values {
			for _, action := range []string{"ALLOW", "DENY"} {
				not := action == "DENY"
				made := rule(func() (string, any) { return f.condition([]string{value}, not) })
				c := testcase.Case{
					Name:     fmt.Sprintf("battery-%s-%d-%s", slug(f.name), i+1, strings.ToLower(action)),
					Area:     "batteries",
					Policies: []testcase.Object{authorization("p", "foo", action, made)},
					Requests: telling(f),
				}
				if f.token {
					c.Policies = append(c.Policies, requestAuthentication("r", "foo",
						map[string]any{"issuer": "https://a.example.com"}, map[string]any{"issuer": "https://b.example.com"}))
				}
				if f.identity {
					c.Mesh = map[string]any{"trustDomain": "td.one", "trustDomainAliases": []any{"td.two"}}
				}
				if strings.HasPrefix(f.name, "destination.ip") {
					workload := testcase.DefaultWorkload()
					workload.PodIP = podIP
					c.Workload = &workload
				}
				if err := c.Complete(); err != nil {
					return nil, err
				}
				cases = append(cases, c)
			}
		}
	}
	// Cases that state the same address must not listen on it at once: they differ in nothing else that is bound.
	return apart(cases, 30), nil
}

func slug(name string) string {
	return strings.ToLower(strings.Trim(strings.NewReplacer("[", "-", "]", "", ".", "-", ":", "").Replace(name), "-"))
}

// telling are the requests that tell the values of a field apart.
func telling(f field) []testcase.Request {
	tcp := testcase.Request{Protocol: "tcp"}
	switch {
	case f.identity:
		return []testcase.Request{
			{}, {Principal: "td.one/ns/foo/sa/client"}, {Principal: "td.two/ns/foo/sa/client"}, {Principal: "td.one/ns/bar/sa/sleep"},
			{Principal: "td.two/ns/bar/sa/sleep"}, {Principal: "td.one/ns/foo/sa/sleep"}, tcp, {Protocol: "tcp", Principal: "td.two/ns/bar/sa/sleep"},
		}
	case f.token:
		a, b := "https://a.example.com", "https://b.example.com"
		return []testcase.Request{
			{}, {JWT: claims("iss", a, "sub", "alice")}, {JWT: claims("iss", b, "sub", "bob", "aud", "shop", "azp", "web")},
			{JWT: claims("iss", a, "sub", "me@corp", "group", "admin", "scope", "read write")},
			{JWT: claims("iss", a, "group", list("x", "admin"), "realm", claims("roles", list("admin", "b")), "scope", "write read")},
			{JWT: claims("iss", b, "sub", "alice", "group", 1, "realm", claims("roles", "admin"), "aud", list("x", "shop"), "scope", "readwrite")},
			{JWT: claims("iss", b, "sub", "alice", "group", "", "aud", "stop", "azp", "", "scope", list("read write"))}, tcp,
		}
	}
	switch f.name {
	case "ipBlocks", "source.ip":
		return []testcase.Request{{}, {SourceIP: "127.0.0.4"}, {SourceIP: "127.0.0.7"}, {SourceIP: "127.0.0.8"}, forwarded("10.0.0.1"), tcp, {Protocol: "tcp", SourceIP: "127.0.0.5"}}
	case "remoteIpBlocks", "remote.ip":
		return []testcase.Request{{}, forwarded("203.0.113.9"), forwarded("203.0.113.9, 198.51.100.7"), forwarded("2001:db8::5"), forwarded("127.0.0.1"), {SourceIP: "127.0.0.2"}, tcp}
	case "hosts":
		return []testcase.Request{{}, {Host: "shop.example.com"}, {Host: "SHOP.example.com"}, {Host: "shop.example.com:8080"}, {Host: "example.com"}, {Host: "a.shop.example.com"}, tcp}
	case "methods":
		return []testcase.Request{{}, {Method: "POST"}, {Method: "PUT"}, {Method: "DELETE"}, {Method: "get", Protocol: "http2"}, {Method: "PATCH"}, tcp}
	case "paths":
		return pathRequests(
			"/", "/info", "/info?x=1", "/Info", "/admin", "/admin/x", "/a/secret", "/v1/k/items", "/v1/k/l/items", "/v2/", "/v2/a/b", "/v2", "/v3/end",
			"/v3/a/b/end", "/a//b", "/a/b", "/x%2Fy", "/x%2fy", "/in*o", "/./info", "/%69nfo")
	case "request.headers[:path]":
		return pathRequests("/", "/info", "/info?x=1", "/admin", "/admin?y", "/x/../info")
	case "request.headers[x-team]":
		return []testcase.Request{{}, team("red"), team("blue"), team("red", "blue"), team("red,blue"), team(""), team("reed"), tcp}
	case "connection.sni":
		id := "cluster.local/ns/foo/sa/client"
		return []testcase.Request{{}, {Principal: id}, {Principal: id, SNI: "a.example.com"}, {Principal: id, SNI: "A.example.com"}, {Principal: id, SNI: "b.example.com"}, {Principal: id, SNI: "a"}, {Principal: id, SNI: "a.example.com", Protocol: "tcp"}, tcp}
	}
	return []testcase.Request{{}, {Port: 9090}, {Port: 7777}, {Port: 8000}, {Port: 9000}, tcp, {Port: 7777, Protocol: "tcp"}, {Port: 8000, Protocol: "tcp"}}
}

func pathRequests(paths ...string) []testcase.Request {
	requests := []testcase.Request{{Protocol: "tcp"}}
	for _, path := range paths {
		requests = append(requests, testcase.Request{Path: path})
	}
	return requests
}

func forwarded(value string) testcase.Request {
	return testcase.Request{Headers: []testcase.Header{{"x-forwarded-for", value}}}
}

func team(values ...string) testcase.Request {
	request := testcase.Request{}
	for _, value := range values {
		request.Headers = append(request.Headers, testcase.Header{"x-team", value})
	}
	return request
}

func claims(pairs ...any) map[string]any {
	made := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		made[pairs[i].(string)] = pairs[i+1]
	}
	return made
}

func list(values ...any) []any { return values }

// apart gives every case that states an address one of its own out of 127.network, in the policies too.
func apart(cases []testcase.Case, network int) []testcase.Case {
	n := 0
	for i := range cases {
		if cases[i].Workload == nil || cases[i].Workload.PodIP == "" {
			continue
		}
		n++
		own := fmt.Sprintf("127.%d.%d.%d", network, n/250, 1+n%250)
		workload := *cases[i].Workload
		workload.PodIP = own
		cases[i].Workload = &workload
		cases[i].Policies = replaceText(cases[i].Policies, podIP, own).([]testcase.Object)
	}
	return cases
}

// replaceText replaces a value wherever it stands alone.
func replaceText(value any, old, with string) any {
	switch value := value.(type) {
	case string:
		if value == old {
			return with
		}
	case []testcase.Object:
		changed := make([]testcase.Object, len(value))
		for i, entry := range value {
			changed[i] = replaceText(entry, old, with).(testcase.Object)
		}
		return changed
	case map[string]any:
		changed := make(map[string]any, len(value))
		for key, entry := range value {
			changed[key] = replaceText(entry, old, with)
		}
		return changed
	case []any:
		changed := make([]any, len(value))
		for i, entry := range value {
			changed[i] = replaceText(entry, old, with)
		}
		return changed
	}
	return value
}
