// Package loaded keeps what istiod sends to a sidecar: the filter chains of its inbound listener, as a dump of the proxy shows them.
package loaded

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"sort"

	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	"google.golang.org/protobuf/encoding/protojson"

	"meshproof.dev/conformance/internal/istiod"
	"meshproof.dev/conformance/internal/testcase"
)

// Set is what one case's sidecar is sent. Filters stand once in a list, and chains name them by number.
type Set struct {
	Set     string            `json:"set"`
	Filters []json.RawMessage `json:"filters"`
	Chains  []map[string]any  `json:"chains"`
}

// Header is the first line of the file.
type Header struct {
	Format string `json:"format"`
	Istio  string `json:"istio"`
}

// Filters that decide are kept whole; of all others the name says enough.
var decides = map[string]bool{
	"envoy.filters.http.rbac":      true,
	"envoy.filters.network.rbac":   true,
	"envoy.filters.http.jwt_authn": true,
	"envoy.filters.http.ext_authz": true, "envoy.filters.network.ext_authz": true,
}

const manager = "envoy.filters.network.http_connection_manager"

// Build has istiod make the listener of a case and keeps what decides.
func Build(c testcase.Case, jwks string) (Set, error) {
	built, err := istiod.Build(c, istiod.Addresses{PodIP: "10.0.0.1"}, jwks)
	if err != nil {
		return Set{}, fmt.Errorf("%s: %w", c.Name, err)
	}
	set := Set{Set: c.Name}
	known := map[string]int{}
	for _, chain := range built.Inbound.FilterChains {
		kept, err := set.reduce(chain, known)
		if err != nil {
			return Set{}, fmt.Errorf("%s: %w", c.Name, err)
		}
		set.Chains = append(set.Chains, kept)
	}
	return set, nil
}

func (s *Set) reduce(chain *listener.FilterChain, known map[string]int) (map[string]any, error) {
	text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(chain)
	if err != nil {
		return nil, err
	}
	var whole map[string]any
	if err := json.Unmarshal(text, &whole); err != nil {
		return nil, err
	}
	kept := map[string]any{"name": whole["name"]}
	if match, has := whole["filter_chain_match"]; has {
		kept["filter_chain_match"] = match
	}
	if socket := tls(whole); socket != nil {
		kept["transport_socket"] = socket
	}
	network, _ := whole["filters"].([]any)
	numbers := []any{}
	for _, entry := range network {
		filter, _ := entry.(map[string]any)
		if filter["name"] != manager {
			number, err := s.number(filter, known)
			if err != nil {
				return nil, err
			}
			numbers = append(numbers, number)
			continue
		}
		config, _ := filter["typed_config"].(map[string]any)
		inner, _ := config["http_filters"].([]any)
		http := []int{}
		for _, entry := range inner {
			number, err := s.number(entry.(map[string]any), known)
			if err != nil {
				return nil, err
			}
			http = append(http, number)
		}
		numbers = append(numbers, map[string]any{"http": http})
	}
	kept["filters"] = numbers
	return kept, nil
}

func (s *Set) number(filter map[string]any, known map[string]int) (int, error) {
	kept := map[string]any{"name": filter["name"]}
	if name, _ := filter["name"].(string); decides[name] {
		config, _ := filter["typed_config"].(map[string]any)
		withoutKeys(config)
		kept["typed_config"] = config
	}
	text, err := json.Marshal(kept)
	if err != nil {
		return 0, err
	}
	number, has := known[string(text)]
	if !has {
		number = len(s.Filters)
		known[string(text)] = number
		s.Filters = append(s.Filters, text)
	}
	return number, nil
}

func sortedNames[T any](by map[string]T) []string {
	names := make([]string, 0, len(by))
	for name := range by {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// withoutKeys takes the keys out of JWT providers: they differ between recordings.
func withoutKeys(config map[string]any) {
	providers, _ := config["providers"].(map[string]any)
	for _, entry := range providers {
		if provider, is := entry.(map[string]any); is {
			delete(provider, "local_jwks")
			delete(provider, "remote_jwks")
		}
	}
}

// tls keeps whose certificates a chain demands.
func tls(chain map[string]any) map[string]any {
	socket, _ := chain["transport_socket"].(map[string]any)
	config, _ := socket["typed_config"].(map[string]any)
	if config == nil {
		return nil
	}
	common, _ := config["common_tls_context"].(map[string]any)
	combined, _ := common["combined_validation_context"].(map[string]any)
	context := map[string]any{"@type": config["@type"]}
	if demanded, has := config["require_client_certificate"]; has {
		context["require_client_certificate"] = demanded
	}
	if names, has := combined["default_validation_context"]; has {
		context["common_tls_context"] = map[string]any{"combined_validation_context": map[string]any{"default_validation_context": names}}
	}
	return map[string]any{"name": socket["name"], "typed_config": context}
}

// Name is that of the set.
func (s Set) Name() string { return s.Set }

// Name is that of the scene.
func (s Served) Name() string { return s.Set }

// Named is what one line of a file is.
type Named interface{ Name() string }

// Write writes a file anew.
func Write[T Named](file string, header Header, sets []T) error {
	text, err := encode(header, sets)
	if err != nil {
		return err
	}
	// Chains repeat themselves from case to case; compressed, they are a fiftieth.
	var packed bytes.Buffer
	writer, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := writer.Write(text); err != nil {
		return err
	}
	if err := writer.Close(); err != nil {
		return err
	}
	return os.WriteFile(file, packed.Bytes(), 0o644)
}

func encode[T Named](header Header, sets []T) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(header); err != nil {
		return nil, err
	}
	for _, set := range sets {
		if err := encoder.Encode(set); err != nil {
			return nil, err
		}
	}
	return text.Bytes(), nil
}

// open reads what is committed; nothing where there is none.
func open(file string) (*bufio.Scanner, error) {
	packed, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return bufio.NewScanner(bytes.NewReader(nil)), nil
	}
	if err != nil {
		return nil, err
	}
	reader, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return bufio.NewScanner(reader), nil
}

// Differs names the sets that a new recording has otherwise than the file.
func Differs[T Named](file string, header Header, sets []T) ([]string, error) {
	lines := map[string]bool{}
	scanner, err := open(file)
	if err != nil {
		return nil, err
	}
	scanner.Buffer(nil, 16*1024*1024)
	for scanner.Scan() {
		lines[scanner.Text()] = true
	}
	if err := scanner.Err(); err != nil {
		return nil, err
	}
	var names []string
	for _, set := range sets {
		text, err := encode(header, []T{set})
		if err != nil {
			return nil, err
		}
		_, line, _ := bytes.Cut(text, []byte("\n"))
		if !lines[string(bytes.TrimSpace(line))] {
			names = append(names, set.Name())
		}
	}
	return names, nil
}
