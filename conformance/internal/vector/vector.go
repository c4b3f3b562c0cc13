// Package vector holds what was recorded, as it is committed: one file per area, one set per line.
package vector

import "meshproof.dev/conformance/internal/testcase"

// Header is the first line of a file.
type Header struct {
	Format string `json:"format"`
	Istio  string `json:"istio"`
	Envoy  string `json:"envoy"`
}

// Set is a case with what came of its requests.
type Set struct {
	Name      string             `json:"set"`
	Area      string             `json:"-"`
	About     string             `json:"about,omitempty"`
	Admission string             `json:"admission,omitempty"`
	Mesh      map[string]any     `json:"mesh,omitempty"`
	Workload  *testcase.Workload `json:"workload,omitempty"`
	Client    *testcase.Client   `json:"client,omitempty"`
	Policies  []testcase.Object  `json:"policies"`
	Vectors   []Vector           `json:"vectors"`
}

// Vector is a request and its verdict.
type Vector struct {
	testcase.Request
	Verdict string `json:"verdict"`
	By      string `json:"by,omitempty"`
	// Asks is set where an external authorizer must approve: Verdict is what happens when it does.
	Asks bool `json:"asks,omitempty"`
}
