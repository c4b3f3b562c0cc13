package generate

import (
	"strings"

	"meshproof.dev/conformance/internal/testcase"
)

// eachRule visits the rules of all AuthorizationPolicies.
func eachRule(policies []testcase.Object, visit func(policy testcase.Object, rule map[string]any)) {
	for _, policy := range policies {
		if policy["kind"] != "AuthorizationPolicy" {
			continue
		}
		rules, _ := policy["spec"].(map[string]any)["rules"].([]any)
		for _, made := range rules {
			visit(policy, made.(map[string]any))
		}
	}
}

// request is made from one rule of the case, so that it is likely to match, and then often missed by one attribute.
func (d *dice) request(c testcase.Case) testcase.Request {
	request := d.anything(c)
	var rules []map[string]any
	eachRule(c.Policies, func(_ testcase.Object, made map[string]any) { rules = append(rules, made) })
	d.aim(&request, pick(d, rules))
	if d.chance(45) {
		other := d.anything(c)
		switch d.IntN(8) {
		case 0:
			request.Principal, request.SNI = other.Principal, other.SNI
		case 1:
			request.Path = other.Path
		case 2:
			request.Method = other.Method
		case 3:
			request.Host = other.Host
		case 4:
			request.Headers = other.Headers
		case 5:
			request.JWT = other.JWT
		case 6:
			request.SourceIP = other.SourceIP
		case 7:
			request.Port = other.Port
		}
	}
	return d.sensible(request)
}

// anything is a request that knows nothing of the policies.
func (d *dice) anything(c testcase.Case) testcase.Request {
	domains := []string{c.TrustDomain(), c.TrustDomain(), c.TrustDomain()}
	if c.TrustDomain() == "td.one" {
		domains = append(domains, "td.two", "td.two", "td.three")
	}
	request := testcase.Request{
		Port:     pick(d, []int{8080, 8080, 8080, 9090, 8000, 7777, 9000}),
		Protocol: pick(d, []string{"", "", "", "", "http2", "tcp"}),
	}
	if d.chance(65) {
		request.Principal = pick(d, domains) + "/ns/" + pick(d, []string{"foo", "bar", "baz"}) + "/sa/" + pick(d, []string{"client", "sleep"})
		request.SNI = pick(d, []string{"", "", "a.example.com", "b.example.com"})
	}
	if d.chance(40) {
		request.Path = pick(d, []string{"/info", "/admin", "/admin/x", "/v1/a/items", "/v2/a", "//info", "/x/secret", "/info?x=1", "/Info", "/a//b", "/x%2Fy"})
	}
	if d.chance(30) {
		request.Method = pick(d, []string{"POST", "PUT", "DELETE", "OPTIONS"})
	}
	if d.chance(30) {
		request.Host = pick(d, []string{"shop.example.com", "SHOP.example.com", "shop.example.com:80", "a.example.com"})
	}
	if d.chance(25) {
		request.SourceIP = pick(d, []string{"127.0.0.2", "127.0.0.5", "127.0.0.8"})
	}
	if d.chance(20) {
		request.Headers = append(request.Headers, testcase.Header{"x-team", pick(d, []string{"red", "blue", "red,blue"})})
	}
	if d.chance(15) {
		request.Headers = append(request.Headers, testcase.Header{"x-forwarded-for", pick(d, []string{"203.0.113.5", "198.51.100.7", "203.0.113.5, 10.0.0.1"})})
	}
	if d.chance(25) {
		request.JWT = claims("iss", pick(d, []string{"https://a.example.com", "https://b.example.com", "https://c.example.com"}), "sub", pick(d, []string{"alice", "bob", "me@corp"}))
		request.BadSignature = d.chance(10)
	}
	return request
}

// aim gives the request what one alternative of the rule asks for.
func (d *dice) aim(request *testcase.Request, made map[string]any) {
	for _, part := range []string{"from", "to"} {
		inner := map[string]string{"from": "source", "to": "operation"}[part]
		entries, _ := made[part].([]any)
		if len(entries) == 0 {
			continue
		}
		content := pick(d, entries).(map[string]any)[inner].(map[string]any)
		for _, f := range fields {
			if values, asked := content[f.name].([]any); asked && f.part == part {
				d.satisfy(request, f.name, pick(d, values).(string))
			}
		}
	}
	conditions, _ := made["when"].([]any)
	for _, entry := range conditions {
		condition := entry.(map[string]any)
		if values, asked := condition["values"].([]any); asked {
			d.satisfy(request, condition["key"].(string), pick(d, values).(string))
		}
	}
}

func (d *dice) satisfy(request *testcase.Request, name, value string) {
	text := instance(value)
	switch name {
	case "principals", "source.principal", "namespaces", "source.namespace", "serviceAccounts", "source.serviceAccount", "trustDomains":
		request.Principal = caller(request.Principal, name, value)
	case "ipBlocks", "source.ip":
		request.SourceIP = map[string]string{"127.0.0.4/30": "127.0.0.5", "127.0.0.1": "127.0.0.1"}[value]
	case "remoteIpBlocks", "remote.ip":
		if address, known := map[string]string{"203.0.113.0/24": "203.0.113.9", "2001:db8::/32": "2001:db8::7", "198.51.100.7": value}[value]; known {
			request.Headers = append(request.Headers, testcase.Header{"x-forwarded-for", address})
		}
	case "hosts":
		request.Host = text
	case "methods":
		request.Method = map[string]string{"GET": "GET", "P*": "POST", "*T": "PUT"}[value]
	case "paths", "request.headers[:path]":
		request.Path = "/" + strings.TrimPrefix(text, "/")
	case "ports", "destination.port":
		if value == "80" {
			value = "8080"
		}
		request.Port = map[string]int{"8080": 8080, "9090": 9090, "7777": 7777, "9000": 9000, "8000": 8000}[value]
	case "request.headers[x-team]":
		request.Headers = append(request.Headers, testcase.Header{"x-team", text})
	case "connection.sni":
		if request.Principal == "" {
			request.Principal = "cluster.local/ns/foo/sa/client"
		}
		request.SNI = text
	default:
		d.satisfyToken(request, name, value)
	}
}

func (d *dice) satisfyToken(request *testcase.Request, name, value string) {
	if request.JWT == nil {
		request.JWT = claims("iss", pick(d, []string{"https://a.example.com", "https://b.example.com"}), "sub", "alice")
	}
	text := instance(value)
	asList := any(text)
	if d.chance(40) {
		asList = list("other", text)
	}
	switch name {
	case "requestPrincipals", "request.auth.principal":
		slash := strings.LastIndex(value, "/")
		if slash > 0 && !strings.HasPrefix(value, "*") {
			request.JWT["iss"] = value[:slash]
		}
		if strings.HasPrefix(value, "*b.example.com") {
			request.JWT["iss"] = "https://b.example.com"
		}
		request.JWT["sub"] = instance(value[slash+1:])
	case "request.auth.audiences":
		request.JWT["aud"] = asList
	case "request.auth.presenter":
		request.JWT["azp"] = text
	case "request.auth.claims[group]":
		request.JWT["group"] = asList
	case "request.auth.claims[realm][roles]":
		request.JWT["realm"] = claims("roles", asList)
	case "request.auth.claims[scope]":
		request.JWT["scope"] = text + " more"
	}
}

// instance is a text that a value matches.
func instance(value string) string {
	if strings.Contains(value, "{*}") || strings.Contains(value, "{**}") {
		return strings.NewReplacer("{**}", "k/l", "{*}", "k").Replace(value)
	}
	switch {
	case value == "*":
		return "x"
	case strings.HasPrefix(value, "*"):
		return "x" + value[1:]
	case strings.HasSuffix(value, "*"):
		return value[:len(value)-1] + "x"
	}
	return value
}

// caller is a principal that a value about callers matches, as near to the present one as can be.
func caller(present, name, value string) string {
	parts := strings.Split(present, "/")
	if len(parts) != 5 {
		parts = []string{"cluster.local", "ns", "foo", "sa", "client"}
	}
	switch name {
	case "principals", "source.principal":
		if full := strings.Split(value, "/"); len(full) == 5 && !strings.Contains(value, "*") {
			// cluster.local is a pointer to the mesh's own trust domain.
			if full[0] == "cluster.local" {
				full[0] = parts[0]
			}
			return strings.Join(full, "/")
		}
		if strings.Contains(value, "/ns/bar") {
			parts[2] = "bar"
		}
		if strings.HasSuffix(value, "/sa/sleep") {
			parts[4] = "sleep"
		}
		if strings.HasSuffix(value, "/sa/client") {
			parts[4] = "client"
		}
	case "namespaces", "source.namespace":
		if value == "ba*" || value == "*ar" || value == "b*" {
			parts[2] = "bar"
		} else {
			parts[2] = "foo"
		}
	case "serviceAccounts", "source.serviceAccount":
		account := strings.Split(value, "/")
		parts[4] = account[len(account)-1]
		if len(account) == 2 {
			parts[2] = account[0]
		}
	case "trustDomains":
		if !strings.Contains(value, "*") {
			parts[0] = value
		}
	}
	return strings.Join(parts, "/")
}

// sensible leaves out what cannot be sent: what is not HTTP to ports that are declared HTTP, HTTP attributes without HTTP.
func (d *dice) sensible(request testcase.Request) testcase.Request {
	if request.Protocol == "tcp" {
		if request.Port == 8080 || request.Port == 9090 {
			request.Port = 9000
		}
		request.Method, request.Path, request.Host, request.Headers, request.JWT, request.BadSignature = "", "", "", nil, nil, false
	}
	if request.Port == 9000 && request.Protocol == "http2" {
		request.Protocol = ""
	}
	if request.Principal == "" {
		request.SNI = ""
	}
	if request.JWT == nil {
		request.BadSignature = false
	}
	return request
}
